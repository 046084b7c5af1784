// Payloads that a policy edits: decided anew, once, as what they are then.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { BUILT_IN_LAYERS } from "./built-in-layers.ts";
import { decide, type Engine } from "./decide.ts";
import type { Evaluation } from "./decision.ts";
import { NO_SURROUNDINGS } from "./effects/surroundings.ts";
import { evaluate } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import type { JsonValue } from "./json.ts";
import { normalizeAction } from "./normalize.ts";
import { parseAgentContext } from "./agent-context.ts";
import { compilePolicy } from "./policy/index.ts";

const FACTS: Facts = { now_ms: 0, kill_switch: null, surroundings: { ...NO_SURROUNDINGS, cwd: "/w" } };
const tools = { sha256Hex: (text: string | Uint8Array): string => hash("sha256", text, "hex") };

function engineOf(rules: string): Engine {
  const policy = compilePolicy(`rules:\n${rules}`, { file: null, source: "argument", tools });
  return {
    tools: { ...tools, registered: policy.action_types },
    layers: BUILT_IN_LAYERS,
    policy,
    identify: () => ({ avid: "AVID-1", identity: "asserted" }),
  };
}

function decided(rules: string, action_payload: JsonValue, cwd: string | null = null): Evaluation {
  const request = { agent_ctx: { public_key: "k" }, action_type: "run_job", action_payload, cwd };
  return decide(request, FACTS, engineOf(rules));
}

function digestOf(action_payload: JsonValue, cwd: string | null = null): string {
  return normalizeAction({ action_type: "run_job", action_payload, cwd }, tools).digest;
}

test("an edited payload is a new action: its digest, its effects, its own verdict", () => {
  const rules = `  - {id: try, action_type: run_job, transform: [{set: payload.dry_run, to: true}, {remove: payload.force}]}
  - {id: real, action_type: run_job, when_not: payload.dry_run == true, require_approval: true}
`;
  const evaluation = decided(rules, { job: "x", force: true });
  assert.equal(evaluation.decision, "ALLOW");
  assert.equal(evaluation.action_digest, digestOf({ job: "x", dry_run: true }));
  assert.deepEqual(evaluation.transformed, {
    from_digest: digestOf({ job: "x", force: true }),
    rule_refs: ["policy:try"],
    edits: [{ set: "payload.dry_run", to: true }, { remove: "payload.force" }],
  });
});

test("an edit that changes nothing is none", () => {
  const rules = "  - {action_type: run_job, transform: [{set: payload.dry_run, to: true}, {remove: payload.force}]}\n";
  const evaluation = decided(rules, { dry_run: true });
  assert.equal(evaluation.transformed, undefined);
  assert.equal(evaluation.decision, "ALLOW");
});

test("a DENY is not edited away", () => {
  const rules = `  - {id: no, action_type: run_job, deny_if: drop}
  - {id: soft, action_type: run_job, transform: [{remove: payload.q}]}
`;
  const evaluation = decided(rules, { q: "drop" });
  assert.equal(evaluation.decision, "DENY");
  assert.equal(evaluation.rule_ref, "policy:no");
  assert.equal(evaluation.transformed, undefined);
});

test("what the edited payload would do is judged by every layer", () => {
  const rules = "  - {action_type: run_job, transform: [{set: payload.command, to: 'rm -rf /'}]}\n";
  const evaluation = decided(rules, { job: "x" });
  assert.equal(evaluation.decision, "DENY");
  assert.notEqual(evaluation.deciding_layer, "policy");
  assert.equal(evaluation.transformed?.rule_refs[0], "policy:rule-1");
});

test("a second edit is a DENY", () => {
  const rules = "  - {id: more, action_type: run_job, transform: [{set: payload.n, cel: payload.n + 1.0}]}\n";
  const evaluation = decided(rules, { n: 1 });
  assert.equal(evaluation.decision, "DENY");
  assert.equal(evaluation.rule_ref, "policy:more");
  assert.deepEqual(evaluation.obligations, []);
});

