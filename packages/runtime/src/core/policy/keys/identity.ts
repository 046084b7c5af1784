// `id`, `description`, `owner`, `severity`: what a rule is called, and how grave what it finds is.

import type { Severity } from "../../finding.ts";
import type { LocatedEntry } from "../parse.ts";
import type { ValueReader } from "../rule-values.ts";
import type { RuleKey } from "./rule-key.ts";

/** What a rule is called. */
export interface IdentityPart {
  /** `id` as given, or `rule-<number in file order>`. */
  readonly id: string;
  readonly named: boolean;
  readonly description: string | null;
  /** Who answers for the rule: a person, a team. */
  readonly owner: string | null;
  readonly severity: Severity | null;
}

const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];

/** What a rule is called. */
export const identityKey: RuleKey<IdentityPart> = {
  names: ["id", "description", "owner", "severity"],
  read: (members, values, at) => {
    const given = readId(members.get("id"), values);
    return {
      id: given ?? `rule-${at.number}`,
      named: given !== null,
      description: values.text(members.get("description")),
      owner: values.text(members.get("owner")),
      severity: values.choice(members.get("severity"), SEVERITIES),
    };
  },
};

function readId(entry: LocatedEntry | undefined, values: ValueReader): string | null {
  const text = values.text(entry);
  if (entry === undefined || text === null) return null;
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  const expected = "an id is 1 to 64 letters, digits, `.`, `_` or `-`, and begins with a letter or digit";
  values.problems.refuse("bad_id", entry.value, expected);
  return null;
}
