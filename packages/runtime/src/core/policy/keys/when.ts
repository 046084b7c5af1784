// `when`: a condition in CEL, beside the others.

import type { CelCondition } from "../cel/index.ts";
import { BudgetSpent } from "../budget.ts";
import type { PredicateInput } from "../predicates/predicate.ts";
import type { ConditionFailure, RuleKey } from "./rule-key.ts";

/** The rule's condition in CEL. */
export interface WhenPart {
  readonly when: CelCondition | null;
}

/** The rule's condition in CEL. */
export const whenKey: RuleKey<WhenPart> = {
  names: ["when"],
  read: (members, values) => ({ when: values.expression(members.get("when"), "bool") }),
  conditions: ({ when }) => {
    if (when === null) return [];
    return [
      {
        key: "when",
        source: when.source,
        session: when.reads.includes("session"),
        holds: (input) => holds(when, input),
        explain: (input) => when.explain(input.cel()),
      },
    ];
  },
};

function holds(when: CelCondition, input: PredicateInput): boolean | ConditionFailure {
  const result = when.evaluate(input.cel());
  if ("value" in result) return result.value === true;
  const { code, message } = result.error;
  if (code === "budget") throw new BudgetSpent(message);
  return { failure: `\`when\`: ${message}` };
}
