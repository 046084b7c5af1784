// What is odd about rules over history: marks that nobody sets or asks for, labels that nobody looks at.

import type { RuleSource } from "../check.ts";
import type { LabelSource } from "../keys/labels.ts";
import type { Predicate } from "../predicates/predicate.ts";
import type { ProblemList } from "../problem.ts";

/** Report what is odd about a policy's marks and labels. Cost: linear in the rules and their conditions. */
export function lintState(rules: readonly RuleSource[], labels: readonly LabelSource[], problems: ProblemList): void {
  const setters = settersOf(rules);
  for (const rule of rules) {
    const { after } = rule;
    if (after !== null && !setters.has(after.mark)) {
      const message = `rule ${rule.id} never applies: no rule sets the mark \`${after.mark}\``;
      const fix = `add a rule with \`mark: ${after.mark}\``;
      problems.report("error", "never_matches", rule, { message, fix });
    }
    reportUnknownNames(rule, { setters, labels }, problems);
  }
  reportUnsettable(setters, problems);
  reportUnasked(rules, setters, problems);
  reportUnusedLabels(rules, labels, problems);
}

type Setters = ReadonlyMap<string, readonly RuleSource[]>;

function settersOf(rules: readonly RuleSource[]): Setters {
  const setters = new Map<string, RuleSource[]>();
  for (const rule of rules) {
    if (rule.mark === null) continue;
    const known = setters.get(rule.mark);
    if (known === undefined) setters.set(rule.mark, [rule]);
    else known.push(rule);
  }
  return setters;
}

function predicatesOf({ when_all, when_any, when_not }: RuleSource): readonly Predicate[] {
  return [...when_all, ...when_any, ...when_not];
}

function reportUnknownNames(
  rule: RuleSource,
  { setters, labels }: { readonly setters: Setters; readonly labels: readonly LabelSource[] },
  problems: ProblemList,
): void {
  for (const { source, test } of predicatesOf(rule)) {
    if (test.kind !== "session") continue;
    const known = test.of === "mark" ? setters.has(test.name) : labels.some(({ label }) => label === test.name);
    if (known) continue;
    const what = test.of === "mark" ? "no rule sets that mark" : "the policy has no such label";
    problems.report("error", "never_matches", rule, { message: `\`${source}\` never holds: ${what}` });
  }
}

// Rules that wait for the very mark they set wait for ever, unless another sets it first.
function reportUnsettable(setters: Setters, problems: ProblemList): void {
  for (const [mark, rules] of setters) {
    const [first] = rules;
    if (first === undefined || rules.some(({ after }) => after?.mark !== mark)) continue;
    const message = `rule ${first.id} never applies: it waits for the mark \`${mark}\`, which it alone sets`;
    problems.report("error", "never_matches", first, { message });
  }
}

function reportUnasked(rules: readonly RuleSource[], setters: Setters, problems: ProblemList): void {
  const asked = new Set(rules.flatMap(({ after }) => after?.mark ?? []));
  for (const rule of rules) {
    for (const { test } of predicatesOf(rule)) if (test.kind === "session" && test.of === "mark") asked.add(test.name);
  }
  for (const [mark, [rule]] of setters) {
    if (rule === undefined || asked.has(mark)) continue;
    const message = `the mark \`${mark}\` of rule ${rule.id} is never asked for`;
    problems.report("warning", "unreachable", rule, { message, fix: "add a rule with `after`, or drop this one" });
  }
}

function reportUnusedLabels(rules: readonly RuleSource[], labels: readonly LabelSource[], problems: ProblemList): void {
  const used = new Set<string>();
  for (const rule of rules) {
    for (const { test } of predicatesOf(rule)) if (test.kind === "session" && test.of === "label") used.add(test.name);
  }
  for (const label of labels) {
    if (used.has(label.label)) continue;
    const message = `no rule asks for the label \`${label.label}\``;
    problems.report("warning", "unreachable", label, {
      message,
      fix: `add \`when_all: session has label ${label.label}\``,
    });
  }
}
