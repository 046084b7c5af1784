import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAgentContext } from "../core/agent-context.ts";
import { NO_SURROUNDINGS } from "../core/effects/index.ts";
import type { Finding } from "../core/finding.ts";
import { normalizeAction } from "../core/normalize.ts";
import { proveLives } from "./prove-lives.ts";
import { settleApproval } from "./settle-approval.ts";

const ACTION = normalizeAction({ action_type: "note", action_payload: {}, cwd: null }, { sha256Hex: (text) => text });

test("nothing that the Constitution denies begins, whatever follows", () => {
  const spaces = proveLives({
    action: ACTION,
    effects: [],
    agent: parseAgentContext({ public_key: "agent-1" }),
    avid: "AVID-1",
    identity: "asserted",
    facts: { now_ms: 0, kill_switch: null, surroundings: NO_SURROUNDINGS },
  });
  assert.deepEqual(
    spaces.map(({ name, broken }) => [name, broken]),
    [
      ["lives", null],
      ["entries after a denial", null],
    ],
  );
});

test("an approval lifts the questions that were seen, and nothing else", () => {
  const asked: Finding = {
    layer: "firewall",
    rule_ref: "firewall:x",
    decision: "REQUIRE_APPROVAL",
    severity: "high",
    reason: "asks",
  };
  const fresh: Finding = { ...asked, rule_ref: "policy:new", layer: "policy" };
  const asks = { decision: "REQUIRE_APPROVAL", findings: [asked] } as const;
  assert.equal(settleApproval("APPROVED", asks, [asked]), "ALLOW");
  assert.equal(settleApproval("REJECTED", asks, [asked]), "DENY");
  assert.equal(settleApproval("APPROVED", { decision: "DENY", findings: [] }, [asked]), "DENY");
  assert.throws(() => settleApproval("APPROVED", { ...asks, findings: [asked, fresh] }, [asked]), {
    code: "APPROVAL_REFUSED",
  });
});
