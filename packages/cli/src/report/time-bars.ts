// Decisions over time: hours, days or months, whichever makes a readable number of them, without leaving out empty ones.

import type { NamedCounts, Verdicts } from "./log-tally.ts";

/** One span of time. */
export interface TimeBar extends Verdicts {
  /** `2026-01-31 14:00`, `2026-01-31` or `2026-01`. */
  readonly label: string;
}

/** Spans, and what one is. */
export interface TimeBars {
  readonly unit: "hour" | "day" | "month";
  readonly bars: readonly TimeBar[];
}

const HOUR = /^\d{4}-\d\d-\d\dT\d\d:00Z$/u;
const MS_OF_AN_HOUR = 3_600_000;
const MOST_HOURS = 72;
const MOST_DAYS = 120;
const MOST_BARS = 600;

/** The bars of counts by the hour. Hours that are no time are left out. Cost: linear in hours and bars. */
export function timeBars(hours: NamedCounts): TimeBars {
  const known = hours.inOrder().filter(({ name }) => HOUR.test(name) && !Number.isNaN(instantOf(name)));
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return { unit: "hour", bars: [] };
  const span = (instantOf(last.name) - instantOf(first.name)) / MS_OF_AN_HOUR;
  const unit = span < MOST_HOURS ? "hour" : span < MOST_DAYS * 24 ? "day" : "month";
  const bars = new Map<string, TimeBar>();
  for (let at = instantOf(first.name); at <= instantOf(last.name) && bars.size < MOST_BARS; at += MS_OF_AN_HOUR) {
    const label = labelOf(new Date(at).toISOString(), unit);
    if (!bars.has(label)) bars.set(label, { label, allow: 0, deny: 0, ask: 0 });
    // Months of hours: nothing new begins before the day ends.
    if (unit !== "hour") at += 22 * MS_OF_AN_HOUR;
  }
  for (const { name, allow, deny, ask } of known) {
    const label = labelOf(name, unit);
    const bar = bars.get(label) ?? { label, allow: 0, deny: 0, ask: 0 };
    bars.set(label, { label, allow: bar.allow + allow, deny: bar.deny + deny, ask: bar.ask + ask });
  }
  return { unit, bars: [...bars.values()].toSorted((a, b) => (a.label < b.label ? -1 : 1)) };
}

function labelOf(time: string, unit: TimeBars["unit"]): string {
  switch (unit) {
    case "hour":
      return `${time.slice(0, 10)} ${time.slice(11, 13)}:00`;
    case "day":
      return time.slice(0, 10);
    case "month":
      return time.slice(0, 7);
    default:
      return unit satisfies never;
  }
}

function instantOf(hour: string): number {
  return Date.parse(`${hour.slice(0, 16)}:00Z`);
}
