import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test, type TestContext } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { CanopyError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { createRuntime, type Runtime, type RuntimeConfig } from "./create-runtime.ts";
import { setKillSwitch } from "./kill-switch.ts";
import { CanopyPermissionError } from "./permission-error.ts";
import { safeTool, type SafeToolOptions } from "./safe-tool.ts";
import { signVote } from "./sign-vote.ts";
import type { ApprovalRequest } from "./approval-prompt.ts";
import { openFileLedger } from "../storage/file-ledger.ts";
import { didKeyOf } from "../identity/public-key.ts";
import { openSigner } from "./signer.ts";
import { verifyWitness } from "./verify-witness.ts";

const AGENT = { public_key: "agent-1", trace_id: "trace-1" };
/** Allowed, asked about, and denied by the default pack. */
const ALLOWED = { command: "ls" };
const ASKED = { command: "sudo id" };
const DENIED = { command: "rm -rf /" };

interface Place {
  readonly home: string;
  readonly audit_log_path: string;
}

// Removed at the very end: hooks run in the order they were set, so the ones that close what writes there come later.
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tool-"));
  t.after(() => folders.push(folder));
  return { home: join(folder, "home"), audit_log_path: join(folder, "audit.log") };
}

function runtimeIn(t: TestContext, config: RuntimeConfig): Runtime {
  const runtime = createRuntime({ env: {}, cwd: "/project", ...config });
  t.after(async () => runtime.close());
  return runtime;
}

function events(path: string): readonly string[] {
  return entries(path).map(({ event }) => event);
}

// Checkpoints come when their time is there: on a slow machine in between.
function entries(path: string): readonly (Record<string, JsonValue> & { readonly event: string })[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event !== "checkpoint_meta");
}

interface Tooled {
  readonly at: Place;
  readonly runtime: Runtime;
  readonly calls: unknown[];
  readonly tool: (payload: unknown) => Promise<unknown>;
}

function tooled(t: TestContext, options: Partial<SafeToolOptions> = {}): Tooled {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const calls: unknown[] = [];
  const tool = safeTool(
    { runtime, action_type: "execute_shell", agent_ctx: AGENT, env: {}, ...options },
    async (payload: unknown) => {
      calls.push(payload);
      return "done";
    },
  );
  return { at, runtime, calls, tool };
}

function approving(at: Place): (request: ApprovalRequest) => { votes: ReturnType<typeof signVote>[] } {
  return (request) => ({ votes: [signVote(request, "APPROVED", { home: at.home, approver: "alice" })] });
}

test("an allowed call runs once, with exactly what was decided, and is attested", async (t) => {
  const { at, calls, tool } = tooled(t);
  assert.equal(await tool(ALLOWED), "done");
  assert.deepEqual(calls, [ALLOWED]);
  assert.ok(Object.isFrozen(calls[0]));
  assert.deepEqual(events(at.audit_log_path), ["authorize_action", "tool_start", "tool_result"]);
  const [decided, start, result] = entries(at.audit_log_path);
  assert.equal(start?.["payload_commitment"], decided?.["payload_commitment"]);
  assert.equal(result?.["authorization_id"], decided?.["entry_hash"]);
});

test("a denied call throws with the decision, and the tool is not called", async (t) => {
  for (const mode of ["raise", "skip", "wait", "callback", "prompt"] as const) {
    const { at, calls, tool } = tooled(t, { on_require_approval: mode, approval_callback: () => null });
    await assert.rejects(tool(DENIED), (error) => {
      assert.ok(error instanceof CanopyPermissionError);
      assert.equal(error.decision, "DENY");
      assert.equal(error.code, "NOT_ALLOWED");
      assert.match(error.avid, /^AVID-/);
      assert.match(error.authorization_id ?? "", /^[0-9a-f]{64}$/);
      assert.equal(error.severity, "critical");
      assert.ok(error.layers.constitution.startsWith("blocked"));
      return true;
    });
    assert.deepEqual(calls, []);
    assert.deepEqual(events(at.audit_log_path), ["authorize_action"]);
  }
});

test("arguments that are changed while it is decided are not the ones that run", async (t) => {
  const { calls, tool } = tooled(t);
  const payload = { command: "ls" };
  const running = tool(payload);
  payload.command = "rm -rf /";
  await running;
  assert.deepEqual(calls, [{ command: "ls" }]);
});

