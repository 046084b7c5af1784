// `deny…`, `require_approval…`, `allow_if`: what a rule says once it applies.

import type { EffectTest } from "../predicates/effect-test.ts";
import type { TextTest } from "../predicates/text-test.ts";
import type { LocatedEntry } from "../parse.ts";
import type { ValueReader } from "../rule-values.ts";
import { suggestion } from "../suggest.ts";
import type { RuleKey } from "./rule-key.ts";

/** What a rule says once it applies. */
export interface VerdictsPart {
  /** Whether the rule denies whatever the texts say. */
  readonly deny_always: boolean;
  readonly deny: readonly TextTest[];
  readonly deny_effects: readonly EffectTest[];
  /** Whether the rule asks whatever the texts say. */
  readonly require_approval: boolean;
  readonly approve: readonly TextTest[];
  readonly approve_effects: readonly EffectTest[];
  readonly safe_paths: boolean;
}

const NAMES = [
  "deny",
  "deny_if",
  "deny_regex",
  "deny_effects",
  "require_approval",
  "require_approval_if",
  "require_approval_regex",
  "require_approval_effects",
  "allow_if",
] as const;

/** What a rule says once it applies. */
export const verdictsKey: RuleKey<VerdictsPart> = {
  names: NAMES,
  // `require_approval: false` says nothing, but says so plainly; it is what 0.4.2's users write to switch a rule off.
  acts: NAMES,
  read: (members, values) => ({
    deny_always: values.flag(members.get("deny")),
    deny: [...values.patterns(members.get("deny_regex")), ...values.words(members.get("deny_if"))],
    deny_effects: values.effects(members.get("deny_effects")),
    require_approval: values.flag(members.get("require_approval")),
    approve: [
      ...values.patterns(members.get("require_approval_regex")),
      ...values.words(members.get("require_approval_if")),
    ],
    approve_effects: values.effects(members.get("require_approval_effects")),
    safe_paths: readGrant(members.get("allow_if"), values),
  }),
};

function readGrant(entry: LocatedEntry | undefined, values: ValueReader): boolean {
  const text = values.text(entry);
  if (entry === undefined || text === null) return false;
  if (text === "safe_paths") return true;
  const message = `unknown grant \`${text}\` in \`${entry.key}\``;
  values.problems.refuse("unknown_value", entry.value, message, suggestion(text, ["safe_paths"]));
  return false;
}
