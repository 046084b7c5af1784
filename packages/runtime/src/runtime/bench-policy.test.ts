import assert from "node:assert/strict";
import { test } from "node:test";
import { benchPolicy, sampleRequests } from "./bench-policy.ts";

const source = {
  bytes: [
    "rules:",
    "  - {id: words, action_type: deploy, deny_if: drop}",
    "  - {id: team, action_type: deploy, when_all: ctx.team == blue, deny: true}",
    "  - {id: always, action_type: deploy, require_approval: true}",
    "  - {id: pattern, action_type: refund, deny_regex: '[a-z]+x'}",
  ].join("\n"),
  file: null,
  source: "argument",
} as const;

const deploy = (text: string) => ({ agent_ctx: { public_key: "k" }, action_type: "deploy", action_payload: { text } });

test("a bench tells how many rules were asked, which can't be told apart, and what they cost", () => {
  const bench = benchPolicy(source, [deploy("all is well"), deploy("drop it")]);
  assert.equal(bench.rules, 4);
  assert.equal(bench.requests, 2);
  assert.equal(bench.refused, 0);
  assert.equal(bench.rules_written, 3);
  assert.equal(bench.rules_asked, 1.5);
  assert.deepEqual(
    bench.unindexed.map(({ rule }) => rule),
    ["always", "pattern"],
  );
  const asked = new Map(bench.costliest.map((cost) => [cost.rule, cost.asked]));
  assert.deepEqual([asked.get("always"), asked.get("words"), asked.get("team")], [2, 1, undefined]);
  assert.ok(bench.decision_us.p50 > 0 && bench.decision_us.p99 >= bench.decision_us.p50);
});

test("requests that can't be decided are counted, and one at least must be decided", () => {
  const broken = { agent_ctx: {}, action_type: "deploy", action_payload: {} };
  assert.equal(benchPolicy(source, [broken, deploy("x")]).refused, 1);
  assert.throws(() => benchPolicy(source, [broken]), { code: "INVALID_REQUEST" });
});

test("without requests, each type that the policy names is tried", () => {
  const types = sampleRequests(source).map(({ action_type }) => action_type);
  assert.deepEqual(types.slice(0, 2), ["deploy", "refund"]);
  assert.ok(types.includes("execute_shell"));
});
