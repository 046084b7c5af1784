// Patterns and words that look for less than they seem to.

import { foldText } from "../../effects/text.ts";
import type { RuleSource } from "../check.ts";
import type { TextTest } from "../predicates/text-test.ts";
import type { ProblemList } from "../problem.ts";

/** Report patterns that only match capitals, and words that are found only where another one is. */
export function reportPatterns(rules: readonly RuleSource[], problems: ProblemList): void {
  for (const rule of rules) {
    for (const tests of [rule.deny, rule.approve]) {
      for (const { kind, source } of tests) if (kind === "pattern") reportCapitals(rule, source, problems);
      reportWithin(rule, tests, problems);
    }
  }
}

// Two words in capitals are a statement or a headline; one may be the beginning of a key (`AKIA…`).
const CAPITALS = /[A-Z]{2,}(?:\\s[+*]?| +|\\s\+)[A-Z]{2,}/;

function reportCapitals(rule: RuleSource, source: string, problems: ProblemList): void {
  if (!CAPITALS.test(source) || /\(\?[a-z]*i/.test(source)) return;
  const message = `the pattern \`${source}\` of rule ${rule.id} matches capitals only: an agent writes it in lower case`;
  problems.report("warning", "never_matches", rule, { message, fix: "begin it with (?i)" });
}

/** The most words of one list that are compared with each other. */
const MOST_WORDS = 200;

function reportWithin(rule: RuleSource, tests: readonly TextTest[], problems: ProblemList): void {
  const words = tests.filter(({ kind }) => kind === "word").map(({ source }) => ({ source, folded: foldText(source) }));
  if (words.length > MOST_WORDS) return;
  for (const { source, folded } of words) {
    const shorter = words.find((other) => other.source !== source && folded.includes(other.folded));
    if (shorter === undefined || (shorter.folded === folded && shorter.source > source)) continue;
    const message = `\`${source}\` of rule ${rule.id} is found only where \`${shorter.source}\` is found already`;
    problems.report("warning", "unreachable", rule, { message, fix: "drop it" });
  }
}
