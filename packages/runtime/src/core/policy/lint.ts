// Everything that is wrong with a policy, or may not be what its author meant. Data; how it is shown is the command's.

import { finish } from "../steps.ts";
import { EMPTY_POLICY, readPolicy, type RuleSource } from "./check.ts";
import { lintRules } from "./lint-rules.ts";
import { reportConditions } from "./lint/conditions.ts";
import { decodePolicy, parseYaml, type Located } from "./parse.ts";
import { ProblemList, type Problem } from "./problem.ts";
import { lintState } from "./state/lint-state.ts";
import { checkRuleNames, readRuleTests } from "./testing/index.ts";

/** One line of a lint report: a problem, and the file it is in. */
export interface LintMessage extends Problem {
  readonly file: string;
}

/** How a policy is linted. */
export interface LintOptions {
  /** When it is linted, in milliseconds since 1970, for rules that expire; absent: nothing is said of them. */
  readonly now_ms?: number | null;
}

/** Lint a policy. In the order of the text; a policy without errors loads. Cost: that of compiling it. */
export function lintPolicy(
  text: Uint8Array | string,
  file = "policy",
  { now_ms = null }: LintOptions = {},
): readonly LintMessage[] {
  const problems = new ProblemList();
  const decoded = decodePolicy(text, problems);
  const root = decoded === null ? null : parseYaml(decoded, problems);
  const { rules, labels } = root === null ? EMPTY_POLICY : finish(readPolicy(root, problems));
  if (!problems.refused) {
    lintRules(rules, now_ms, problems);
    if (root !== null) reportConditions(rules, root, problems);
    // What is included isn't looked into here, and may set a mark or ask for a label.
    if (!hasInclude(root)) lintState(rules, labels, problems);
    lintTests(rules, problems);
  }
  return problems.problems
    .map((problem) => ({ file, ...problem }))
    .sort((left, right) => left.line - right.line || left.col - right.col);
}

function hasInclude(root: Located | null): boolean {
  return root?.kind === "map" && root.entries.some(({ key }) => key === "include");
}

// Tests don't stop a policy from loading; one that can't be read is no test.
function lintTests(rules: readonly RuleSource[], problems: ProblemList): void {
  const found = new ProblemList();
  const ids = rules.map(({ id }) => id);
  checkRuleNames(
    rules.flatMap((rule) => readRuleTests(rule.tests, rule, found)),
    ids,
    found,
  );
  for (const { code, message, fix, line, col } of found.problems) {
    problems.report("error", code, { line, col }, fix === undefined ? { message } : { message, fix });
  }
}
