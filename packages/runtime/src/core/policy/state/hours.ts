// `hours`: when in the week a rule holds.
//
//   from, to    local times, `HH:MM`; from the first minute of `from` to the last before `to`. `to` at or before `from` is
//               the next day's: 22:00 to 06:00 is a night
//   days        the days on which such a period begins: the night of Friday ends on Saturday at 06:00
//   timezone    `UTC`, `+02:00`, or an IANA name, whose offset at the time is a fact (`Facts.zones`): summer time included

import type { Facts } from "../../facts.ts";

/** The days, from Monday. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** The name of a day. */
export type Day = (typeof DAYS)[number];

/** When a rule holds. Minutes are counted from midnight. */
export interface Hours {
  readonly from: number;
  readonly to: number;
  readonly days: readonly Day[];
  readonly timezone: string;
  /** The offset of a zone that has but one; null for a name that must be looked up. */
  readonly offset: number | null;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** Minutes from midnight of `HH:MM`; `24:00` is the day's end. Null when it is none. */
export function parseTimeOfDay(text: string): number | null {
  const match = /^(\d\d):(\d\d)$/.exec(text);
  if (match === null) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  if (hour === 24 && minute === 0) return DAY_MINUTES;
  return hour > 23 || minute > 59 ? null : hour * 60 + minute;
}

/** The offset of `UTC` and of `+02:00`, in minutes; null for a name to be looked up; undefined when it is no zone. */
export function fixedOffset(zone: string): number | null | undefined {
  if (zone === "UTC" || zone === "Z") return 0;
  const match = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    if (Number(match[3]) > 59 || minutes > 14 * 60) return undefined;
    return match[1] === "-" ? -minutes : minutes;
  }
  return /^[A-Z][A-Za-z0-9_+-]{0,31}(?:\/[A-Z][A-Za-z0-9_+-]{0,31}){1,2}$/.test(zone) ? null : undefined;
}

/** Whether the time lies in the hours; null when the zone's offset is not known. */
export function withinHours(hours: Hours, { now_ms, zones }: Pick<Facts, "now_ms" | "zones">): boolean | null {
  const { from, to, days, timezone } = hours;
  const offset = hours.offset ?? (zones !== undefined && Object.hasOwn(zones, timezone) ? zones[timezone] : undefined);
  if (offset === undefined) return null;
  const minutes = Math.floor(now_ms / MINUTE_MS) + offset;
  const day = Math.floor(minutes / DAY_MINUTES);
  const minute = minutes - day * DAY_MINUTES;
  if (from < to) return minute >= from && minute < to && days.includes(dayName(day));
  return (minute >= from && days.includes(dayName(day))) || (minute < to && days.includes(dayName(day - 1)));
}

// 1970-01-01, day 0, was a Thursday.
function dayName(day: number): Day {
  return DAYS[(((day + 3) % 7) + 7) % 7] ?? "mon";
}
