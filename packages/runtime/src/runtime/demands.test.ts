// What a policy asks of approvals, of executors and of payloads, from the decision to the result and the log.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { after, test, type TestContext } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { CanopyError, type ErrorCode } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { didKeyOf } from "../identity/public-key.ts";
import { createRuntime, type Runtime, type RuntimeConfig } from "./create-runtime.ts";
import type { Decision } from "./decision.ts";
import { CanopyPermissionError } from "./permission-error.ts";
import { approvalText } from "./approval-prompt.ts";
import { replayLog } from "./replay/replay-log.ts";
import { safeTool, type SafeToolOptions } from "./safe-tool.ts";
import { openSigner } from "./signer.ts";
import { signVote } from "./sign-vote.ts";
import type { SignedVote } from "../approvals/vote.ts";

const AGENT = { public_key: "agent-1" };

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface World {
  readonly runtime: Runtime;
  readonly folder: string;
  readonly entries: () => readonly Record<string, JsonValue>[];
  /** The key of somebody who may approve. */
  readonly keyOf: (name: string) => string;
  readonly vote: (decision: Decision, name: string, more?: { reason?: string; approver?: string }) => SignedVote;
}

function world(
  t: TestContext,
  rules: string,
  config: (keyOf: (name: string) => string) => RuntimeConfig = () => ({}),
): World {
  const folder = mkdtempSync(join(tmpdir(), "canopy-demands-"));
  folders.push(folder);
  const keyOf = (name: string): string => didKeyOf(openSigner(join(folder, name), "approver").public_key);
  const audit_log_path = join(folder, "audit.log");
  const runtime = createRuntime({
    env: {},
    cwd: "/w",
    home: join(folder, "home"),
    audit_log_path,
    durability: "none",
    policy: `rules:\n${rules}`,
    approvers: ["ann", "bob", "eve"].map(keyOf),
    ...config(keyOf),
  });
  t.after(async () => runtime.close());
  return {
    runtime,
    folder,
    keyOf,
    entries: () =>
      readFileSync(audit_log_path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ event }) => event !== "policy_activated" && event !== "checkpoint_meta"),
    vote: (decision, name, more = {}) => {
      const { authorization_id, action_digest } = decision;
      const log_id = logIdOf(audit_log_path);
      const request = { log_id, authorization_id: authorization_id ?? "", action_digest };
      return signVote(request, "APPROVED", { home: join(folder, name), approver: name, ...more });
    },
  };
}

function logIdOf(path: string): string {
  return JSON.parse(readFileSync(path, "utf8").split("\n")[0] ?? "{}").log_id;
}

async function refused(promise: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof CanopyError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

const REFUNDS = `  - id: refunds
    action_type: refund
    require_approval: true
    approval: {by: [{role: finance}], count: 2, within: 10m, reason_required: true}
`;
const FINANCE = (keyOf: (name: string) => string): RuntimeConfig => ({
  approver_names: { ann: keyOf("ann") },
  approver_roles: { finance: ["ann", keyOf("bob")] },
});

test("a refund needs two of finance, each with a reason, and the log says all of it", async (t) => {
  const { runtime, vote, entries } = world(t, REFUNDS, FINANCE);
  const decision = await runtime.authorize(AGENT, "refund", { order: 1 });
  assert.equal(decision.decision, "REQUIRE_APPROVAL");
  assert.equal(decision.approval?.count, 2);
  const reason = "it is right";
  const [ann, bob, eve] = ["ann", "bob", "eve"].map((name) => vote(decision, name, { reason }));
  assert.ok(ann && bob && eve);
  const id = decision.authorization_id;
  await refused(runtime.reauthorize(id, { votes: [ann] }), "APPROVAL_REFUSED", /2 distinct approvers are needed/);
  await refused(
    runtime.reauthorize(id, { votes: [ann, eve] }),
    "APPROVAL_REFUSED",
    /2 of the approvers must be role finance/,
  );
  const silent = vote(decision, "bob");
  await refused(runtime.reauthorize(id, { votes: [ann, silent] }), "APPROVAL_REFUSED", /must say why/);
  const allowed = await runtime.reauthorize(id, { votes: [ann, bob] });
  assert.equal(allowed.decision, "ALLOW");
  await runtime.begin(id, allowed.action_digest);
  const [decided, granted] = entries();
  const wanted = {
    by: [{ any: [{ role: "finance" }], count: 2, rule_refs: ["policy:refunds"] }],
    count: 2,
    not_requester: true,
    reason_required: true,
    within_ms: 600_000,
  };
  assert.deepEqual(decided?.["approval"], wanted);
  assert.deepEqual(granted?.["approval"], wanted);
});

test("an answer after the policy's time is none, however long the runtime would wait", async (t) => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = { now: () => now };
  const { runtime, vote } = world(t, REFUNDS, (keyOf) => ({ ...FINANCE(keyOf), clock }));
  const decision = await runtime.authorize(AGENT, "refund", {});
  assert.equal(decision.approval_expires_at, "2026-01-01T00:10:00.000Z");
  now += 600_000;
  const votes = ["ann", "bob"].map((name) => vote(decision, name, { reason: "late" }));
  await refused(runtime.reauthorize(decision.authorization_id, { votes }), "EXPIRED", /./);
});

