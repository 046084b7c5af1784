// What the prover may rely on: rules in force that deny or ask whenever they apply. A rule that fails denies, so such a
// rule speaks unless one of its conditions is false.

import type { Verb } from "../../action.ts";
import { wordSet } from "../../word-set.ts";
import type { CelNode } from "../cel/node.ts";
import type { EffectTest } from "../predicates/effect-test.ts";
import { typeKey } from "../type-name.ts";

/** A rule as the prover reads it. */
export interface ProvableRule {
  readonly id: string;
  readonly mode: "enforce" | "warn" | "shadow";
  readonly any: boolean;
  readonly types: readonly string[];
  readonly verbs: readonly Verb[];
  readonly deny_always: boolean;
  readonly require_approval: boolean;
  /** Every condition, with the key it was written under. */
  readonly conditions: readonly { readonly key: string; readonly source: string }[];
  /** Effects for which it denies, and for which it asks. */
  readonly deny_effects?: readonly EffectTest[];
  readonly approve_effects?: readonly EffectTest[];
  readonly when?: { readonly ast: CelNode; readonly reads: readonly string[] } | null;
}

/** Whether nothing but its conditions keeps the rule from denying or asking. */
export function speaksWheneverItApplies(rule: ProvableRule): boolean {
  return (rule.deny_always || rule.require_approval) && isReliable(rule);
}

/** The tests on effects for which a rule denies or asks whatever else holds; none when it has conditions. */
export function effectTestsOf(rule: ProvableRule): readonly EffectTest[] {
  if (rule.conditions.length > 0 || !isReliable(rule)) return [];
  return [...(rule.deny_effects ?? []), ...(rule.approve_effects ?? [])];
}

function isReliable(rule: ProvableRule): boolean {
  if (rule.mode !== "enforce") return false;
  return Object.entries(rule).every(([part, value]) => UNDERSTOOD.has(part) || isNothing(value));
}

// A rule with a part that the prover has not heard of may mean something else by it: it is not relied on.
const UNDERSTOOD: ReadonlySet<string> = wordSet(
  "line col number id named description owner severity mode tests any types verbs texts conditions when when_all when_any when_not expires deny_always deny deny_effects require_approval approve approve_effects safe_paths approval obligations asksMore",
);

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}

/** A kind of action: every action has the type and verb of one of them. */
export interface ActionKind {
  /** The canonical type; null for one that neither the rules nor the condition name, and that is not registered. */
  readonly type: string | null;
  readonly verb: Verb;
}

/** Whether a rule is surely asked about actions of a kind; a name they came with may bring more rules, never fewer. */
export function isAskedAbout(rule: ProvableRule, kind: ActionKind): boolean {
  if (rule.any || rule.verbs.includes(kind.verb)) return true;
  const { type } = kind;
  return type !== null && rule.types.some((name) => typeKey(name) === typeKey(type));
}
