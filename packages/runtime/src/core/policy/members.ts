// The members of a map in a policy: those that are known; anything else is refused, with the nearest that is.

import type { Located, LocatedEntry } from "./parse.ts";
import type { ProblemList } from "./problem.ts";
import { described } from "./described.ts";
import { suggestion } from "./suggest.ts";

/** The members of a map as written, by key; only known keys. */
export type Members = ReadonlyMap<string, LocatedEntry>;

/** Which keys a map may have. */
export interface KnownKeys {
  readonly known: readonly string[];
  /** What has these keys, in words: `a rule`. */
  readonly of: string;
  /** What to write instead of certain other keys; the nearest known key is named for the rest. */
  readonly fixes?: ReadonlyMap<string, string>;
}

/** The known members of a map; an unknown one is a problem. */
export function membersOf(entries: readonly LocatedEntry[], keys: KnownKeys, problems: ProblemList): Members {
  const members = new Map<string, LocatedEntry>();
  for (const entry of entries) {
    if (keys.known.includes(entry.key)) members.set(entry.key, entry);
    else {
      const message = `unknown key \`${entry.key}\` in ${keys.of}`;
      problems.refuse("unknown_key", entry, message, keys.fixes?.get(entry.key) ?? suggestion(entry.key, keys.known));
    }
  }
  return members;
}

/** The known members of a value that must be a map and not empty; null (and a problem) otherwise. */
export function readMap(value: Located, keys: KnownKeys, problems: ProblemList): Members | null {
  if (value.kind === "map" && value.entries.length > 0) return membersOf(value.entries, keys, problems);
  const found = value.kind === "map" ? "an empty one" : described(value);
  const fix = `write a map with ${keys.known.map((key) => `\`${key}\``).join(", ")}`;
  problems.refuse("wrong_type", value, `${keys.of} is a map: found ${found}`, fix);
  return null;
}