test("a role that nobody has, and a name that nobody is known by, approve nothing", async (t) => {
  for (const by of ["{role: nobody}", "{approver: zoe}", "{role: toString}"]) {
    const rules = `  - {action_type: refund, require_approval: true, approval: {by: ${by}}}\n`;
    const { runtime, vote } = world(t, rules, FINANCE);
    const decision = await runtime.authorize(AGENT, "refund", {});
    const votes = ["ann", "bob", "eve"].map((name) => vote(decision, name, { approver: "zoe" }));
    const approving = runtime.reauthorize(decision.authorization_id, { votes });
    await refused(approving, "APPROVAL_REFUSED", /of the approvers must be/);
  }
});

test("a named approver is known by a key, not by what a vote calls itself", async (t) => {
  const rules = "  - {action_type: refund, require_approval: true, approval: {by: {approver: ann}}}\n";
  const { runtime, vote } = world(t, rules, FINANCE);
  const decision = await runtime.authorize(AGENT, "refund", {});
  const id = decision.authorization_id;
  const posing = vote(decision, "eve", { approver: "ann" });
  await refused(runtime.reauthorize(id, { votes: [posing] }), "APPROVAL_REFUSED", /must be ann/);
  assert.equal((await runtime.reauthorize(id, { votes: [vote(decision, "ann")] })).decision, "ALLOW");
});

const oneApprover = (more: string): string =>
  `  - {action_type: refund, require_approval: true, approval: {count: 1${more}}}\n`;

test("the requester doesn't approve, by name or by key, unless the policy says so", async (t) => {
  for (const requester of ["ann", "key"]) {
    const { runtime, vote, keyOf } = world(t, oneApprover(""), FINANCE);
    const agent = { ...AGENT, requester: requester === "key" ? keyOf("ann") : requester };
    const decision = await runtime.authorize(agent, "refund", {});
    const own = runtime.reauthorize(decision.authorization_id, {
      votes: [vote(decision, "ann", { approver: "someone" })],
    });
    await refused(own, "APPROVAL_REFUSED", /the requester must not approve/);
  }
  const { runtime, vote } = world(t, oneApprover(", not_requester: false"), FINANCE);
  const decision = await runtime.authorize({ ...AGENT, requester: "ann" }, "refund", {});
  const approved = await runtime.reauthorize(decision.authorization_id, { votes: [vote(decision, "ann")] });
  assert.equal(approved.decision, "ALLOW");
});

// ── obligations ──

function tooled(
  { runtime }: World,
  run: (payload: { readonly [name: string]: JsonValue }) => unknown,
  more: Partial<SafeToolOptions> = {},
): (payload: { readonly [name: string]: JsonValue }) => Promise<unknown> {
  const options = { runtime, action_type: "run_job", agent_ctx: AGENT, env: {}, ...more };
  return safeTool(options, (payload: { readonly [name: string]: JsonValue }) => run(payload));
}

test("output is cut at its limit, and what can't be cut is withheld after it was attested", async (t) => {
  const made = world(t, "  - {action_type: run_job, obligations: [{limit_output: 40}]}\n");
  assert.equal(await tooled(made, () => "short")({}), "short");
  const cut = await tooled(made, () => "ä".repeat(100))({});
  assert.equal(cut, "äääääääää … [cut to 40 bytes]");
  assert.ok(Buffer.byteLength(cut) <= 40);
  assert.deepEqual(await tooled(made, () => new Uint8Array(100))({}), new Uint8Array(40));
  assert.deepEqual(await tooled(made, () => ({ a: 1 }))({}), { a: 1 });
  await refused(tooled(made, () => ({ a: "x".repeat(99) }))({}), "OUTPUT_WITHHELD", /over 40 bytes/);
  const last = made.entries().at(-1);
  assert.deepEqual([last?.["event"], last?.["ok"]], ["tool_result", true]);
});

