// Timestamps (years 1 to 9999, nanoseconds, UTC) and durations (64 bits of nanoseconds), without the host's clock,
// calendar or time zones.

import { calendarDay, dayNumber, monthLength } from "../../calendar.ts";
import { CelBoxed, inInt64 } from "./value.ts";

/** A point in time: nanoseconds since 1970-01-01T00:00:00Z. */
export class CelTimestamp extends CelBoxed {
  readonly kind = "timestamp" as const;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
}

/** A stretch of time in nanoseconds, which may be negative. */
export class CelDuration extends CelBoxed {
  readonly kind = "duration" as const;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
}

const SECOND = 1_000_000_000n;
const FIRST = -62_135_596_800n * SECOND;
const LAST = 253_402_300_800n * SECOND - 1n;
const DAY_SECONDS = 86_400;

/** A timestamp of so many nanoseconds, or null when it lies outside the years 1 to 9999. */
export function timestampOf(nanos: bigint): CelTimestamp | null {
  return nanos >= FIRST && nanos <= LAST ? new CelTimestamp(nanos) : null;
}

/** A duration of so many nanoseconds, or null when it does not fit in 64 bits. */
export function durationOf(nanos: bigint): CelDuration | null {
  return inInt64(nanos) ? new CelDuration(nanos) : null;
}

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Parse RFC 3339 with `T` and `Z` in capitals and at most nine digits of a second; null when it is none, or out of range. */
export function parseTimestamp(text: string): CelTimestamp | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const days = daysFromCivil(part(1), part(2), part(3));
  if (days === null) return null;
  const offset = (match[8] === "-" ? -1 : 1) * (part(9) * 3600 + part(10) * 60);
  const seconds = days * DAY_SECONDS + part(4) * 3600 + part(5) * 60 + part(6) - offset;
  return timestampOf(BigInt(seconds) * SECOND + BigInt((match[7] ?? "").padEnd(9, "0")));
}

/** RFC 3339 in UTC, with as many digits of a second as are needed. */
export function timestampText(timestamp: CelTimestamp): string {
  const { year, month, day, seconds } = civilOf(timestamp, 0);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part, 2));
  const fraction = fractionText(modulo(timestamp.nanos, SECOND));
  return `${pad(year, 4)}-${pad(month + 1, 2)}-${pad(day, 2)}T${clock.join(":")}${fraction}Z`;
}

const UNITS: Readonly<Record<string, bigint>> = {
  h: 3600n * SECOND,
  m: 60n * SECOND,
  s: SECOND,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
};

/** Parse `1h30m`, `-1.5s`, `250ms`; null when it is none, or does not fit. Cost: linear; texts over 64 characters get null. */
export function parseDuration(text: string): CelDuration | null {
  if (text.length > 64) return null;
  const sign = text.startsWith("-") ? -1n : 1n;
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return new CelDuration(0n);
  let nanos = 0n;
  let read = 0;
  for (const [whole, number = "", fraction = "", unit = ""] of rest.matchAll(
    /(\d*)(?:\.(\d*))?(h|ms|m|s|us|µs|μs|ns)/gy,
  )) {
    if (number === "" && fraction === "") return null;
    const size = UNITS[unit] ?? 0n;
    nanos += BigInt(number === "" ? "0" : number) * size;
    nanos += (BigInt(fraction === "" ? "0" : fraction) * size) / 10n ** BigInt(fraction.length);
    read += whole.length;
  }
  return read === rest.length && read > 0 ? durationOf(sign * nanos) : null;
}

/** Seconds with as many digits as are needed: `90s`, `-1.5s`. */
export function durationText({ nanos }: CelDuration): string {
  const size = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? "-" : ""}${size / SECOND}${fractionText(size % SECOND)}s`;
}

/** A timestamp's parts on the clock of an offset. Months, days of the week and of the year count from 0; days from 1. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly dayOfWeek: number;
  readonly dayOfYear: number;
  /** Since midnight. */
  readonly seconds: number;
  readonly millis: number;
}

/** The calendar's view of a timestamp, so many minutes east of UTC. */
export function civilOf(timestamp: CelTimestamp, offsetMinutes: number): Civil {
  const whole = Number((timestamp.nanos - modulo(timestamp.nanos, SECOND)) / SECOND) + offsetMinutes * 60;
  const days = Math.floor(whole / DAY_SECONDS);
  const { year, month, day } = calendarDay(days);
  const millis = Number(modulo(timestamp.nanos, SECOND) / 1_000_000n);
  const dayOfWeek = (((days + 4) % 7) + 7) % 7;
  const dayOfYear = days - (daysFromCivil(year, 1, 1) ?? days);
  return { year, month: month - 1, day, dayOfWeek, dayOfYear, seconds: whole - days * DAY_SECONDS, millis };
}

/** Minutes east of UTC for `UTC`, `Z`, `+02:00`, `-09:30` or `02:00`; null for another text. */
export function fixedOffset(zone: string): number | null {
  if (zone === "UTC" || zone === "Z" || zone === "GMT") return 0;
  const match = /^([+-]?)(\d{1,2}):([0-5]\d)$/.exec(zone);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (minutes > 18 * 60) return null;
  return match[1] === "-" ? -minutes : minutes;
}

function daysFromCivil(year: number, month: number, day: number): number | null {
  if (year < 1 || day < 1 || day > monthLength(year, month)) return null;
  return dayNumber({ year, month, day });
}

function modulo(value: bigint, size: bigint): bigint {
  return ((value % size) + size) % size;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function fractionText(nanos: bigint): string {
  return nanos === 0n ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;
}
