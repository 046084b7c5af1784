// Names of rules that tests expect to speak: one that no rule has would make a test pass or fail for no reason.

import type { ProblemList } from "../problem.ts";
import { nearestWord } from "../suggest.ts";
import type { PolicyTest } from "./policy-test.ts";

/** Refuse names of rules that the policy doesn't have. Names of the built-in layers' rules hold a space, `.` or `:`. */
export function checkRuleNames(tests: readonly PolicyTest[], ids: readonly string[], problems: ProblemList): void {
  const known = new Set(ids.flatMap((id) => [id, `policy:${id}`]));
  for (const { steps } of tests) {
    for (const { expect } of steps) {
      for (const named of [...(expect?.rules ?? []), ...(expect?.not_rules ?? [])]) {
        if (known.has(named.name) || BUILT_IN.test(named.name)) continue;
        const near = nearestWord(named.name, ids);
        const fix = near === null ? "name a rule by its id" : `did you mean \`${near}\`?`;
        problems.refuse("unknown_value", named, `the policy has no rule \`${named.name}\``, fix);
      }
    }
  }
}

const BUILT_IN = /^(?:Art\.|Title |firewall:)/;
