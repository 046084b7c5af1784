import assert from "node:assert/strict";
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { encodeBase64Url } from "../identity/base64.ts";
import { possessionBytes, type PossessionChallenge } from "../identity/possession.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";

interface Agent {
  readonly public_key: string;
  readonly answer: (challenge: PossessionChallenge) => string;
}

function agent(): Agent {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync("ed25519");
  return {
    public_key: publicKey.export({ format: "pem", type: "spki" }).toString(),
    answer: (challenge) => encodeBase64Url(sign(null, possessionBytes(challenge), privateKey)),
  };
}

// Removed at the very end: hooks run in the order they were set, so the ones that close what writes there come later.
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function place(t: TestContext): () => Runtime {
  const folder = mkdtempSync(join(tmpdir(), "canopy-proven-"));
  t.after(() => folders.push(folder));
  const at = { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
  return () => {
    const runtime = createRuntime({ env: {}, cwd: "/project", ...at });
    t.after(async () => runtime.close());
    return runtime;
  };
}

const ACTION = ["execute_shell", { command: "ls" }] as const;

test("a proven key passes in its session, and whoever only asserts it is asked about", async (t) => {
  const open = place(t);
  const runtime = open();
  const { public_key, answer } = agent();
  const before = await runtime.authorize({ public_key }, ...ACTION);
  assert.deepEqual([before.decision, before.identity], ["ALLOW", "asserted"]);

  const challenge = await runtime.challengeIdentity(public_key, { session_id: "s-1" });
  const proven = await runtime.proveIdentity(challenge.nonce, answer(challenge));
  assert.equal(proven.avid, before.avid);
  const own = await runtime.authorize({ public_key, session_id: "s-1" }, ...ACTION);
  assert.deepEqual([own.decision, own.identity], ["ALLOW", "proven"]);

  const other = open();
  const contexts = [{ public_key }, { public_key, session_id: "s-2" }, { public_key: ` ${public_key}` }];
  for (const context of contexts) {
    for (const somewhere of [runtime, other]) {
      const asserted = await somewhere.authorize(context, ...ACTION);
      assert.deepEqual([asserted.decision, asserted.rule_ref], ["REQUIRE_APPROVAL", "firewall:identity"]);
      assert.equal(somewhere.evaluate(context, ...ACTION).decision, "REQUIRE_APPROVAL");
    }
  }
  const once = { idempotency_key: "k1" };
  const asked = await other.authorize({ public_key }, ...ACTION, once);
  const repeat = await other.authorize({ public_key }, ...ACTION, once);
  assert.deepEqual([repeat.rule_ref, repeat.authorization_id], ["firewall:identity", asked.authorization_id]);
  assert.equal((await other.authorize({ public_key: agent().public_key }, ...ACTION)).decision, "ALLOW");
});

test("an answer is good once, for its own challenge and key, in the runtime that asked", async (t) => {
  const open = place(t);
  const runtime = open();
  const [alice, mallory] = [agent(), agent()];
  const first = await runtime.challengeIdentity(alice.public_key);
  await assert.rejects(runtime.proveIdentity(first.nonce, mallory.answer(first)), { code: "INVALID_CONTEXT" });
  await assert.rejects(runtime.proveIdentity(first.nonce, alice.answer(first)), { code: "INVALID_CONTEXT" });
  const second = await runtime.challengeIdentity(alice.public_key);
  await assert.rejects(runtime.proveIdentity(second.nonce, alice.answer(first)), { code: "INVALID_CONTEXT" });
  const third = await runtime.challengeIdentity(alice.public_key);
  await assert.rejects(open().proveIdentity(third.nonce, alice.answer(third)), { code: "INVALID_CONTEXT" });
  await runtime.proveIdentity(third.nonce, alice.answer(third));
  await assert.rejects(runtime.proveIdentity(third.nonce, alice.answer(third)), { code: "INVALID_CONTEXT" });
});

test("an opaque id can't be challenged", async (t) => {
  await assert.rejects(place(t)().challengeIdentity("agent-1"), { code: "INVALID_KEY" });
});

test("what is remembered of identities, executions and sinks stands in the home, not beside the log", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-proven-"));
  folders.push(folder);
  const [home, audit_log_path] = [join(folder, "home"), join(folder, "audit.log")];
  const sinks = [`file:${join(folder, "sent")}`];
  const runtime = createRuntime({ env: {}, cwd: "/project", home, audit_log_path, sinks });
  t.after(async () => runtime.close());
  const { public_key, answer } = agent();
  const challenge = await runtime.challengeIdentity(public_key);
  await runtime.proveIdentity(challenge.nonce, answer(challenge));
  const { authorization_id, action_digest } = await runtime.authorize({ public_key }, ...ACTION);
  await runtime.begin(authorization_id, action_digest);
  const beside = readdirSync(`${audit_log_path}.d`);
  for (const kind of ["executors", "proven", "sinks"]) {
    assert.equal(beside.includes(kind), false, kind);
    assert.equal(readdirSync(join(home, kind)).length, 1, kind);
  }
  assert.ok(authorization_id !== null);
  await runtime.attest(authorization_id, { ok: true });
});
