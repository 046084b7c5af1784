// `tests`: cases beside the rule. They decide nothing: what they say is read by the runner of tests.

import type { Located } from "../parse.ts";
import type { RuleKey } from "./rule-key.ts";

/** Cases beside the rule, as written. */
export interface TestsPart {
  readonly tests: readonly Located[];
}

/** The most cases that one rule may have beside it. */
const MAX_TESTS = 256;

/** Cases beside the rule. */
export const testsKey: RuleKey<TestsPart> = {
  names: ["tests"],
  read: (members, values) => {
    const entry = members.get("tests");
    if (entry === undefined) return { tests: [] };
    const tests = values.list(entry, MAX_TESTS);
    for (const test of tests) {
      if (test.kind !== "map") {
        values.problems.refuse("wrong_type", test, "a test is a map: expected `- {action_payload: …, expect: …}`");
      }
    }
    return { tests };
  },
};
