import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import { createEngine } from "../../../runtime/engine.ts";
import { durationMs, instantMs } from "./instant.ts";
import type { PolicyTest } from "./policy-test.ts";
import { readTestFile } from "./read-tests.ts";
import { runPolicyTests, type TestResult } from "./run-tests.ts";

const POLICY = `rules:
  - id: large
    description: refunds over fifty are looked at
    action_type: assign_ticket
    when_all: agent_ctx.environment == production
    require_approval: true
  - id: gone
    action_type: assign_ticket
    deny_if: forbidden
`;

function problemsOf(text: string): readonly string[] {
  return (readTestFile(text).problems ?? []).map(({ line, col, code, message }) => `${line}:${col} ${code} ${message}`);
}

function testsOf(text: string): readonly PolicyTest[] {
  const { file, problems } = readTestFile(text);
  assert.deepEqual(problems, null);
  return file?.tests ?? [];
}

function run(text: string, policy: string = POLICY): readonly TestResult[] {
  const { engine } = createEngine({ bytes: policy, file: null, source: "argument" });
  return runPolicyTests(testsOf(text), engine);
}

function test(body: string): string {
  return `tests:\n  - ${body}\n`;
}

/** What is told of a ticket of production that holds a forbidden word, when this is expected of it. */
function differencesOf(expect: string): readonly (readonly [string, string])[] {
  const asked = "action_type: assign_ticket, agent_ctx: {environment: production}, action_payload: {a: forbidden}";
  return run(test(`{${asked}, expect: ${expect}}`)).flatMap(
    ({ failure }) => failure?.differences.map(({ expected, got }) => [expected, got] as const) ?? [],
  );
}

describe("a file of tests", () => {
  it("is refused with the place of what means nothing, and the nearest that would", () => {
    assert.deepEqual(
      problemsOf("tests:\n  - action_type: assign_ticket\n    expct: DENY\n")[0],
      "3:5 unknown_key unknown key `expct` in a test",
    );
    const [problem] = readTestFile(test("{action_type: x, expect: DENI}")).problems ?? [];
    assert.equal(problem?.fix, "did you mean `DENY`?");
  });

  it("is refused when it has no test, or one that asserts nothing", () => {
    assert.match(problemsOf("tests: []\n").join(), /at least one test/u);
    assert.match(problemsOf("policy: policy.yaml\n").join(), /`tests` is missing/u);
    assert.match(problemsOf(test("{action_type: x}")).join(), /2:5 no_effect the test expects nothing/u);
    assert.match(problemsOf(test("{action_type: x, expect: {}}")).join(), /expectation is empty/u);
    assert.match(problemsOf(test("{steps: [{action_type: x}]}")).join(), /expects nothing/u);
    assert.match(problemsOf(test("{action_type: x, steps: []}")).join(), /1 to 5000/u);
  });

  it("is refused where YAML would guess: numbers that JSON lacks, old truth values, doubled names and keys", () => {
    for (const value of ["0x10", ".5", "1e400", "9007199254740993", ".nan", "yes", "Off"]) {
      assert.notDeepEqual(problemsOf(test(`{action_type: x, action_payload: {a: ${value}}, expect: DENY}`)), [], value);
    }
    assert.match(problemsOf(test("{action_type: x, action_type: y, expect: DENY}")).join(), /duplicate_key/u);
    const twice = "{name: a, action_type: x, expect: DENY}";
    assert.match(problemsOf(`tests:\n  - ${twice}\n  - ${twice}\n`).join(), /3:6 bad_id a test on line 2/u);
    assert.match(problemsOf("tests: &a [1]\n").join(), /anchors/u);
  });

  it("is refused when it asks for more than a run should take", () => {
    for (const repeat of ["0", "-1", "1.5", "100001", "many"])
      assert.notDeepEqual(problemsOf(test(`{action_type: x, repeat: ${repeat}, expect: DENY}`)), [], repeat);
    assert.match(
      problemsOf(`tests:\n${`  - {action_type: x, repeat: 60000, expect: DENY}\n`.repeat(2)}`).join(),
      /too_large/u,
    );
  });

  it("is refused when a step's keys stand beside `steps`, or times are none", () => {
    assert.match(
      problemsOf(test("{repeat: 2, steps: [{action_type: x, expect: DENY}]}")).join(),
      /put|beside `steps`/u,
    );
    assert.match(problemsOf(test("{action_type: x, after: 5, expect: DENY}")).join(), /wrong_type/u);
    assert.match(problemsOf(test("{action_type: x, after: 5w, expect: DENY}")).join(), /no length of time/u);
    assert.match(
      problemsOf(test("{action_type: x, now: 2026-02-30T00:00:00Z, expect: DENY}")).join(),
      /no point in time/u,
    );
  });

  it("merges what a test says over what its file says, and a step over its test", () => {
    const [first] = testsOf(`defaults: {agent_ctx: {public_key: k, env: a}, action_type: assign_ticket, cwd: /srv}
tests:
  - agent_ctx: {env: b}
    steps:
      - {agent_ctx: {team: t}, expect: ALLOW}
`);
    assert.deepEqual(first?.steps[0]?.agent_ctx, { public_key: "k", env: "b", team: "t" });
    assert.equal(first?.steps[0]?.action_type, "assign_ticket");
    assert.equal(first?.steps[0]?.cwd, "/srv");
  });

  it("keeps a member called __proto__ a member", () => {
    const [first] = testsOf(test("{action_type: x, action_payload: {__proto__: {a: 1}}, expect: DENY}"));
    assert.deepEqual(Object.entries(first?.steps[0]?.action_payload ?? {}), [["__proto__", { a: 1 }]]);
  });
});

