// Why a policy says what it says of one action: every rule, whether it was asked, what each of its conditions came to,
// and what it said. Made beside a decision for people to read; a decision itself keeps none of this.

import type { Action } from "../action.ts";
import type { Finding } from "../finding.ts";
import type { RuleInput } from "../rule.ts";
import { Budget, BudgetSpent } from "./budget.ts";
import type { CelTrace } from "./cel/index.ts";
import { Asker, type CompiledRule } from "./evaluate.ts";
import type { Condition, SeenValue } from "./keys/rule-key.ts";
import type { PredicateInput } from "./predicates/predicate.ts";
import { typeKey } from "./type-name.ts";

export type { SeenValue } from "./keys/rule-key.ts";

/** What a condition came to. */
export interface ConditionTrace {
  /** The key it was written under, and the condition as it was written. */
  readonly key: string;
  readonly source: string;
  /** Null when it could not be told. */
  readonly holds: boolean | null;
  /** Why it could not be told; null when it could. */
  readonly failure: string | null;
  /** Of a condition on members: what stood there. */
  readonly seen?: readonly SeenValue[];
  /** Of a condition in CEL: what each of its parts gave. */
  readonly parts?: CelTrace;
}

/** What became of a rule. */
export interface RuleTrace {
  readonly rule: CompiledRule;
  /** Whether it was written for an action of this type or verb. The others are asked nothing. */
  readonly asked: boolean;
  /** Every condition, also after one that rules it out; empty when it wasn't asked. */
  readonly conditions: readonly ConditionTrace[];
  /** What it says, whatever its mode; null when it says nothing. */
  readonly finding: Finding | null;
}

/**
 * Every rule's part in what a policy says of an action, in the order of the file. Total.
 *
 * Cost: that of asking every rule written for the action, all of its conditions.
 */
export function explainRules(rules: readonly CompiledRule[], input: RuleInput): readonly RuleTrace[] {
  return rules.map((rule) => {
    if (!isWrittenFor(rule, input.action)) return { rule, asked: false, conditions: [], finding: null };
    // Each rule has a budget of its own here: what one costs must not show in what is told of the next.
    const asker = new Asker({ ...input, budget: new Budget() });
    const finding = asker.ask(rule)?.finding ?? null;
    const conditions = rule.conditions.map((condition) =>
      traceOf(condition, new Asker({ ...input, budget: new Budget() }).inputOf(rule)),
    );
    return { rule, asked: true, conditions, finding };
  });
}

/** Whether a rule is asked about an action: it was written for its type, its own name, its verb, or any. */
export function isWrittenFor(rule: CompiledRule, { action_type, raw_action_type, verb }: Action): boolean {
  if (rule.any || rule.verbs.includes(verb)) return true;
  const keys = typeKeysOf(rule);
  return keys.has(typeKey(action_type)) || keys.has(typeKey(raw_action_type));
}

// Folding names costs more than all else here, and a rule is asked about many actions.
const TYPE_KEYS = new WeakMap<CompiledRule, ReadonlySet<string>>();

function typeKeysOf(rule: CompiledRule): ReadonlySet<string> {
  const known = TYPE_KEYS.get(rule);
  if (known !== undefined) return known;
  const keys = new Set(rule.types.map(typeKey));
  TYPE_KEYS.set(rule, keys);
  return keys;
}

function traceOf({ key, source, holds, explain, seen }: Condition, input: PredicateInput): ConditionTrace {
  const held = outcomeOf(() => holds(input));
  const told = typeof held === "boolean" ? { holds: held, failure: null } : { holds: null, failure: held.failure };
  return {
    key,
    source,
    ...told,
    ...(seen === undefined ? {} : { seen: seen(input) }),
    ...(explain === undefined ? {} : { parts: explain(input) }),
  };
}

function outcomeOf(ask: () => ReturnType<Condition["holds"]>): ReturnType<Condition["holds"]> {
  try {
    return ask();
  } catch (error) {
    if (error instanceof BudgetSpent) return { failure: error.message };
    return { failure: `it ended with ${error instanceof Error ? error.name : "an unknown problem"}` };
  }
}
