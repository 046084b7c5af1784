// The bounds on what a policy may come to, and on what asking it may cost, exactly. That they hold for the largest texts
// and the slowest policies is shown in limits.test.ts and hostile.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAgentContext } from "../agent-context.ts";
import { actionOf, compile, FACTS } from "./ask.fixture.test.ts";
import { Budget, BudgetSpent, comparisonUnits, EVALUATION_BUDGET } from "./budget.ts";
import { MAX_RULES } from "./check.ts";
import { lintPolicy } from "./lint.ts";
import { MAX_PATTERN_SIZE, MAX_TESTS } from "./rule-values.ts";

const listOf = (count: number, item: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => `      - ${item(at)}\n`).join("");

/** The first thing that is refused, with its line; null for nothing. */
function refusedAt(text: string): string | null {
  const found = lintPolicy(text).find(({ refused }) => refused);
  return found === undefined ? null : `${found.line} ${found.code}: ${found.message}`;
}

const rulesOf = (count: number): string => `rules:\n${"  - 7\n".repeat(count)}`;

test("one rule more than there may be is refused", () => {
  assert.match(refusedAt(rulesOf(MAX_RULES)) ?? "", /^2 wrong_type: a rule is a map/);
  assert.equal(refusedAt(rulesOf(MAX_RULES + 1)), "2 too_large: the policy has 20001 rules: expected at most 20000");
});

const wordsOf = (count: number): string =>
  `rules:\n  - action_type: a\n    deny_if:\n${listOf(count, (at) => `w${at}`)}`;

test("one word, pattern, condition or test more than there may be is refused, wherever it stands", () => {
  // That the last one is refused shows that all before it were not.
  const message = "the policy has over 80000 words, patterns and conditions";
  assert.equal(refusedAt(wordsOf(MAX_TESTS + 1)), `4 too_large: ${message}`);
  assert.equal(
    refusedAt(`${wordsOf(MAX_TESTS)}  - action_type: b\n    deny: true\n    when: payload.a == 1\n`),
    `${MAX_TESTS + 6} too_large: ${message}`,
  );
});

const patternsOf = (patterns: readonly string[]): string =>
  `rules:\n  - action_type: a\n    deny_regex:\n${patterns.map((pattern) => `      - ${pattern}\n`).join("")}`;

// A run of letters comes to one more than it has; each is told apart by its number.
const guided = (size: number, at: number): string => `${String(at).padStart(5, "0")}${"x".repeat(size - 6)}`;

test("patterns may come to so many instructions together", () => {
  const patterns = Array.from({ length: MAX_PATTERN_SIZE / 500 }, (_, at) => guided(500, at));
  // That the last one is refused shows that all before it were not.
  assert.equal(
    refusedAt(patternsOf([...patterns, "a"])),
    `${patterns.length + 4} too_large: the policy's patterns are too large together`,
  );
});

test("a budget counts what is charged, and is spent from the first unit that isn't there", () => {
  const budget = new Budget(10);
  budget.spend(9);
  budget.spend(1);
  assert.equal(budget.spent, 10);
  assert.throws(() => budget.spend(0.5), BudgetSpent);
  assert.equal(budget.spent, 10.5);
  assert.throws(() => budget.spend(0), BudgetSpent);
  assert.equal(new Budget().spent, 0);
  const whole = new Budget();
  whole.spend(EVALUATION_BUDGET);
  assert.throws(() => whole.spend(1), BudgetSpent);
});

test("what is only tried has a fifth of that beside it, always the same", () => {
  const budget = new Budget(5);
  const { tried } = budget;
  assert.equal(budget.tried, tried);
  tried.spend(EVALUATION_BUDGET / 5);
  assert.throws(() => tried.spend(1), BudgetSpent);
  assert.equal(budget.spent, 0);
});

test("looking for a long text costs by both lengths, for a short one or one that can't be there nothing more", () => {
  assert.equal(comparisonUnits(1000, 16), 0);
  assert.equal(comparisonUnits(1000, 17), (1000 - 17) / 48);
  assert.equal(comparisonUnits(1000, 112), ((1000 - 112) * 96) / 48);
  assert.equal(comparisonUnits(100, 100), 0);
  assert.equal(comparisonUnits(100, 101), 0);
  assert.equal(comparisonUnits(101, 100), 84 / 48);
});

const told = ({ rule_ref, reason }: { readonly rule_ref: string; readonly reason: string }): string =>
  `${rule_ref} ${reason.includes("EVALUATION_BUDGET") ? "too costly" : "said"}`;

function findingsWith(
  rules: readonly object[],
  units: number,
): { readonly said: readonly string[]; readonly shadow: readonly string[] } {
  const policy = compile(
    JSON.stringify({ rules: rules.map((rule, at) => ({ actions: "any", id: `r${at}`, ...rule })) }),
  );
  const input = {
    action: actionOf({ payload: { a: 1 } }),
    effects: [],
    agent: parseAgentContext({ public_key: "k" }),
    facts: FACTS,
  };
  const { findings, shadow } = policy.evaluate({ ...input, budget: new Budget(units) });
  return { said: findings.map(told), shadow: shadow.map(told) };
}

test("the rule that finds the budget empty denies, and none is asked after it", () => {
  const deny = { deny: true };
  assert.deepEqual(findingsWith([deny, deny, deny], 1000).said, ["policy:r0 said", "policy:r1 said", "policy:r2 said"]);
  assert.deepEqual(findingsWith([deny, deny, deny], 130).said, ["policy:r0 said", "policy:r1 too costly"]);
  assert.deepEqual(findingsWith([deny, deny, deny], 1).said, ["policy:r0 too costly"]);
});

test("rules that are tried have their own budget, whatever those in force spent", () => {
  const shadow = { mode: "shadow", deny: true };
  assert.deepEqual(findingsWith([{ deny: true }, shadow, { deny: true }], 130), {
    said: ["policy:r0 said", "policy:r2 too costly"],
    shadow: ["policy:r1 said"],
  });
});

test("an action for which not even the rules can be looked up is denied", () => {
  const rules = [
    { when_all: "payload.a == 1", deny: true },
    { when_all: "payload.b == 1", deny: true },
  ];
  assert.deepEqual(findingsWith(rules, 3).said, ["policy:engine too costly"]);
});