describe("a test of a policy", () => {
  it("passes when the decision is as expected, and fails with both sides when it isn't", () => {
    const [passed, failed] = run(`defaults: {action_type: assign_ticket, agent_ctx: {environment: production}}
tests:
  - {name: asks, expect: REQUIRE_APPROVAL}
  - name: allows
    expect: ALLOW
`);
    assert.equal(passed?.passed, true);
    assert.equal(failed?.passed, false);
    assert.deepEqual(failed?.failure?.differences, [{ expected: "ALLOW", got: "REQUIRE_APPROVAL by policy:large" }]);
    assert.match(failed?.failure?.reason ?? "", /refunds over fifty/u);
    assert.deepEqual([failed?.failure?.line, failed?.failure?.col], [5, 5]);
  });

  it("holds a rule to its verdict, even where another rule is named first", () => {
    assert.deepEqual(differencesOf("{decision: DENY, rule: gone}"), []);
    assert.deepEqual(differencesOf("{rule: [gone]}"), []);
    assert.deepEqual(differencesOf("{decision: DENY, rule: large}"), [
      ["rule large says DENY", "it says REQUIRE_APPROVAL"],
    ]);
    assert.deepEqual(differencesOf("{not_rule: gone}"), [["rule gone does not speak", "it says DENY"]]);
    assert.deepEqual(differencesOf("{decision: DENY, layer: firewall}"), [
      ["decided by the layer firewall", "decided by policy"],
    ]);
    assert.deepEqual(differencesOf("{severity: low}"), [["severity low", "severity high"]]);
    assert.deepEqual(differencesOf("{rule: large, decision: DENY, reason_contains: fifty}").length, 1);
    assert.deepEqual(differencesOf("{reason_contains: elephants}")[0]?.[0], "a reason with `elephants`");
  });

  it("compares obligations by what is asked of them", () => {
    const call =
      '{action_type: call_external_api, agent_ctx: {trusted_domains: [example.org]}, action_payload: {url: "https://example.org/"}';
    assert.deepEqual(run(test(`${call}, expect: {obligations: [pin_addresses]}}`), POLICY)[0]?.failure, null);
    assert.deepEqual(
      run(test(`${call}, expect: {obligations: {type: pin_addresses, host: example.org}}}`))[0]?.failure,
      null,
    );
    assert.equal(run(test(`${call}, expect: {obligations: {type: pin_addresses, host: x.org}}}`))[0]?.passed, false);
    assert.equal(run(test(`${call}, expect: {approval: {count: 2}}}`))[0]?.passed, false);
  });

  it("can expect that a request is refused, and fails on one that it didn't expect", () => {
    const bad = "{action_type: assign_ticket, agent_ctx: {environment: 5}, expect: ";
    assert.equal(run(test(`${bad}{error: INVALID_CONTEXT}}`))[0]?.passed, true);
    assert.match(run(test(`${bad}ALLOW}`))[0]?.failure?.got ?? "", /the error INVALID_CONTEXT/u);
    assert.equal(run(test("{action_type: assign_ticket, expect: {error: INVALID_CONTEXT}}"))[0]?.passed, false);
  });

  it("says which step failed, and which time", () => {
    const [result] = run(`tests:
  - name: three
    action_type: assign_ticket
    steps:
      - {expect: ALLOW}
      - {repeat: 3, after: 1m, expect: DENY}
`);
    assert.deepEqual([result?.failure?.step, result?.failure?.time, result?.decided], [2, 1, 2]);
  });

  it("is the same each time it is run", () => {
    const text = test("{action_type: assign_ticket, agent_ctx: {environment: production}, expect: ALLOW}");
    assert.equal(hash("sha256", JSON.stringify(run(text))), hash("sha256", JSON.stringify(run(text))));
  });
});

