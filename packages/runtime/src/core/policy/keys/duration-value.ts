// A length of time as a value: `24h`.

import type { LocatedEntry } from "../located.ts";
import type { ValueReader } from "../rule-values.ts";
import { parseDuration } from "../state/duration.ts";

/** A length of time, as written and in milliseconds. */
export interface Duration {
  readonly text: string;
  readonly ms: number;
}

/** Read a length of time; null when the key is absent, undefined (and a problem) when it is none. */
export function readDuration(entry: LocatedEntry | undefined, values: ValueReader): Duration | null | undefined {
  if (entry === undefined) return null;
  const text = values.text(entry);
  if (text === null) return undefined;
  const duration = parseDuration(text);
  if ("ms" in duration) return { text, ms: duration.ms };
  values.problems.refuse("unknown_value", entry.value, duration.problem, duration.fix);
  return undefined;
}
