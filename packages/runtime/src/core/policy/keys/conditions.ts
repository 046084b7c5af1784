// `when_all`, `when_any`, `when_not`: conditions in the small language of predicates/predicate.ts.

import { holds, seenBy, type Predicate } from "../predicates/predicate.ts";
import type { Condition, RuleKey } from "./rule-key.ts";

/** The conditions of a rule. */
export interface ConditionsPart {
  readonly when_all: readonly Predicate[];
  readonly when_any: readonly Predicate[];
  readonly when_not: readonly Predicate[];
}

/** The conditions of a rule. */
export const conditionsKey: RuleKey<ConditionsPart> = {
  names: ["when_all", "when_any", "when_not"],
  read: (members, values) => ({
    when_all: values.predicates(members.get("when_all")),
    when_any: values.predicates(members.get("when_any")),
    when_not: values.predicates(members.get("when_not")),
  }),
  conditions: ({ when_all, when_any, when_not }) => [
    ...when_not.map((predicate): Condition => ({
      key: "when_not",
      source: predicate.source,
      session: predicate.test.kind === "session",
      holds: (input) => !holds(predicate, input, true),
      seen: (input) => seenBy(predicate, input),
    })),
    ...when_all.map((predicate): Condition => ({
      key: "when_all",
      source: predicate.source,
      session: predicate.test.kind === "session",
      holds: (input) => holds(predicate, input, false),
      seen: (input) => seenBy(predicate, input),
    })),
    ...(when_any.length === 0 ? [] : [anyOf(when_any)]),
  ],
};

function anyOf(predicates: readonly Predicate[]): Condition {
  return {
    key: "when_any",
    source: predicates.map(({ source }) => source).join(" | "),
    session: predicates.some(({ test }) => test.kind === "session"),
    holds: (input) => predicates.some((predicate) => holds(predicate, input, false)),
    seen: (input) => predicates.flatMap((predicate) => seenBy(predicate, input)),
  };
}
