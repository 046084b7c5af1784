// `30s`, `15m`, `24h`, `7d`: a length of time as people write it.

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** The milliseconds of digits and a unit, 0 for no time at all; null for anything else. */
export function durationMs(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (UNITS_MS.get(unit) ?? 0);
}
