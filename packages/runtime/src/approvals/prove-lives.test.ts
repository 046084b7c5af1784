import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAgentContext } from "../core/agent-context.ts";
import { CanopyError } from "../core/errors.ts";
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

const asksNow = (rule: string): string =>
  `APPROVAL_REFUSED: ${rule} asks now, and did not when this was approved; authorize the action again, and get an approval of what is asked now`;

const settle = (now: readonly Finding[], seen: readonly Finding[], counters?: readonly string[]): string => {
  try {
    return settleApproval("APPROVED", { decision: "REQUIRE_APPROVAL", findings: now }, seen, counters);
  } catch (error) {
    assert.ok(error instanceof CanopyError);
    return `${error.code}: ${error.message}; ${error.fix ?? ""}`;
  }
};

const of = (rule_ref: string, reason: string, evidence: readonly string[]): Finding => {
  return { layer: "policy", rule_ref, decision: "REQUIRE_APPROVAL", severity: "high", reason, evidence };
};

test("of a rule that counts, a question with other figures is the one that was seen; of every other rule it is not", () => {
  const [then, now] = [of("policy:spend", "12 are spent", ["12"]), of("policy:spend", "13 are spent", ["13"])];
  const other = of("policy:mail", "13 are spent", ["13"]);
  assert.equal(settle([now], [then], ["spend"]), "ALLOW");
  assert.equal(settle([{ ...now, evidence: ["12"] }], [then], ["spend"]), "ALLOW");
  assert.equal(settle([now], [then]), asksNow("policy:spend"));
  assert.equal(settle([now], [then], ["policy:spend"]), asksNow("policy:spend"));
  assert.equal(settle([{ ...now, severity: "low" }], [then], ["spend"]), asksNow("policy:spend"));
  assert.equal(settle([now, other], [then], ["spend"]), asksNow("policy:mail"));
  assert.equal(settle([now, { ...other, decision: "ALLOW" }], [then], ["spend"]), "ALLOW");
  assert.equal(settleApproval("APPROVED", { decision: "ALLOW", findings: [now] }, []), "ALLOW");
});
