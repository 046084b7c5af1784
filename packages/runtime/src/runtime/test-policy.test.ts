import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testPolicy, type PolicyTestReport } from "./test-policy.ts";

const POLICY = `rules:
  - id: spoken
    action_type: assign_ticket
    when_all: [agent_ctx.team == a, agent_ctx.level == 1]
    require_approval: true
  - id: applied
    action_type: assign_ticket
    deny_if: zebra
  - id: ruled-out
    action_type: assign_ticket
    when_not: agent_ctx.public_key == agent-under-test
    deny: true
  - id: unasked
    action_type: close_ticket
    deny: true
`;

function report(tests: string, policy: string = POLICY): PolicyTestReport {
  return testPolicy({ bytes: policy, file: "policy.yaml", source: "argument" }, [
    { file: "x.test.yaml", bytes: tests },
  ]);
}

function states({ coverage }: PolicyTestReport): readonly string[] {
  return coverage.rules.map(({ id, state }) => `${id} ${state}`);
}

describe("coverage of a policy by its tests", () => {
  it("tells rules that spoke from those that only applied, were ruled out, or were never asked", () => {
    const tested = report(
      "tests:\n  - {action_type: assign_ticket, agent_ctx: {team: a, level: 1}, expect: REQUIRE_APPROVAL}\n",
    );
    assert.ok(tested.passed);
    assert.deepEqual(states(tested), ["spoken spoke", "applied silent", "ruled-out ruled_out", "unasked never"]);
    assert.equal(tested.coverage.rules_percent, 25);
    assert.equal(tested.coverage.conditions_percent, 50);
  });

  it("sees every condition of a rule, also those after one that rules it out", () => {
    const { coverage } = report(
      "tests:\n  - {action_type: assign_ticket, agent_ctx: {team: b, level: 1}, expect: ALLOW}\n",
    );
    assert.deepEqual(
      coverage.rules[0]?.conditions.map(({ seen_true, seen_false }) => [seen_true, seen_false]),
      [
        [false, true],
        [true, false],
      ],
    );
  });

  it("sees calls that stand in a call", () => {
    const calls = '[{"tool": "close_ticket", "arguments": {}}]';
    const tested = report(`tests:\n  - {action_type: batch, action_payload: {calls: ${calls}}, expect: DENY}\n`);
    assert.ok(tested.passed, JSON.stringify(tested.files));
    assert.equal(states(tested)[3], "unasked spoke");
  });

  it("is whole for a policy whose rules all spoke and have no condition", () => {
    const policy = "rules:\n  - {id: a, action_type: close_ticket, deny: true, tests: [{expect: DENY}]}\n";
    const tested = testPolicy({ bytes: policy, file: null, source: "argument" }, []);
    assert.ok(tested.passed);
    assert.deepEqual([tested.coverage.rules_percent, tested.coverage.conditions_percent], [100, 100]);
  });
});

describe("tests beside a rule", () => {
  it("are about that rule: another's denial doesn't make them pass", () => {
    const policy = `rules:
  - {id: a, action_type: close_ticket, deny: true}
  - {id: b, action_type: close_ticket, deny_if: zebra, tests: [{expect: DENY}]}
`;
    const { files, passed } = testPolicy({ bytes: policy, file: "p", source: "argument" }, []);
    assert.equal(passed, false);
    assert.deepEqual(files[0]?.results[0]?.failure?.differences, [
      { expected: "rule b says DENY", got: "it did not speak" },
    ]);
  });
});

describe("a report of tests", () => {
  it("has not passed when there are no tests", () => {
    assert.equal(testPolicy({ bytes: POLICY, file: "p", source: "argument" }, []).passed, false);
  });

  it("has not passed when a file of tests can't be read, whatever the others say", () => {
    const bytes = "tests:\n  - {action_type: other, expect: ALLOW}\n";
    const sources = [
      { file: "good", bytes },
      { file: "bad", bytes: "tests: 1" },
    ];
    const { files, passed } = testPolicy({ bytes: POLICY, file: "p", source: "argument" }, sources);
    assert.equal(passed, false);
    assert.equal(files[1]?.problems.length, 1);
  });
});
