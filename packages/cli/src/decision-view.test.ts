import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decisionLines, type ShownDecision } from "./decision-view.ts";
import { PLAIN, styleFor } from "./style.ts";
import { tableLines } from "./table.ts";
import { textWidth } from "./terminal-text.ts";
import { HOSTILE, OBEYED } from "./testing/hostile.ts";

function decisionWith(text: string): ShownDecision {
  return {
    decision: "DENY",
    reason: text,
    severity: "critical",
    deciding_layer: "constitution",
    rule_ref: text,
    layers: { constitution: "blocked (Art.0)", civil_code: "pass", firewall: "pass", policy: "pass" },
    findings: [
      { layer: "constitution", rule_ref: text, decision: "DENY", severity: "critical", reason: text },
      { layer: "firewall", rule_ref: "firewall:x", decision: "DENY", severity: "high", reason: `other ${text}` },
    ],
    override_possible: true,
    override_key: text,
    avid: text,
    identity: "asserted",
    trace_id: text,
    action_type: text,
    verb: "exec",
    action_digest: text,
    effects: [
      { kind: "exec.program", via: text, program: text, known: true, args: [text, null] },
      {
        kind: "fs.delete",
        via: text,
        recursive: true,
        target: { path: text, text, zone: "root", glob: false, secret: text, governance: null, persistence: text },
      },
    ],
    obligations: [
      { type: "redact", detail: { fields: [text, text], rule_refs: [text] } },
      { type: "notify", detail: { to: text, rule_refs: [text] } },
    ],
    approval: {
      count: 2,
      within_ms: 1000,
      not_requester: true,
      reason_required: true,
      by: [{ any: [{ role: text }, { approver: text }], count: 2, rule_refs: [text] }],
    },
    transformed: { from_digest: text, rule_refs: [text], edits: [{ set: text, to: text }, { remove: text }] },
    policy_snapshot: {
      policy_file: text,
      policy_hash: "sha256:0",
      policy_source: "default",
      rules_hash: "sha256:0",
      engine_version: "0",
    },
    authorization_id: text,
    expires_at: text,
  };
}

describe("the view of a decision", () => {
  it("shows every hostile string inside its own lines, obeying none", () => {
    for (const { id, value } of HOSTILE) {
      for (const line of decisionLines(decisionWith(value), { style: PLAIN, columns: 80 })) {
        assert.doesNotMatch(line, OBEYED, id);
        assert.ok(!line.startsWith("FORGED"), id);
        assert.match(line, /^(?:DENY| {2})/u, id);
      }
    }
  });

  it("stays within the terminal", () => {
    for (const columns of [60, 80, 120]) {
      for (const line of decisionLines(decisionWith("word ".repeat(200)), { style: PLAIN, columns }).slice(1)) {
        assert.ok(textWidth(line) <= columns, line);
      }
    }
  });

  it("counts what it does not list", () => {
    const decision = decisionWith("x");
    const effects = Array.from({ length: 12 }, () => decision.effects).flat();
    const lines = decisionLines({ ...decision, effects }, { style: PLAIN, columns: 80 });
    assert.ok(lines.some((line) => line.includes("and 16 more")));
  });
});

describe("tables", () => {
  it("clip hostile and wide cells to the terminal, one line a row", () => {
    const columns = [
      { title: "A", least: 6 },
      { title: "B", least: 10 },
    ];
    for (const { id, value } of HOSTILE) {
      const lines = tableLines(columns, [[value, `${value} ${"w".repeat(200)}`]], { style: PLAIN, width: 60 });
      assert.equal(lines.length, 2, id);
      for (const line of lines) {
        assert.doesNotMatch(line, OBEYED, id);
        assert.ok(textWidth(line) <= 60, id);
      }
    }
  });
});

describe("colour", () => {
  it("is on for a terminal only, off with NO_COLOR or a dumb terminal, on anywhere with FORCE_COLOR", () => {
    assert.equal(styleFor(true, {}).color, true);
    assert.equal(styleFor(false, {}).color, false);
    assert.equal(styleFor(true, { NO_COLOR: "1" }).color, false);
    assert.equal(styleFor(true, { NO_COLOR: "" }).color, true);
    assert.equal(styleFor(true, { TERM: "dumb" }).color, false);
    assert.equal(styleFor(false, { FORCE_COLOR: "1" }).color, true);
    assert.equal(styleFor(true, { FORCE_COLOR: "0" }).color, false);
    assert.equal(styleFor(true, { FORCE_COLOR: "1", NO_COLOR: "1" }).color, false);
  });
});
