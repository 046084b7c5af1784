import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import { safeTool } from "./safe-tool.ts";

const AGENT = { public_key: "agent-1" };

function runtimeIn(t: TestContext): Runtime {
  const folder = mkdtempSync(join(tmpdir(), "canopy-members-"));
  const runtime = createRuntime({ env: {}, home: join(folder, "home"), audit_log_path: join(folder, "audit.log") });
  t.after(async () => {
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return runtime;
}

test("a setting that there is not is refused, with the one that was meant", () => {
  const typo = { env: {}, auditLogPath: "x.log" };
  assert.throws(() => createRuntime(typo), {
    code: "INVALID_CONFIG",
    message: "there is no setting `auditLogPath`",
    fix: "did you mean `audit_log_path`?",
  });
  const absent = { env: {}, auditLogPath: undefined };
  assert.doesNotThrow(() => createRuntime(absent));
});

test("an option of safeTool that there is not is refused when the tool is made, not when it is called", () => {
  const typo = { action_type: "execute_shell", agent_ctx: AGENT, onRequireApproval: "skip" };
  assert.throws(() => safeTool(typo, () => 1), {
    code: "INVALID_CONFIG",
    fix: "did you mean `on_require_approval`?",
  });
});

test("an approval mode with a typing error is refused: it must not become a looser one", () => {
  const options: object = { action_type: "execute_shell", agent_ctx: AGENT, on_require_approval: "rasie" };
  assert.throws(() => Reflect.apply(safeTool, null, [options, () => 1]), {
    code: "INVALID_CONFIG",
    fix: "did you mean `raise`?",
  });
});

test("a policy may be a pack's name, and a word that names none is said to be that", () => {
  const strict = createRuntime({ env: {}, policy: "production" });
  assert.notEqual(strict.policy_snapshot.policy_hash, createRuntime({ env: {} }).policy_snapshot.policy_hash);
  assert.throws(() => createRuntime({ env: {}, policy: "prodution" }), {
    code: "INVALID_POLICY",
    message: "there is no policy pack `prodution`",
  });
});

test("an argument that is no JSON is named, with what it is", async (t) => {
  const tool = safeTool(
    { runtime: runtimeIn(t), action_type: "execute_shell", agent_ctx: AGENT, params: ["command", "since"] },
    (command: string, since: unknown) => [command, since],
  );
  const refusal = { code: "INVALID_ACTION", at: "argument 2" };
  await assert.rejects(tool("ls", new Date(0)), { ...refusal, message: "argument 2 must be plain JSON, not Date" });
  await assert.rejects(tool("ls", [() => 1]), { ...refusal, message: "argument 2 must be plain JSON, not function" });
  const odd: object = Object.create({
    get constructor(): never {
      throw new Error("read");
    },
  });
  await assert.rejects(tool("ls", odd), { ...refusal, message: "argument 2 must be plain JSON, not object" });
});

test("what says neither success nor failure is not attested, and the execution can still be", async (t) => {
  const runtime = runtimeIn(t);
  const { authorization_id, action_digest } = await runtime.authorize(AGENT, "execute_shell", { command: "ls" });
  await runtime.begin(authorization_id, action_digest);
  for (const outcome of [{ outcome: "ok" }, {}, null, { ok: "yes" }]) {
    const given: unknown[] = [authorization_id, outcome];
    const wrong: unknown = Reflect.apply(Reflect.get(runtime, "attest"), runtime, given);
    await assert.rejects(Promise.resolve(wrong), { code: "INVALID_ENTRY", fix: /ok: true/u });
  }
  assert.match(await runtime.attest(authorization_id, { ok: true }), /^[0-9a-f]{64}$/u);
});

test("a callback that answers something else is told what would have been an answer", async (t) => {
  const runtime = runtimeIn(t);
  const call = async (answer: unknown): Promise<unknown> => {
    const options: object = {
      runtime,
      action_type: "execute_shell",
      agent_ctx: AGENT,
      on_require_approval: "callback",
      approval_callback: () => answer,
    };
    const tool: unknown = Reflect.apply(safeTool, null, [options, () => "ran"]);
    assert.ok(typeof tool === "function");
    return Reflect.apply(tool, null, [{ command: "sudo id" }]);
  };
  await assert.rejects(call(true), { code: "APPROVAL_REQUIRED", fix: /votes: \[signVote/u });
  await assert.rejects(call(null), { code: "APPROVAL_REQUIRED", fix: /canopy console/u });
});
