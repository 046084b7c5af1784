// The time of an entry, as the index knows it: whole seconds since 1970, in UTC.
//
//   YYYY-MM-DD "T" hh:mm:ss ["." digits] ( "Z" | ("+" | "-") hh:mm )          years 1970 to 9999
//
// A fraction is dropped. Anything else has no time: such an entry can't be shown to lie outside a range.

import { calendarDay, dayNumber, monthLength } from "../../core/calendar.ts";

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))$/u;
const DAY = 86_400;
/** 9999-12-31T23:59:59Z. */
const LATEST = 253_402_300_799;

/** Seconds since 1970 of an RFC 3339 time; null for anything else. */
export function parseEntryTime(text: string): number | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , sign, zoneHour = "0", zoneMinute = "0"] = match;
  const [zoneHours, zoneMinutes] = [Number(zoneHour), Number(zoneMinute)];
  if (day < 1 || day > monthLength(year, month) || hour > 23 || minute > 59 || second > 59) return null;
  if (zoneHours > 23 || zoneMinutes > 59) return null;
  const local = dayNumber({ year, month, day }) * DAY + hour * 3600 + minute * 60 + second;
  const time = local - (sign === "-" ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  return time < 0 || time > LATEST ? null : time;
}

/** The one spelling of a time in run records and statements: `2026-11-23T08:35:45Z`. */
export function formatEntryTime(seconds: number): string {
  const { year, month, day } = calendarDay(Math.floor(seconds / DAY));
  const rest = seconds % DAY;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map((part) => digits(part, 2));
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${clock.join(":")}Z`;
}

/** Seconds of a time in that one spelling; null for any other. */
export function parsePlainTime(text: string): number | null {
  const time = parseEntryTime(text);
  return time !== null && formatEntryTime(time) === text ? time : null;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
