// The time of a ledger's entry as a number. Entries say the second only, so one may have been written up to its end.

import { calendarDay, dayNumber } from "../../calendar.ts";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;
const SECOND_LENGTH = "2026-01-31T12:00:05Z".length;

/** When an entry was written: at `from_ms` at the earliest, at `to_ms` at the latest. Milliseconds since 1970. */
export interface EntryTime {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Read an entry's time (`2026-01-31T12:00:05Z`, or with milliseconds); null when it is none. */
export function parseEntryTime(value: unknown): EntryTime | null {
  if (typeof value !== "string" || !INSTANT.test(value)) return null;
  const year = digits(value, 0, 4);
  const [month, day] = [digits(value, 5, 7), digits(value, 8, 10)];
  const [hour, minute, second] = [digits(value, 11, 13), digits(value, 14, 16), digits(value, 17, 19)];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null;
  const seconds = ((dayNumber({ year, month, day }) * 24 + hour) * 60 + minute) * 60 + second;
  if (value.length === SECOND_LENGTH) return { from_ms: seconds * 1000, to_ms: seconds * 1000 + 999 };
  const exact = seconds * 1000 + digits(value, 20, 23);
  return { from_ms: exact, to_ms: exact };
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/** The text of a time, with milliseconds: what `parseEntryTime` reads. For years 1970 to 9999. */
export function entryTimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const { year, month, day } = calendarDay(days);
  const time = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60), rest % 60].map((part) => padded(part, 2));
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${time.join(":")}.${padded(ms - seconds * 1000, 3)}Z`;
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
