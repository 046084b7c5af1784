import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canopy, inScratch, type CanopyRun } from "./testing/canopy.ts";

const POLICY = `rules:
  - id: large
    description: large amounts are looked at
    action_type: approve_invoice
    when: 'decimal(payload.amount) > decimal("50")'
    require_approval: true
  - id: members
    action_type: approve_invoice
    when_all: [agent_ctx.environment == production, payload.kind == gift]
    deny: true
  - id: elsewhere
    action_type: close_ticket
    deny: true
`;

function explain(payload: unknown, words: readonly string[] = []): Promise<CanopyRun> {
  return inScratch((cwd) => {
    writeFileSync(join(cwd, "policy.yaml"), POLICY);
    const agent_ctx = { public_key: "a", environment: "production" };
    const request = JSON.stringify({ agent_ctx, action_type: "approve_invoice", action_payload: payload });
    return canopy(["policy", "explain", request, "--policy", "policy.yaml", ...words], { cwd });
  });
}

describe("canopy policy explain", () => {
  it("shows the rules that were asked, which conditions held, and what they saw", async () => {
    const { code, stdout } = await explain({ amount: 60 });
    assert.equal(code, 0);
    assert.match(stdout, /^REQUIRE_APPROVAL {2}by Title II$/mu);
    assert.match(stdout, /^policy {2}2 of 3 rules asked$/mu);
    assert.match(stdout, /^ {2}REQUIRE_APPROVAL {2}large {2}policy\.yaml:2:5\n {4}holds {2}when: /mu);
    assert.match(stdout, /^ +payload\.amount = 60/mu);
    assert.match(
      stdout,
      /^ {2}ruled out {2}members .*\n {4}holds {2}when_all: .*\n +agent_ctx\.environment = "production"\n {4}does not hold {2}when_all: .*\n +payload\.kind = \(missing\)$/mu,
    );
    assert.doesNotMatch(stdout, /elsewhere/u);
  });

  it("says why a condition can't be told, and that the rule denies for it", async () => {
    const { stdout } = await explain({});
    assert.match(stdout, /^DENY {2}by policy:large$/mu);
    assert.match(stdout, /^ {4}can't be told {2}when: .*: .*amount/mu);
  });

  it("draws a tree, and with --all shows what was not asked", async () => {
    const { stdout } = await explain({ amount: 60 }, ["--tree", "--all"]);
    assert.match(stdout, /^├─ built-in layers\n│ {2}└─ /mu);
    assert.match(stdout, /^ {3}└─ not asked {2}elsewhere {2}policy\.yaml:11:5$/mu);
  });

  it("cuts values and obeys nothing in them, in lines and in JSON", async () => {
    const amount = `\u001b[2J${"9".repeat(400)}`;
    for (const words of [[], ["--json"], ["--tree", "--all"]]) {
      const { stdout } = await explain({ amount, kind: amount }, words);
      assert.ok(!stdout.includes("\u001b"), words.join());
      assert.doesNotMatch(stdout, /9{61}/u, words.join());
    }
  });

  it("gives programs the decision and every rule's part", async () => {
    const { stdout } = await explain({ amount: 60 }, ["--json"]);
    const document: unknown = JSON.parse(stdout);
    assert.ok(typeof document === "object" && document !== null && "decision" in document && "explained" in document);
    assert.equal(document.decision, "REQUIRE_APPROVAL");
    assert.match(JSON.stringify(document.explained), /"id":"large".*"holds":true.*"id":"elsewhere".*"asked":false/u);
  });

  it("reads a request from standard input, and refuses what is none", () =>
    inScratch(async (cwd) => {
      const input =
        '{"agent_ctx":{"public_key":"a"},"action_type":"shell","action_payload":{"command":"ls"},"policy":"default"}';
      assert.equal((await canopy(["policy", "explain", "-"], { cwd, input })).code, 0);
      for (const wrong of ["", "{", "[]", '{"agent_ctx":{}}']) {
        assert.equal((await canopy(["policy", "explain", "-"], { cwd, input: wrong })).code, 2, wrong);
      }
      assert.equal((await canopy(["policy", "explain", "nowhere.json"], { cwd })).code, 2);
      assert.equal((await canopy(["policy", "explain", "-", "--policy", "nowhere.yaml"], { cwd, input })).code, 0);
    }));
});
