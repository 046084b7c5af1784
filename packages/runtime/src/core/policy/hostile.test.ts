// Policies made to be slow, asked about actions made for them: no decision costs more than the budget, and little is
// remembered. What that comes to in time is the benchmark's business: `npm run bench -- hostile`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAgentContext } from "../agent-context.ts";
import { actionOf, compile, FACTS } from "./ask.fixture.test.ts";
import { Budget, EVALUATION_BUDGET } from "./budget.ts";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { filled, HOSTILE } from "./hostile.fixture.test.ts";
import { heldTableBytes, MAX_TABLE_BYTES } from "./pattern/engine-memory.ts";
import { compilePattern } from "./pattern/matcher.ts";

const tool = { action_type: "tool" };

for (const { name, costs, prepare } of HOSTILE) {
  test(`no decision costs more than the budget: ${name}`, () => {
    const ask = prepare();
    const { findings, budgets } = assertEnds(ask);
    assert.equal(budgets.size, 1, "the decision has one budget, and all of its calls share it");
    const [{ spent } = new Budget()] = budgets;
    const stopped = findings.filter(
      ({ decision, reason }) => decision === "DENY" && reason.includes("EVALUATION_BUDGET"),
    );
    if (costs === "all") {
      assert.ok(spent > EVALUATION_BUDGET, `${spent} units`);
      assert.equal(stopped.length, 1);
    } else {
      assert.ok(spent >= costs * 0.9 && spent <= costs * 1.1, `${spent} units, expected about ${costs}`);
      assert.equal(stopped.length, 0);
    }
    const again = ask();
    assert.deepEqual(again.findings, findings);
    assert.deepEqual(
      [...again.budgets].map((budget) => budget.spent),
      [spent],
    );
  });
}

test("what is spent stops a rule before the work is done, and every rule after it", () => {
  const budget = new Budget(10);
  budget.spend(9);
  assert.equal(budget.spent, 9);
  assert.throws(() => budget.spend(2));
  assert.throws(() => budget.spend(0));
});

test("rules that are only tried never use up what rules in force may spend", () => {
  const slow = { mode: "shadow", deny_regex: "(a|b)*a(a|b){12}c" };
  const rules = [...Array.from({ length: 40 }, () => ({ ...tool, ...slow })), { ...tool, deny_if: "zz" }];
  const policy = compile(JSON.stringify({ rules }));
  const budget = new Budget();
  const action = actionOf({ type: "tool", verb: "other", payload: { text: filled("abba", 30_000) } });
  const input = { action, effects: [], agent: parseAgentContext({ public_key: "k" }), facts: FACTS, budget };
  const { findings, shadow } = policy.evaluate(input);
  assert.deepEqual(findings, []);
  assert.ok(shadow.some(({ reason }) => reason.includes("EVALUATION_BUDGET")));
  assert.deepEqual(policy.evaluate(input).findings, []);
});

test("what engines remember is bounded, whatever patterns and texts there are", () => {
  let most = 0;
  let seed = 1;
  for (let index = 0; index < 12; index++) {
    const pattern = compilePattern(`(a|b)*a(a|b){${14 + index}}c`);
    let text = "";
    for (let at = 0; at < 20_000; at++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      text += (seed >> 16) % 2 === 0 ? "a" : "b";
    }
    assert.equal(pattern.test(text), false);
    assert.equal(pattern.test(`${text}${"a".repeat(15 + index)}c`), true);
    assert.ok(heldTableBytes() <= MAX_TABLE_BYTES);
    most = Math.max(most, heldTableBytes());
  }
  assert.ok(most > MAX_TABLE_BYTES / 2, `the bound was not reached: ${most}`);
});