test("a call that needs an approval raises by default, and says how to get one", async (t) => {
  const { calls, tool } = tooled(t);
  await assert.rejects(
    tool(ASKED),
    (error) =>
      error instanceof CanopyPermissionError &&
      error.code === "APPROVAL_REQUIRED" &&
      /\nfix: set on_require_approval to "prompt" .* or to "wait" and answer in `canopy console`/u.test(String(error)),
  );
  assert.deepEqual(calls, []);
});

test("a call that could not be recorded says so by its code, with what to do; one that is denied anyway stays denied", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, { ...at, audit_log_path: tmpdir() });
  const calls: unknown[] = [];
  const options = { runtime, action_type: "execute_shell", agent_ctx: AGENT, env: {} };
  const tool = safeTool(options, (payload: unknown) => calls.push(payload));
  const refusal = async (payload: unknown): Promise<readonly unknown[]> => {
    const error: unknown = await tool(payload).then(null, (thrown: unknown) => thrown);
    assert.ok(error instanceof CanopyPermissionError);
    return [error.code, error.decision, error.authorization_id, error.fix];
  };
  const fix = "name the regular file itself";
  for (const payload of [ALLOWED, ASKED]) {
    assert.deepEqual(await refusal(payload), ["LEDGER_REFUSED", "DENY", null, fix]);
  }
  assert.deepEqual(await refusal(DENIED), ["NOT_ALLOWED", "DENY", null, fix]);
  assert.deepEqual(calls, []);
});

test("skip gives undefined, records it and warns; the tool is not called", async (t) => {
  const { at, calls, tool } = tooled(t, { on_require_approval: "skip" });
  const warned = once(process, "warning");
  assert.equal(await tool(ASKED), undefined);
  const [warning] = await warned;
  assert.equal(warning instanceof Error && warning.name, "CanopySkippedWarning");
  assert.deepEqual(calls, []);
  assert.deepEqual(events(at.audit_log_path), ["authorize_action", "approval_skipped"]);
});

test("a callback's signed approval lets exactly that call run, once", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const calls: unknown[] = [];
  const tool = safeTool(
    {
      runtime,
      action_type: "execute_shell",
      agent_ctx: AGENT,
      env: {},
      on_require_approval: "callback",
      approval_callback: approving(at),
    },
    (payload: unknown) => calls.push(payload),
  );
  await tool(ASKED);
  assert.deepEqual([...calls], [ASKED]);
  assert.deepEqual(events(at.audit_log_path), [
    "authorize_action",
    "approval_granted",
    "reauthorized",
    "tool_start",
    "tool_result",
  ]);
});

test("whatever else a callback gives back, the tool is not called", async (t) => {
  const answers: readonly unknown[] = [
    null,
    undefined,
    true,
    "yes",
    { decision: "ALLOW" },
    { approved: true },
    { votes: [] },
  ];
  for (const answer of answers) {
    const options = {
      on_require_approval: "callback" as const,
      approval_callback: () => JSON.parse(JSON.stringify(answer ?? null)),
    };
    const { calls, tool } = tooled(t, options);
    await assert.rejects(tool(ASKED), CanopyError);
    assert.deepEqual(calls, []);
  }
});

test("an edit is decided anew: an approval of one call never covers another", async (t) => {
  const seen: unknown[] = [];
  let edits = 0;
  const { at, calls, tool } = tooled(t, {
    on_require_approval: "callback",
    approval_callback: (request) => {
      seen.push(request.action_payload);
      edits += 1;
      return edits === 1 ? { edit: [DENIED] } : null;
    },
  });
  await assert.rejects(tool(ASKED), (error) => error instanceof CanopyPermissionError && error.decision === "DENY");
  assert.deepEqual(seen, [ASKED]);
  const allowed = tooled(t, { on_require_approval: "callback", approval_callback: () => ({ edit: [ALLOWED] }) });
  assert.equal(await allowed.tool(ASKED), "done");
  assert.deepEqual(allowed.calls, [ALLOWED]);
  const endless = tooled(t, { on_require_approval: "callback", approval_callback: () => ({ edit: [ASKED] }) });
  await assert.rejects(endless.tool(ASKED), { code: "APPROVAL_REQUIRED" });
  assert.deepEqual([calls, endless.calls], [[], []]);
  assert.ok(!events(at.audit_log_path).includes("tool_start"));
});

