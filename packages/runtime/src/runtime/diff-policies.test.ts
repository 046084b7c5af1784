import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertEnds } from "../core/hang-guard.fixture.test.ts";
import { conditionWords } from "../core/policy/diff/condition-words.ts";
import { generateCases } from "../core/policy/diff/generate-cases.ts";
import { patternSamples } from "../core/policy/diff/pattern-samples.ts";
import { rulesWords } from "../core/policy/diff/rule-words.ts";
import { policyPack, ProblemList, readPolicyValues } from "../core/policy/index.ts";
import { compilePattern } from "../core/policy/pattern/matcher.ts";
import { createRuntime } from "./create-runtime.ts";
import { diffPolicies, type PolicyDiff } from "./diff-policies.ts";

const NOW_MS = Date.parse("2026-01-01T12:00:00Z");

function diff(from: string, to: string, more: { readonly cases?: number; readonly seed?: number } = {}): PolicyDiff {
  const [old, now] = [from, to].map((bytes) => ({ bytes, file: null, tests: [] }));
  assert.ok(old !== undefined && now !== undefined);
  return diffPolicies({ from: old, to: now, seed: 1, cases: 700, now_ms: NOW_MS, ...more });
}

function rule(text: string, type = "action_type: execute_shell"): string {
  return `rules:\n  - id: r\n    ${type}\n    ${text.replaceAll("\n", "\n    ")}\n`;
}

function cel(condition: string): string {
  return `rules:\n  - id: r\n    action_type: refund\n    when: '${condition}'\n    require_approval: true\n`;
}

function limited(limit: number): string {
  const parameters = `parameters: {limit: {type: decimal, default: ${limit}}}`;
  return `${parameters}\n${cel("decimal(payload.amount) > params.limit")}`;
}

const CHANGES: readonly (readonly [what: string, from: string, to: string])[] = [
  ["a word", rule("deny_if: wget"), rule("deny_if: curl")],
  ["a word added", rule("deny_if: [alpha]"), rule("deny_if: [alpha, beta]")],
  ["a pattern", rule("deny_regex: 'foo[0-9]+bar'"), rule("deny_regex: 'foo[0-9]bar'")],
  ["an alternative", rule("deny_regex: '(one|two|three)-x'"), rule("deny_regex: '(one|two)-x'")],
  ["a verdict", rule("deny_if: tool"), rule("require_approval_if: tool")],
  [
    "a setting's value",
    rule("deny: true\nwhen_all: agent_ctx.team == red"),
    rule("deny: true\nwhen_all: agent_ctx.team == blue"),
  ],
  [
    "a setting",
    rule("deny: true\nwhen_all: agent_ctx.team == red"),
    rule("deny: true\nwhen_all: agent_ctx.group == red"),
  ],
  ["a number", rule("deny: true\nwhen_all: payload.count == 7"), rule("deny: true\nwhen_all: payload.count == 8")],
  ["an inner member", rule("deny: true\nwhen_all: payload.a.b == 1"), rule("deny: true\nwhen_all: payload.a.c == 1")],
  ["an exception", rule("deny_if: x-tool\nwhen_not: agent_ctx.ok == true"), rule("deny_if: x-tool")],
  [
    "two conditions",
    rule("deny: true\nwhen_all: [payload.a == 1, payload.b == 2]"),
    rule("deny: true\nwhen_all: payload.a == 1"),
  ],
  [
    "one of two",
    rule("deny: true\nwhen_any: [payload.a == 1, payload.b == 2]"),
    rule("deny: true\nwhen_all: payload.a == 1"),
  ],
  ["an effect", rule("deny_effects: package.install"), rule("deny_effects: process.kill")],
  [
    "an effect's attribute",
    rule('deny_effects: package.install where manager == "npm"'),
    rule("deny_effects: package.install"),
  ],
  [
    "a host",
    rule('deny_effects: net.connect where host.host == "a.example"'),
    rule('deny_effects: net.connect where host.host == "b.example"'),
  ],
  [
    "a path",
    rule('deny_effects: fs.write where target.path matches "^/srv/app/conf"', "action_type: modify_file"),
    rule('deny_effects: fs.write where target.path matches "^/srv/app/data"', "action_type: modify_file"),
  ],
  ["a type", rule("deny: true", "action_type: refund"), rule("deny: true", "action_type: payout")],
  ["a verb", rule("deny: true", "actions: ['verb:deploy']"), rule("deny: true", "actions: ['verb:message']")],
  [
    "any action",
    rule("deny: true\nwhen_all: agent_ctx.env == prod", "actions: any"),
    rule("deny: true\nwhen_all: agent_ctx.env == prod"),
  ],
  ["the last day", rule("deny: true\nexpires: 2026-01-31"), rule("deny: true\nexpires: 2026-02-28")],
  ["a bound in CEL", cel('decimal(payload.amount) > decimal("50")'), cel('decimal(payload.amount) >= decimal("50")')],
  [
    "a text in CEL",
    cel('has(payload.to) && payload.to.endsWith("@a.example")'),
    cel('has(payload.to) && payload.to.endsWith("@b.example")'),
  ],
  [
    "who must approve",
    rule("require_approval: true\napproval: {count: 2}"),
    rule("require_approval: true\napproval: {count: 3}"),
  ],
  ["a mode", rule("deny: true"), rule("deny: true\nmode: warn")],
];

