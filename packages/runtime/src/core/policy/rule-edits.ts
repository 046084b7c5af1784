// How a rule edits a payload: as the policy writes it, and what that comes to for one action.

import type { JsonValue } from "../json.ts";
import type { PayloadEdit } from "../payload-edit.ts";
import { BudgetSpent } from "./budget.ts";
import { celJson, type CelCondition } from "./cel/index.ts";
import type { ConditionFailure } from "./keys/rule-key.ts";
import type { PredicateInput } from "./predicates/predicate.ts";

/** An edit as the policy writes it: its value may be worked out from the action. */
export type RuleEdit = PayloadEdit | { readonly set: string; readonly cel: CelCondition };

/** The edits of a rule for one action, or why they can't be told. */
export function editsOf(edits: readonly RuleEdit[], input: PredicateInput): readonly PayloadEdit[] | ConditionFailure {
  const made: PayloadEdit[] = [];
  for (const edit of edits) {
    if (!("cel" in edit)) {
      made.push(edit);
      continue;
    }
    const result = valueOf(edit.cel, input);
    if ("failure" in result) return { failure: `\`${edit.set}\`: ${result.failure}` };
    made.push({ set: edit.set, to: result.value });
  }
  return made;
}

function valueOf(cel: CelCondition, input: PredicateInput): { readonly value: JsonValue } | ConditionFailure {
  const result = cel.evaluate(input.cel());
  if ("error" in result) {
    if (result.error.code === "budget") throw new BudgetSpent(result.error.message);
    return { failure: result.error.message };
  }
  const value = celJson(result.value);
  return value === undefined ? { failure: "the value is none that JSON has" } : { value };
}