const read = async (result: unknown): Promise<string> => {
  assert.ok(result instanceof Readable || result instanceof ReadableStream);
  const found: unknown[] = [];
  for await (const chunk of result) found.push(chunk);
  return found.join("");
};

test("streams and generators end at the limit", async (t) => {
  const made = world(t, "  - {action_type: run_job, obligations: [{limit_output: 5}]}\n");
  const chunks = ["abc", "def", "ghi"];
  assert.equal(await read(await tooled(made, () => Readable.from(chunks))({})), "abcde");
  assert.equal(await read(await tooled(made, () => ReadableStream.from(chunks))({})), "abcde");
  const generated = safeTool(
    { runtime: made.runtime, action_type: "run_job", agent_ctx: AGENT, env: {} },
    function* ({ from }: { from: number }) {
      yield* chunks.slice(from);
    },
  );
  const found: string[] = [];
  for await (const chunk of generated({ from: 0 })) found.push(chunk);
  assert.equal(found.join(""), "abc");
});

test("values of the payload are taken out of the result and of errors, and members out of the result", async (t) => {
  const made = world(t, "  - {action_type: run_job, obligations: [{redact: [payload.card, result.token]}]}\n");
  const card = '41"11';
  const echo = (make: (card: string) => unknown): Promise<unknown> => tooled(made, () => make(card))({ card, n: 1 });
  assert.equal(await echo((text) => `paid with ${text}`), "paid with [redacted]");
  assert.equal(await echo((text) => JSON.stringify({ text })), '{"text":"[redacted]"}');
  const found = await echo((text) => [{ token: 1, [text]: { text, n: 2 } }]);
  assert.deepEqual(found, [{ token: "[redacted]", "[redacted]": { text: "[redacted]", n: 2 } }]);
  assert.equal(String(await echo((text) => Buffer.from(`\u00ff${text}`))), "\u00ff[redacted]");
  await assert.rejects(
    echo((text) => Promise.reject(new TypeError(`no ${text}`))),
    /no \[redacted\]/,
  );
  await refused(
    echo((text) => Readable.from([text])),
    "OUTPUT_WITHHELD",
    /stream/,
  );
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  await refused(
    echo(() => circular),
    "OUTPUT_WITHHELD",
    /can't be looked into/,
  );
});

test("a dry run is what the payload says, or what the integrator runs in the tool's place, or nothing", async (t) => {
  const made = world(t, "  - {action_type: run_job, obligations: [{require_dry_run: true}]}\n");
  assert.equal(await tooled(made, () => "ran")({ dry_run: true }), "ran");
  const tried = tooled(made, () => "ran", { dry_run: ({ job }: { job: string }) => `tried ${job}` });
  assert.equal(await tried({ job: "x" }), "tried x");
  for (const dry_run of ["true", 1, false]) {
    await assert.rejects(tooled(made, () => assert.fail("it ran"))({ dry_run }), CanopyPermissionError);
  }
});

const never = (): never => assert.fail("it ran");