for (const [what, from, to] of CHANGES) {
  test(`a change of ${what} is found, both ways, and named`, () => {
    for (const [old, now] of [[from, to] as const, [to, from] as const]) {
      const { differing, groups, changes } = diff(old, now);
      assert.ok(differing > 0);
      assert.ok(groups.every(({ count }) => count > 0));
      assert.deepEqual([changes.added, changes.removed, changes.changed.map(({ id }) => id)], [[], [], ["r"]]);
    }
  });
}

test("a policy does not differ from itself, nor from itself in another order or with other words for people", () => {
  const pack = policyPack("default");
  assert.equal(diff(pack, pack, { cases: 600 }).differing, 0);
  const two = "rules:\n  - {id: a, action_type: refund, deny_if: x}\n  - {id: b, action_type: refund, deny_if: y}\n";
  const turned = "rules:\n  - {id: b, action_type: refund, deny_if: y}\n  - {id: a, action_type: refund, deny_if: x}\n";
  const { differing, changes } = diff(two, turned);
  assert.deepEqual([differing, changes], [0, { added: [], removed: [], changed: [], policy_keys: [] }]);
  const told = diff(rule("deny_if: x"), rule("deny_if: x\nowner: someone"));
  assert.deepEqual([told.differing, told.changes.changed], [0, [{ id: "r", keys: ["owner"] }]]);
});

test("another parameter is found on both sides of its values", () => {
  const { differing, changes } = diff(limited(200), limited(300));
  assert.ok(differing > 0);
  assert.deepEqual(changes, { added: [], removed: [], changed: [], policy_keys: ["parameters"] });
});

test("rules without an id are paired by what they say", () => {
  const one = "rules:\n  - {action_type: refund, deny_if: x}\n";
  const two = "rules:\n  - {action_type: payout, deny_if: z}\n  - {action_type: refund, deny_if: x}\n";
  const { changes } = diff(one, two);
  assert.deepEqual([changes.added, changes.removed, changes.changed], [["rule-1"], [], []]);
});

test("each counterexample is decided by a runtime as it says", () => {
  const [from, to] = [policyPack("default"), policyPack("production")];
  const runtimes = [from, to].map((policy) => createRuntime({ policy, cwd: null, env: {} }));
  const { groups } = diff(from, to);
  assert.ok(groups.length >= 3);
  for (const { from: old, to: now, counterexample } of groups) {
    const { agent_ctx, action_type, action_payload, cwd } = counterexample;
    const verdicts = runtimes.map(
      (runtime) => runtime.evaluate(agent_ctx, action_type, action_payload, cwd === null ? {} : { cwd }).decision,
    );
    assert.deepEqual(verdicts, [old, now]);
  }
});

test("the same policies and seed give the same requests, another seed gives others", () => {
  const root = readPolicyValues(policyPack("production"), new ProblemList());
  assert.ok(root !== null);
  const made = (seed: number): string =>
    JSON.stringify([...generateCases(rulesWords(root), { seed, cases: 3000, now_ms: NOW_MS })]);
  assert.equal(made(1), made(1));
  assert.notEqual(made(1), made(2));
});

test("the requests of tests are tried too, and a difference in one is said", () => {
  const from = rule("deny_if: zzzz");
  const to = rule("deny: true\nwhen_all: payload.note == 'only tests know'");
  const tests =
    "tests:\n  - {name: n, action_type: execute_shell, action_payload: {command: ls, note: only tests know}, expect: DENY}\n";
  const found = diffPolicies({
    from: { bytes: from, file: null, tests: [] },
    to: { bytes: to, file: null, tests: [tests] },
    seed: 1,
    cases: 0,
    now_ms: NOW_MS,
  });
  assert.deepEqual([found.tried, found.differing], [{ tests: 1, made: 0 }, 1]);
  assert.equal(found.groups[0]?.tested, true);
});

test("most samples of a pattern match it", () => {
  const patterns = [
    "foo",
    "a+b*c?",
    "(one|two)",
    "[a-z]{3}-\\d{2}",
    "(?i)drop\\s+table",
    "^x\\.y$",
    "(a(b|c))+d",
    "[^/]+/bin",
  ];
  for (const source of patterns) {
    const samples = patternSamples(source);
    assert.ok(samples.length > 0 && samples.length <= 12, source);
    assert.ok(
      samples.some((text) => compilePattern(source).test(text)),
      `${source}: ${JSON.stringify(samples)}`,
    );
  }
});

test("no text makes reading its words fail or take long", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      assert.ok(patternSamples(text).length <= 12);
      assert.ok(conditionWords(text).settings.length <= text.length);
    }),
  );
  assertEnds(() => patternSamples("(".repeat(100_000)));
  assertEnds(() => conditionWords(`payload.${"a.".repeat(200_000)}`));
  assertEnds(() => conditionWords(`matches ${'"'.repeat(320_000)}`));
});

test("the words of a condition are its settings with the values near them, in either language", () => {
  const cel = conditionWords(
    'payload.amount > decimal("50") && ctx["env"] == "prod" && payload.to.endsWith("@x.test")',
  );
  assert.deepEqual(cel.settings, [
    { of: "payload", path: ["amount"], values: ["50"] },
    { of: "agent_ctx", path: ["env"], values: ["prod"] },
    { of: "payload", path: ["to"], values: ["@x.test"] },
  ]);
  assert.deepEqual(conditionWords("agent_ctx.environment == production").settings, [
    { of: "agent_ctx", path: ["environment"], values: ["production"] },
  ]);
});
