// Every kind of key that a rule may have. See rule-key.ts for how to add one.

import type { Members } from "../members.ts";
import type { ValueReader } from "../rule-values.ts";
import { actionsKey, type ActionsPart } from "./actions.ts";
import { afterKey, type AfterPart } from "./after.ts";
import { approvalKey, type ApprovalPart } from "./approval.ts";
import { conditionsKey, type ConditionsPart } from "./conditions.ts";
import { counterConditions, counterKey, type CounterPart } from "./counter.ts";
import { expiresKey, type ExpiresPart } from "./expires.ts";
import { hoursKey, type HoursPart } from "./hours.ts";
import { identityKey, type IdentityPart } from "./identity.ts";
import { modeKey, type ModePart } from "./mode.ts";
import { obligationsKey, type ObligationsPart } from "./obligations.ts";
import type { Condition, RulePlace } from "./rule-key.ts";
import { testsKey, type TestsPart } from "./tests.ts";
import { transformKey, type TransformPart } from "./transform.ts";
import { whenKey, type WhenPart } from "./when.ts";
import { verdictsKey, type VerdictsPart } from "./verdicts.ts";

/** A rule as it was written, every value typed. */
export interface RuleSource
  extends
    RulePlace,
    IdentityPart,
    ActionsPart,
    ModePart,
    ExpiresPart,
    HoursPart,
    ConditionsPart,
    WhenPart,
    AfterPart,
    CounterPart,
    VerdictsPart,
    ApprovalPart,
    ObligationsPart,
    TransformPart,
    TestsPart {}

// The conditions of a rule are asked in this order.
const KEYS = [
  identityKey,
  actionsKey,
  modeKey,
  expiresKey,
  hoursKey,
  conditionsKey,
  whenKey,
  afterKey,
  counterKey,
  verdictsKey,
  approvalKey,
  obligationsKey,
  transformKey,
  testsKey,
] as const;

function readParts(members: Members, values: ValueReader, at: RulePlace): RuleSource {
  return {
    ...at,
    ...identityKey.read(members, values, at),
    ...actionsKey.read(members, values, at),
    ...modeKey.read(members, values, at),
    ...expiresKey.read(members, values, at),
    ...hoursKey.read(members, values, at),
    ...conditionsKey.read(members, values, at),
    ...whenKey.read(members, values, at),
    ...afterKey.read(members, values, at),
    ...counterKey.read(members, values, at),
    ...verdictsKey.read(members, values, at),
    ...approvalKey.read(members, values, at),
    ...obligationsKey.read(members, values, at),
    ...transformKey.read(members, values, at),
    ...testsKey.read(members, values, at),
  };
}

/** Every key a rule may have. */
export const RULE_KEYS: readonly string[] = KEYS.flatMap((key) => key.names);

const ACTING: readonly string[] = KEYS.flatMap(({ acts }: { readonly acts?: readonly string[] }) => acts ?? []);

/** Read a rule's members. */
export function readRule(members: Members, values: ValueReader, at: RulePlace): RuleSource {
  const rule = readParts(members, values, at);
  if (!ACTING.some((name) => members.has(name))) {
    const fix = "add deny, deny_if, deny_regex, deny_effects, require_approval, … or allow_if";
    values.problems.refuse("no_effect", rule, "the rule decides nothing", fix);
  }
  return rule;
}

const CONDITION_KEYS: readonly ((rule: RuleSource) => readonly Condition[])[] = KEYS.flatMap(
  ({ conditions }: { readonly conditions?: (rule: RuleSource) => readonly Condition[] }) => conditions ?? [],
);

/** All conditions of a rule: it applies when every one holds. */
export function conditionsOf(rule: RuleSource): readonly Condition[] {
  // What a counter counts is what the other conditions let through.
  return [...CONDITION_KEYS.flatMap((conditions) => conditions(rule)), ...counterConditions(rule)];
}
