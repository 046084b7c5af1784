// Points in time and lengths of time as tests write them. Pure: no clock, no calendar of the host.

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?Z$/;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds since 1970 of `2026-01-01T12:00:00Z` (UTC only; seconds may be left out), or null when it is none. */
export function instantMs(text: string): number | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const millis = Number((match[7] ?? "").padEnd(3, "0"));
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const length = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && leap ? 1 : 0);
  if (year < 1970 || day < 1 || day > length || hour > 23 || minute > 59 || second > 59) return null;
  const before = MONTH_DAYS.slice(0, month - 1).reduce((sum, days) => sum + days, month > 2 && leap ? 1 : 0);
  const days = daysBefore(year) - daysBefore(1970) + before + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis;
}

function daysBefore(year: number): number {
  const last = year - 1;
  return last * 365 + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}

/** Milliseconds of `30s`, `15m`, `24h`, `7d`, or null when it is no length of time. */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text);
  return match === null ? null : Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
}