test("wait runs the call when another runtime approves it, and raises when nobody does in time", async (t) => {
  const at = place(t);
  const agent = runtimeIn(t, at);
  const desk = runtimeIn(t, at);
  const calls: unknown[] = [];
  const options = {
    runtime: agent,
    action_type: "execute_shell",
    agent_ctx: AGENT,
    env: {},
    on_require_approval: "wait" as const,
  };
  const tool = safeTool(options, (payload: unknown) => calls.push(payload));
  const running = tool(ASKED);
  const id = await decidedId(at.audit_log_path);
  const request = await desk.approvalRequest(id);
  assert.deepEqual(request.action_payload, ASKED);
  await desk.reauthorize(id, approving(at)(request));
  await running;
  assert.deepEqual([...calls], [ASKED]);
  const late = safeTool({ ...options, wait_timeout_ms: 30 }, (payload: unknown) => calls.push(payload));
  await assert.rejects(late(ASKED), {
    name: "CanopyPermissionError",
    fix: /not answered in time: .* `canopy console`/u,
  });
  assert.equal(calls.length, 1);
});

test("wait says of a rejected call that it was rejected", async (t) => {
  const { at, runtime, calls, tool } = tooled(t, { on_require_approval: "wait" });
  const running = assert.rejects(tool(ASKED), { code: "APPROVAL_REQUIRED", fix: /^it was rejected, for good/u });
  const id = await decidedId(at.audit_log_path);
  const request = await runtime.approvalRequest(id);
  const rejection = signVote(request, "REJECTED", { home: at.home });
  await runtime.reauthorize(id, { votes: [rejection] });
  await running;
  assert.deepEqual(calls, []);
});

async function decidedId(path: string): Promise<string> {
  for (;;) {
    try {
      const id = entries(path)[0]?.["entry_hash"];
      if (typeof id === "string") return id;
    } catch {
      // Not written yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("an approver elsewhere judges the action where its agent is", async (t) => {
  const at = place(t);
  const agent = runtimeIn(t, { ...at, cwd: "/project" });
  const desk = runtimeIn(t, { ...at, cwd: "/etc" });
  const decision = await agent.authorize(AGENT, "execute_shell", { command: "sudo touch notes.txt" });
  assert.equal(decision.decision, "REQUIRE_APPROVAL");
  const request = await desk.approvalRequest(decision.authorization_id ?? "");
  assert.deepEqual(request.findings, decision.findings);
  const approved = await desk.reauthorize(request.authorization_id, approving(at)(request));
  assert.equal(approved.decision, "ALLOW");
  await agent.begin(request.authorization_id, decision.action_digest);
});

test("an approval under one policy permits nothing that another policy denies or asks about", async (t) => {
  const at = place(t);
  const before = runtimeIn(t, at);
  for (const [line, outcome] of [
    ["deny_if: sudo", "DENY"],
    ["require_approval_if: sudo", "APPROVAL_REFUSED"],
  ] as const) {
    const decision = await before.authorize(AGENT, "execute_shell", ASKED);
    const request = await before.approvalRequest(decision.authorization_id ?? "");
    const after = runtimeIn(t, { ...at, policy: `rules: [{action_type: execute_shell, ${line}}]` });
    const answer = after.reauthorize(request.authorization_id, approving(at)(request));
    const got = await answer.then(
      (reauthorized) => reauthorized.decision,
      (error) => (error instanceof CanopyError ? error.code : "thrown"),
    );
    assert.equal(got, outcome);
    await assert.rejects(before.begin(request.authorization_id, decision.action_digest), CanopyError);
  }
});

test("the environment tightens the mode and never loosens it", async (t) => {
  const tightened = tooled(t, {
    on_require_approval: "callback",
    approval_callback: () => ({ edit: [ALLOWED] }),
    env: { CANOPY_REQUIRE_APPROVAL_MODE: "raise" },
  });
  await assert.rejects(tightened.tool(ASKED), CanopyPermissionError);
  const loosened = tooled(t, { env: { CANOPY_REQUIRE_APPROVAL_MODE: "prompt" } });
  await assert.rejects(loosened.tool(ASKED), CanopyPermissionError);
  const unknown = tooled(t, { env: { CANOPY_REQUIRE_APPROVAL_MODE: "allow" } });
  await assert.rejects(unknown.tool(ASKED), { code: "INVALID_CONFIG" });
  assert.deepEqual([...tightened.calls, ...loosened.calls, ...unknown.calls], []);
});

test("a tool that throws is attested as failed, and its error comes through", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const tool = safeTool(
    { runtime, action_type: "execute_shell", agent_ctx: AGENT, env: {} },
    (_payload: unknown): string => {
      throw new RangeError("the private detail");
    },
  );
  await assert.rejects(tool(ALLOWED), /the private detail/);
  const last = entries(at.audit_log_path).at(-1);
  assert.deepEqual([last?.["event"], last?.["ok"], last?.["error"]], ["tool_result", false, "RangeError"]);
  assert.ok(!readFileSync(at.audit_log_path, "utf8").includes("private detail"));
});