test("edits that contradict each other, find nothing to edit, or move the action are a DENY", () => {
  const clash = `  - {id: a, action_type: run_job, transform: [{set: payload.n, to: 1}]}
  - {id: b, action_type: run_job, transform: [{set: payload.n, to: 2}]}
`;
  assert.match(decided(clash, {}).reason, /`payload.n` is edited in more than one way/);
  const nested = `  - {id: a, action_type: run_job, transform: [{set: payload.n, to: {m: 1}}]}
  - {id: b, action_type: run_job, transform: [{remove: payload.n.m}]}
`;
  assert.match(decided(nested, {}).reason, /more than one way/);
  const same = clash.replace("to: 2", "to: 1");
  assert.deepEqual(decided(same, {}).transformed?.rule_refs, ["policy:a", "policy:b"]);
  const plain = "  - {action_type: run_job, transform: [{set: payload.n, to: 1}]}\n";
  assert.match(decided(plain, "just text").reason, /can't be edited/);
  assert.match(decided(plain.replace("payload.n", "payload.n.m"), { n: 5 }).reason, /can't be edited/);
  const moves = "  - {action_type: run_job, transform: [{set: payload.cwd, to: /etc}]}\n";
  assert.match(decided(moves, { cwd: "/w" }).reason, /working folder/);
});

test("the folder that an action was asked for in stays", () => {
  const rules = "  - {action_type: run_job, transform: [{set: payload.n, to: 1}]}\n";
  assert.equal(decided(rules, { m: 1 }, "/srv").action_digest, digestOf({ m: 1, n: 1 }, "/srv"));
  const named = { m: 1, cwd: "/srv" };
  assert.equal(decided(rules, named).action_digest, digestOf({ ...named, n: 1 }));
});

test("a call inside a batch can't be edited", () => {
  const rules = "  - {id: e, action_type: run_job, transform: [{set: payload.n, to: 1}]}\n";
  const request = {
    agent_ctx: { public_key: "k" },
    action_type: "batch",
    action_payload: { calls: [{ action_type: "run_job", action_payload: { job: "x" } }] },
  };
  const evaluation = decide(request, FACTS, engineOf(rules));
  const denied = evaluation.findings.find(({ rule_ref }) => rule_ref === "policy:e");
  assert.equal(denied?.decision, "DENY");
});

test("what the first look obliged to stays, joined with the second's, and approvals with the strictest", () => {
  const rules = `  - {id: a, action_type: run_job, when_not: payload.n == 1, obligations: [{limit_output: 10}, {notify: x}]}
  - {id: b, action_type: run_job, when_all: payload.n == 1, obligations: [{limit_output: 20}, {redact: payload.k}]}
  - {id: c, action_type: run_job, transform: [{set: payload.n, to: 1}]}
  - {id: d, action_type: run_job, require_approval: true, approval: {count: 2, within: 1h, not_requester: false}}
  - {id: e, action_type: run_job, require_approval: true, approval: {by: {role: r}, within: 2h, reason_required: true}}
`;
  const evaluation = decided(rules, {});
  assert.deepEqual(evaluation.obligations, [
    { type: "limit_output", detail: { bytes: 10, rule_refs: ["policy:a", "policy:b"] } },
    { type: "notify", detail: { to: "x", rule_refs: ["policy:a"] } },
    { type: "redact", detail: { fields: ["payload.k"], rule_refs: ["policy:b"] } },
  ]);
  assert.deepEqual(evaluation.approval, {
    count: 2,
    within_ms: 3_600_000,
    not_requester: true,
    reason_required: true,
    by: [{ any: [{ role: "r" }], count: 1, rule_refs: ["policy:e"] }],
  });
});

test("evaluated as it is, an action that the policy would edit is a DENY", () => {
  const engine = engineOf("  - {action_type: run_job, transform: [{set: payload.n, to: 1}]}\n");
  const action = normalizeAction({ action_type: "run_job", action_payload: {} }, engine.tools);
  const agent = parseAgentContext({ public_key: "k" });
  const { layers, policy } = engine;
  const input = {
    action,
    effects: [],
    agent,
    avid: "AVID-1",
    identity: "asserted",
    facts: FACTS,
    layers,
    policy,
  } as const;
  assert.equal(evaluate(input).decision, "DENY");
});