test("nothing runs untold: a notice that can't be given, or fails, stops the call", async (t) => {
  const made = world(t, '  - {id: tell, action_type: run_job, obligations: [{notify: "#ops"}]}\n');
  await assert.rejects(tooled(made, never)({}), /obligation notify can't be met/);
  const failing = tooled(made, never, { on_notify: () => Promise.reject(new Error("down")) });
  await assert.rejects(failing({}), CanopyPermissionError);
  assert.ok(!made.entries().some(({ event }) => event === "tool_start"));
  const told: unknown[] = [];
  const telling = tooled(made, () => "ran", { on_notify: ({ to, rule_refs }) => void told.push([to, rule_refs]) });
  assert.equal(await telling({}), "ran");
  assert.deepEqual(told, [["#ops", ["policy:tell"]]]);
});

test("addresses that nobody saw must be pinned by the tool", async (t) => {
  const made = world(t, "  - {action_type: run_job, obligations: [{pin_addresses: true}]}\n");
  await assert.rejects(tooled(made, () => "ran")({}), /pin_addresses/);
  assert.equal(await tooled(made, () => "ran", { pins_addresses: true })({}), "ran");
});

// ── edited payloads ──

const EDITED = `  - id: try
    action_type: run_job
    transform: [{set: payload.dry_run, to: true}, {remove: payload.force}]
  - id: ask
    action_type: run_job
    when_all: payload.ask == true
    require_approval: true
`;

test("what runs is the edited payload, under its own digest", async (t) => {
  const made = world(t, EDITED);
  assert.deepEqual(await tooled(made, (payload) => payload)({ job: "x", force: true }), { job: "x", dry_run: true });
  const named = safeTool(
    { runtime: made.runtime, action_type: "run_job", agent_ctx: AGENT, env: {} },
    async (job: string, force: boolean, dry_run = false) => [job, force, dry_run],
  );
  assert.deepEqual(await named("x", true), ["x", undefined, true]);
  const unnamed = safeTool(
    { runtime: made.runtime, action_type: "run_job", agent_ctx: AGENT, env: {} },
    async (job: string, force: boolean) => assert.fail(`${job} ran, ${force}`),
  );
  await assert.rejects(unnamed("x", true), /which arguments that means can't be told/);
  const mapped = { payload: (job: JsonValue | undefined) => ({ job: job ?? null }), params: ["job"] };
  const options = { runtime: made.runtime, action_type: "run_job", agent_ctx: AGENT, env: {}, ...mapped };
  await assert.rejects(safeTool(options, async (job: string) => job)("x"), CanopyPermissionError);
  const back = { ...options, arguments_of: (payload: JsonValue) => [JSON.stringify(payload)] };
  assert.equal(await safeTool(back, async (job: string) => job)("x"), '{"job":"x","dry_run":true}');
});

test("the digest that was asked for begins nothing, and a repeat of the request gets the same edited decision", async (t) => {
  const { runtime } = world(t, EDITED);
  const key = { idempotency_key: "one" };
  const decision = await runtime.authorize(AGENT, "run_job", { job: "x" }, key);
  const again = await runtime.authorize(AGENT, "run_job", { job: "x" }, key);
  assert.equal(again.authorization_id, decision.authorization_id);
  assert.deepEqual(again.transformed, decision.transformed);
  const { from_digest = "" } = decision.transformed ?? {};
  await refused(runtime.begin(decision.authorization_id, from_digest), "DIGEST_MISMATCH", /./);
  await runtime.begin(decision.authorization_id, decision.action_digest);
});

test("an approver sees and signs the edited payload, and the log keeps that it was edited, never with what", async (t) => {
  const made = world(t, EDITED);
  let shown = "";
  const asked = tooled(made, (payload) => payload, {
    on_require_approval: "callback",
    approval_callback: (request) => {
      shown = approvalText(request);
      return { votes: [signVote(request, "APPROVED", { home: join(made.folder, "ann"), approver: "ann" })] };
    },
  });
  assert.deepEqual(await asked({ ask: true, force: "secret" }), { ask: true, dry_run: true });
  assert.match(shown, /"dry_run": true/);
  assert.match(shown, /edited by the policy[^]*set payload.dry_run[^]*removed payload.force/);
  assert.doesNotMatch(shown, /secret/);
  const [decided] = made.entries();
  const edits = [{ set: "payload.dry_run" }, { remove: "payload.force" }];
  assert.deepEqual(decided?.["transformed"], { edits, rule_refs: ["policy:try"] });
});

test("decisions and entries with all of it are as the published schemas say", async (t) => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  formats.default(ajv);
  const rules = `${REFUNDS.replace("refund\n", "refund\n    obligations: [{notify: x}, {redact: payload.a}]\n    transform: [{set: payload.n, to: 1.5}]\n")}  - {id: dark, action_type: refund, mode: shadow, deny: true}
  - {id: soft, action_type: refund, mode: warn, deny: true}
`;
  const { runtime, entries, vote, folder } = world(t, rules, FINANCE);
  const decision = await runtime.authorize(AGENT, "refund", {});
  const votes = ["ann", "bob"].map((name) => vote(decision, name, { reason: "fine" }));
  const allowed = await runtime.reauthorize(decision.authorization_id, { votes });
  const isDecision = ajv.compile(schema("decision"));
  for (const document of [decision, allowed]) {
    assert.ok(isDecision(JSON.parse(JSON.stringify(document))), JSON.stringify(isDecision.errors));
    assert.ok(document.shadow && document.transformed);
  }
  const isEntry = ajv.compile(schema("entry"));
  for (const entry of entries()) assert.ok(isEntry(entry), JSON.stringify(isEntry.errors));
  await runtime.close();
  const run = replayLog(join(folder, "audit.log"), { home: join(folder, "home") });
  const replayed: unknown[] = [];
  for await (const { outcome } of run) replayed.push(outcome);
  assert.deepEqual(replayed, ["same", "same"]);
});

function schema(name: string): object {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8"));
}