test("generators decide when their first item is asked for, and are attested when they end", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const options = { runtime, action_type: "execute_shell", agent_ctx: AGENT, env: {} };
  const lines = safeTool(options, async function* lines(_payload: unknown) {
    yield "a";
    yield "b";
    return 2;
  });
  const unused = lines(ALLOWED);
  const all: string[] = [];
  for await (const line of lines(ALLOWED)) all.push(line);
  assert.deepEqual(all, ["a", "b"]);
  assert.deepEqual(events(at.audit_log_path), ["authorize_action", "tool_start", "tool_result"]);
  await unused.return(undefined);
  await assert.rejects(lines(DENIED).next(), CanopyPermissionError);
  const stream = safeTool(options, async (_payload: unknown) => Readable.from(["x", "y"]));
  const readable = await stream(ALLOWED);
  assert.equal(events(at.audit_log_path).at(-1), "tool_start");
  assert.deepEqual(await readable?.toArray(), ["x", "y"]);
  assert.equal(entries(at.audit_log_path).at(-1)?.["result_form"], "stream");
});

test("parameters become payload members, `this` and the tool's name stay", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const shell = {
    ran: "",
    run: safeTool(
      { runtime, action_type: "execute_shell", agent_ctx: () => AGENT, env: {} },
      async function run(this: { ran: string }, command: string) {
        this.ran = command;
      },
    ),
  };
  await shell.run("ls");
  assert.equal(shell.ran, "ls");
  assert.equal(shell.run.name, "run");
  assert.equal(shell.run.length, 1);
  await assert.rejects(shell.run("rm -rf /"), CanopyPermissionError);
  assert.equal(shell.ran, "ls");
  const mapped = safeTool(
    {
      runtime,
      action_type: "execute_shell",
      agent_ctx: AGENT,
      env: {},
      payload: (words) => ({ command: words ?? null }),
    },
    (words: readonly string[]) => words.length,
  );
  assert.equal(await mapped(["ls", "-l"]), 2);
  await assert.rejects(mapped(["rm", "-rf", "/"]), CanopyPermissionError);
});

test("a kill switch engaged between decision and start stops the start", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const decision = await runtime.authorize(AGENT, "execute_shell", ALLOWED);
  const signer = openSigner(at.home);
  const clock = { now: () => Date.now() };
  const ledger = await openFileLedger({ path: at.audit_log_path, home: at.home, signer, clock });
  const change = { scope: `agent:${decision.avid}`, engaged: true, reason: "stop", by: "alice" };
  await setKillSwitch(change, { ledger, clock, key_id: signer.key_id });
  await assert.rejects(runtime.begin(decision.authorization_id ?? "", decision.action_digest), { code: "KILL_SWITCH" });
  assert.equal((await runtime.authorize(AGENT, "execute_shell", ALLOWED)).rule_ref, "Art.7");
  const other = await runtime.authorize({ public_key: "agent-2" }, "execute_shell", ALLOWED);
  await runtime.begin(other.authorization_id ?? "", other.action_digest);
  await setKillSwitch({ ...change, engaged: false }, { ledger, clock, key_id: signer.key_id });
  assert.equal((await runtime.authorize(AGENT, "execute_shell", ALLOWED)).decision, "ALLOW");
  await ledger.close();
});

const RUNTIME_URL = JSON.stringify(new URL("create-runtime.js", import.meta.url).href);

