// Whole numbers and durations in a policy.

import { durationMs } from "./duration.ts";
import type { LocatedEntry } from "./parse.ts";
import type { ProblemList } from "./problem.ts";

/** A whole number between two bounds; null (and a problem) otherwise, null without one when there is no entry. */
export function readInteger(
  entry: LocatedEntry | undefined,
  { least, most }: { readonly least: number; readonly most: number },
  problems: ProblemList,
): number | null {
  if (entry === undefined) return null;
  const { value, key } = entry;
  if (value.kind === "number" && /^\d{1,16}$/.test(value.source)) {
    const number = Number(value.source);
    if (number >= least && number <= most) return number;
  }
  const code = value.kind === "number" ? "unknown_value" : "wrong_type";
  problems.refuse(code, value, `\`${key}\` must be a whole number from ${least} to ${most}`);
  return null;
}

/** Ten years. */
const LONGEST_MS = 3650 * 86_400_000;

/** A duration in milliseconds, like `30s`, `15m`, `24h`, `7d`; null (and a problem) otherwise. */
export function readDuration(entry: LocatedEntry | undefined, problems: ProblemList): number | null {
  if (entry === undefined) return null;
  const { value, key } = entry;
  const ms = value.kind === "text" ? (durationMs(value.text) ?? 0) : 0;
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  const message = `\`${key}\` must be a duration of 1 second to 3650 days`;
  problems.refuse(value.kind === "text" ? "unknown_value" : "wrong_type", value, message, "write 30s, 15m, 24h or 7d");
  return null;
}
