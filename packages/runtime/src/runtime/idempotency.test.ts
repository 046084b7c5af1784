import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { understand } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import type { PolicyLayer } from "../core/evaluate.ts";
import { policyPack } from "../core/policy/index.ts";
import { openFileLedger } from "../storage/file-ledger.ts";
import { createRuntime, type Runtime, type RuntimeConfig } from "./create-runtime.ts";
import { createEngine } from "./engine.ts";
import { earlierDecision, requestId } from "./idempotency.ts";
import { setKillSwitch } from "./kill-switch.ts";
import { openSigner } from "./signer.ts";

const AGENT = { public_key: "agent-1" };
const PAYLOAD = { command: "ls" };

// Removed at the very end: hooks run in the order they were set, so the ones that close what writes there come later.
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-idempotency-"));
  t.after(() => folders.push(folder));
  return folder;
}

function runtimeIn(t: TestContext, folder: string, config: RuntimeConfig = {}): Runtime {
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
  const runtime = createRuntime({ env: {}, cwd: "/project", ...at, ...config });
  t.after(async () => runtime.close());
  return runtime;
}

function decisions(folder: string): number {
  return readFileSync(join(folder, "audit.log"), "utf8").split('"event":"authorize_action"').length - 1;
}

function isConflict(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "IDEMPOTENCY_CONFLICT";
}

test("a repeat gets the same authorization with the same expiry, also from another runtime on the log", async (t) => {
  const folder = folderOf(t);
  const options = { idempotency_key: "k1" };
  const first = await runtimeIn(t, folder).authorize(AGENT, "execute_shell", PAYLOAD, options);
  const repeat = await runtimeIn(t, folder).authorize(AGENT, "execute_shell", PAYLOAD, options);
  assert.equal(repeat.authorization_id, first.authorization_id);
  assert.equal(repeat.expires_at, first.expires_at);
  assert.deepEqual(repeat.effects, first.effects);
  assert.equal(decisions(folder), 1);
});

test("a repeat permits no second begin", async (t) => {
  const runtime = runtimeIn(t, folderOf(t));
  const ask = async (): Promise<string> => {
    const decision = await runtime.authorize(AGENT, "execute_shell", PAYLOAD, { idempotency_key: "k1" });
    assert.ok(decision.authorization_id !== null);
    await runtime.begin(decision.authorization_id, decision.action_digest);
    return decision.authorization_id;
  };
  await ask();
  await assert.rejects(ask(), (error) => error instanceof CanopyError && error.code === "ALREADY_EXECUTED");
});

test("another action under the same key is a conflict; another agent's or tenant's key is another key", async (t) => {
  const folder = folderOf(t);
  const runtime = runtimeIn(t, folder);
  const options = { idempotency_key: "k1" };
  const first = await runtime.authorize(AGENT, "execute_shell", PAYLOAD, options);
  await assert.rejects(runtime.authorize(AGENT, "execute_shell", { command: "pwd" }, options), isConflict);
  const others = [{ public_key: "agent-2" }, { ...AGENT, tenant_id: "t2" }];
  for (const agent of others) {
    const other = await runtime.authorize(agent, "execute_shell", PAYLOAD, options);
    assert.notEqual(other.authorization_id, first.authorization_id);
  }
  assert.equal(decisions(folder), 3);
});

test("under another policy a key can't be repeated", async (t) => {
  const folder = folderOf(t);
  const options = { idempotency_key: "k1" };
  await runtimeIn(t, folder).authorize(AGENT, "execute_shell", PAYLOAD, options);
  const policy = 'rules:\n  - action_type: "deploy"\n    require_approval: true\n';
  const later = runtimeIn(t, folder, { policy });
  await assert.rejects(later.authorize(AGENT, "execute_shell", PAYLOAD, options), isConflict);
});

test("under other built-in rules a key can't be repeated", async (t) => {
  const folder = folderOf(t);
  await runtimeIn(t, folder).authorize(AGENT, "execute_shell", PAYLOAD, { idempotency_key: "k1" });
  const home = join(folder, "home");
  const clock = { now: () => Date.now() };
  const ledger = await openFileLedger({ path: join(folder, "audit.log"), home, signer: openSigner(home), clock });
  t.after(async () => ledger.close());
  const { engine } = createEngine({ bytes: policyPack("default"), file: null, source: "default" });
  const { snapshot } = engine.policy;
  const request = { agent_ctx: AGENT, action_type: "execute_shell", action_payload: PAYLOAD };
  const understood = understand(request, engine);
  const id = requestId("k1", null, understood.agent_identity.avid);
  assert.equal((await earlierDecision(id, understood, { ledger, engine }))?.decision, "ALLOW");
  const policy: PolicyLayer = {
    snapshot: { ...snapshot, rules_hash: `sha256:${"0".repeat(64)}` },
    evaluate: (input) => engine.policy.evaluate(input),
  };
  await assert.rejects(earlierDecision(id, understood, { ledger, engine: { ...engine, policy } }), isConflict);
});

test("of many calls at once, in two runtimes, one is recorded and all get its authorization", async (t) => {
  const folder = folderOf(t);
  const runtimes = [runtimeIn(t, folder), runtimeIn(t, folder)];
  const calls = Array.from({ length: 20 }, async (_, index) =>
    runtimes[index % 2]?.authorize(AGENT, "execute_shell", PAYLOAD, { idempotency_key: "k1" }),
  );
  const ids = new Set((await Promise.all(calls)).map((decision) => decision?.authorization_id));
  assert.equal(ids.size, 1);
  assert.equal(decisions(folder), 1);
});

test("an empty or over-long key is refused with a code", async (t) => {
  const runtime = runtimeIn(t, folderOf(t));
  for (const idempotency_key of ["", "k".repeat(257)]) {
    await assert.rejects(
      runtime.authorize(AGENT, "execute_shell", PAYLOAD, { idempotency_key }),
      (error) => error instanceof CanopyError && error.code === "INVALID_REQUEST",
    );
  }
});

test("a repeat of what a recorded kill switch denied gets that DENY, also once the switch is released", async (t) => {
  const folder = folderOf(t);
  const runtime = runtimeIn(t, folder);
  const options = { idempotency_key: "k1" };
  const home = join(folder, "home");
  const clock = { now: () => Date.now() };
  const signer = openSigner(home);
  const ledger = await openFileLedger({ path: join(folder, "audit.log"), home, signer, clock });
  const change = { scope: "all", engaged: true, reason: "stop", by: "alice" };
  await setKillSwitch(change, { ledger, clock, key_id: signer.key_id });
  const denied = await runtime.authorize(AGENT, "execute_shell", PAYLOAD, options);
  assert.deepEqual([denied.decision, denied.rule_ref], ["DENY", "Art.7"]);
  const during = await runtime.authorize(AGENT, "execute_shell", PAYLOAD, options);
  await setKillSwitch({ ...change, engaged: false }, { ledger, clock, key_id: signer.key_id });
  const after = await runtime.authorize(AGENT, "execute_shell", PAYLOAD, options);
  for (const repeat of [during, after]) {
    assert.deepEqual({ ...repeat, witness: null }, { ...denied, witness: null });
  }
  assert.equal(decisions(folder), 1);
  await ledger.close();
});

test("a key can't be written so that it falls together with another tenant's or agent's", () => {
  assert.throws(() => requestId("AVID-b\0k", "t", "AVID-a"), { code: "INVALID_REQUEST" });
});