test("of several processes that begin one authorization at once exactly one wins", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const decision = await runtime.authorize(AGENT, "execute_shell", ALLOWED);
  const script = `import(${RUNTIME_URL}).then(async ({ createRuntime }) => {
    const [config, id, digest] = process.argv.slice(1);
    const runtime = createRuntime({ env: {}, ...JSON.parse(config) });
    const tries = Array.from({ length: 4 }, () => runtime.begin(id, digest).then(() => "began", (error) => error.code));
    process.stdout.write((await Promise.all(tries)).join(" ") + " ");
    await runtime.close();
  });`;
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, async () => output(script, at, decision.authorization_id ?? "", decision.action_digest)),
  );
  const words = outcomes.join("").trim().split(" ");
  assert.equal(words.filter((word) => word === "began").length, 1, words.join(" "));
  assert.equal(words.filter((word) => word === "ALREADY_EXECUTED").length, 15, words.join(" "));
});

test("an execution whose process was killed is attested as UNKNOWN by the next open, once", async (t) => {
  const at = place(t);
  const script = `import(${RUNTIME_URL}).then(async ({ createRuntime }) => {
    const runtime = createRuntime({ env: {}, cwd: "/project", ...JSON.parse(process.argv[1]) });
    const decision = await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: "ls" });
    await runtime.begin(decision.authorization_id, decision.action_digest);
    process.kill(process.pid, "SIGKILL");
  });`;
  await output(script, at);
  assert.deepEqual(events(at.audit_log_path), ["authorize_action", "tool_start"]);
  for (let round = 0; round < 2; round += 1) {
    const runtime = createRuntime({ env: {}, cwd: "/project", ...at });
    await runtime.authorize(AGENT, "execute_shell", ALLOWED);
    await runtime.close();
  }
  const results = entries(at.audit_log_path).filter(({ event }) => event === "tool_result");
  assert.equal(results.length, 1);
  assert.equal(results[0]?.["outcome"], "unknown");
  assert.equal(results[0]?.["ok"], undefined);
});

async function output(script: string, at: Place, ...words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ["-e", script, JSON.stringify(at), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  return text;
}

test("every entry and decision of the whole flow is as the published schemas say, and its witnesses verify", async (t) => {
  const at = place(t);
  const runtime = runtimeIn(t, at);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  formats.default(ajv);
  const isDecision = ajv.compile(schema("decision"));
  const isEntry = ajv.compile(schema("entry"));
  const asked = async (): Promise<ApprovalRequest> => {
    const { authorization_id } = await runtime.authorize({ ...AGENT, tenant_id: "t-1" }, "execute_shell", ASKED);
    return runtime.approvalRequest(authorization_id ?? "");
  };
  const [first, second, third] = [await asked(), await asked(), await asked()];
  const approved = await runtime.reauthorize(first.authorization_id, approving(at)(first));
  const no = { votes: [signVote(second, "REJECTED", { home: at.home, reason: "not now" })] };
  const rejected = await runtime.reauthorize(second.authorization_id, no);
  await runtime.skipApproval(third.authorization_id);
  for (const decision of [approved, rejected]) {
    assert.ok(isDecision(JSON.parse(JSON.stringify(decision))), JSON.stringify(isDecision.errors));
  }
  await runtime.begin(first.authorization_id, first.action_digest);
  await runtime.attest(first.authorization_id, { ok: false, error: new TypeError("x") });
  await runtime.openIncident({ trace_id: "trace-1", agent_avid: first.avid, description: "look" });
  for (const entry of entries(at.audit_log_path)) {
    assert.ok(isEntry(entry), `${entry.event}: ${JSON.stringify(isEntry.errors)}`);
  }
  const key = didKeyOf(openSigner(at.home).public_key);
  assert.equal(verifyWitness(approved.witness, key).valid, true);
  assert.equal(verifyWitness({ ...approved.witness, avid: "AVID-0" }, key).valid, false);
});

function schema(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8"));
}

test("a mode that does not exist is refused at once, and never read as a looser one", () => {
  for (const on_require_approval of ["Raise", "allow", "constructor", "", null, 0]) {
    const options: Record<string, unknown> = { action_type: "execute_shell", agent_ctx: AGENT, on_require_approval };
    assert.throws(() => Reflect.apply(safeTool, null, [options, () => "ran"]), { code: "INVALID_CONFIG" });
  }
});
