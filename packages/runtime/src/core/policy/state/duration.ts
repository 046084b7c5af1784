// How far a policy looks back.

import { durationMs } from "../duration.ts";

/** The longest that a policy may look back. */
export const LONGEST_DURATION_MS: number = 366 * 86_400_000;

/** A duration in milliseconds, or why it is none. */
export type DurationResult = { readonly ms: number } | { readonly problem: string; readonly fix?: string };

/** Read a duration: digits and a unit, from one second to 366 days. */
export function parseDuration(text: string): DurationResult {
  const ms = durationMs(text);
  if (ms === null)
    return { problem: `\`${text}\` is not a length of time`, fix: "write it as `30s`, `15m`, `24h` or `7d`" };
  if (ms === 0) return { problem: `\`${text}\` is no time at all: expected at least \`1s\`` };
  if (ms > LONGEST_DURATION_MS) return { problem: `\`${text}\` is too long: expected at most \`366d\`` };
  return { ms };
}
