// A map under a rule's key, read by the names that it may have.

import type { LocatedEntry } from "../located.ts";
import type { ValueReader } from "../rule-values.ts";
import { membersOf, type Members } from "../members.ts";

/** The names of a map, and which of them it must have. */
export interface MapNames {
  readonly known: readonly string[];
  readonly required: readonly string[];
  /** One that is right, for people: `{limit: 30, window: 1m, per: session}`. */
  readonly sample: string;
}

/** The members of a map; null (and a problem) when it is none, or lacks one. Unknown names are problems too. */
export function mapMembers({ key, value }: LocatedEntry, names: MapNames, { problems }: ValueReader): Members | null {
  if (value.kind !== "map") {
    problems.refuse("wrong_type", value, `\`${key}\` must be a map`, `write \`${key}: ${names.sample}\``);
    return null;
  }
  const members = membersOf(value.entries, { known: names.known, of: `\`${key}\`` }, problems);
  const missing = names.required.filter((name) => !members.has(name));
  if (missing.length === 0) return members;
  const message = `\`${key}\` has no \`${missing[0] ?? ""}\``;
  problems.refuse("missing_key", value, message, `write \`${key}: ${names.sample}\``);
  return null;
}