describe("times in tests", () => {
  it("are read as the calendar has them", () => {
    for (const text of [
      "1970-01-01T00:00:00Z",
      "2000-02-29T23:59:59.999Z",
      "2026-11-23T05:06:07Z",
      "2100-03-01T00:00:00Z",
    ]) {
      assert.equal(instantMs(text), Date.parse(text), text);
    }
    for (const text of ["2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z"]) {
      assert.equal(instantMs(text), null, text);
    }
    assert.deepEqual(["30s", "15m", "24h", "7d", "5ms", "7", "1w"].map(durationMs), [
      30_000,
      900_000,
      86_400_000,
      604_800_000,
      5,
      null,
      null,
    ]);
  });
});

describe("history in tests", () => {
  const BUDGET = `rules:
  - id: daily-spend
    actions: ["verb:money"]
    budget: {limit: 200 USD, window: 24h, per: agent}
    deny: true
  - id: burst
    action_type: read_file
    rate: {limit: 1, window: 1m, per: session}
    require_approval: true
`;
  const pay = "action_type: refund, action_payload: {amount: 9.99}, agent_ctx: {spending_limit: unlimited}";

  it("is what the steps before left: the hundredth payment stops, and what failed is given back", () => {
    const steps = [
      `{repeat: 20, ${pay}, after: 1m}`,
      `{${pay}, expect: {decision: DENY, rule: daily-spend, reason_contains: "199.8 of 200 USD"}}`,
      `{${pay}, after: 24h, outcome: error}`,
      `{repeat: 20, ${pay}, after: 1s}`,
      `{${pay}, expect: {decision: DENY, rule: daily-spend}}`,
    ];
    const text = `tests:\n  - name: stops\n    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`;
    const [result] = run(text, BUDGET);
    assert.deepEqual(result?.failure, null);
    assert.equal(result?.decided, 43);
  });

  it("counts what was approved, and nothing of what waits", () => {
    const look = "action_type: read_file, action_payload: {path: a.txt}";
    const agent = "agent_ctx: {session_id: s}";
    const rate = "{decision: REQUIRE_APPROVAL, rule: burst, reason_contains";
    const steps = [
      `{${look}, ${agent}, expect: ALLOW}`,
      `{${look}, ${agent}, outcome: approve, expect: ${rate}: "1 of 1"}}`,
      `{${look}, ${agent}, expect: ${rate}: "2 of 1"}}`,
      `{${look}, ${agent}, expect: ${rate}: "2 of 1"}}`,
    ];
    const text = `tests:\n  - name: asks\n    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`;
    assert.deepEqual(run(text, BUDGET)[0]?.failure, null);
  });

  it("begins empty for each test", () => {
    const one = `{${pay}, expect: {not_rule: daily-spend}}`;
    const text = `tests:\n${Array.from({ length: 30 }, () => `  - ${one}\n`).join("")}`;
    assert.ok(run(text, BUDGET).every(({ passed }) => passed));
  });
});
