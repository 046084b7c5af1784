import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "../../core/json.ts";
import type { PolicyProblem } from "../policy-problem.ts";
import { signVote } from "../sign-vote.ts";
import { replayLog } from "../replay/index.ts";
import { testPolicy } from "../test-policy.ts";
import { createRuntime, type Runtime, type RuntimeConfig } from "../create-runtime.ts";
import type { Decision } from "../decision.ts";

const REGO = fileURLToPath(new URL("../../../../../vectors/engines/decide.wasm", import.meta.url));
const AGENT = { public_key: "agent-1", trace_id: "trace-1", trusted_domains: ["example.com"] };

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Place {
  readonly folder: string;
  readonly home: string;
  readonly audit_log_path: string;
  readonly policy_file: string;
}

function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-engines-"));
  folders.push(folder);
  return {
    folder,
    home: join(folder, "home"),
    audit_log_path: join(folder, "audit.log"),
    policy_file: join(folder, "rules.yaml"),
  };
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function open(t: TestContext, { home, audit_log_path, policy_file }: Place, config: RuntimeConfig = {}): Runtime {
  const at = { home, audit_log_path, policy_file };
  const runtime = createRuntime({ env: {}, cwd: "/project", policy_watch_ms: null, ...at, ...config });
  t.after(async () => runtime.close());
  return runtime;
}

function cedarAt(at: Place, text: string, more = ""): void {
  writeFileSync(join(at.folder, "rules.cedar"), text);
  const keys = `id: c, engine: cedar, file: rules.cedar, sha256: ${sha256(text)}, timeout: 250ms${more}`;
  writeFileSync(at.policy_file, `engines:\n  - {${keys}}\n`);
}

function regoAt(at: Place, entrypoint: string, more = ""): void {
  copyFileSync(REGO, join(at.folder, "decide.wasm"));
  const keys = `id: r, engine: opa-wasm, file: decide.wasm, sha256: ${sha256(readFileSync(REGO))}`;
  writeFileSync(at.policy_file, `engines:\n  - {${keys}, entrypoint: canopy/${entrypoint}, timeout: 250ms${more}}\n`);
}

function remoteAt(at: Place, url: string, more = ""): void {
  const keys = `id: o, engine: opa-http, url: "${url}", entrypoint: canopy/decision, timeout: 200ms`;
  writeFileSync(at.policy_file, `engines:\n  - {${keys}${more}}\n`);
}

async function verdictInTime(runtime: Runtime, type: string, payload: JsonValue): Promise<readonly [string, string]> {
  const { decision, reason } = await runtime.evaluateAsync(AGENT, type, payload);
  return [decision, reason];
}

/** The same, asked again while the machine was too busy for the engine to answer in its quarter of a second. */
async function verdict(runtime: Runtime, type: string, payload: JsonValue): Promise<readonly [string, string]> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const said = await verdictInTime(runtime, type, payload);
    if (!said[1].startsWith("ENGINE_TIMEOUT") || performance.now() > deadline) return said;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A decision on record, made again while the engine was late. */
async function authorized(runtime: Runtime, payload: JsonValue, keyed = false): Promise<Decision> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (let tries = 0; ; tries += 1) {
    const again = keyed ? { idempotency_key: `k-${tries}` } : {};
    const decision = await runtime.authorize(AGENT, "look_up", payload, again);
    if (!decision.reason.startsWith("ENGINE_TIMEOUT") || performance.now() > deadline) {
      return keyed ? runtime.authorize(AGENT, "look_up", payload, again) : decision;
    }
  }
}

const LONGEST_WAIT_MS = 30_000;

const PERMIT = "permit (principal, action, resource);\n";

test("Cedar: a permit lowers nothing that a built-in layer found", async (t) => {
  const at = place();
  cedarAt(at, PERMIT);
  const runtime = open(t, at);
  const [decision] = await verdict(runtime, "execute_shell", { command: "rm -rf /" });
  assert.equal(decision, "DENY");
  assert.equal(
    (await runtime.authorize(AGENT, "execute_shell", { command: "rm -rf /" })).deciding_layer,
    "constitution",
  );
});

// That a decision is made at all shows that the engine was cut off: it spins until then.
const CUT_OFF = { timeout: 120_000 };

test("an engine that never ends is cut off, each time, and holds no decision", CUT_OFF, async (t) => {
  const at = place();
  regoAt(at, "spins", "");
  const runtime = open(t, at);
  await runtime.evaluateAsync(AGENT, "look_up", { text: "x" });
  for (let round = 0; round < 5; round += 1) {
    const [decision, reason] = await verdictInTime(runtime, "look_up", { text: "x" });
    assert.equal(decision, "DENY");
    assert.match(reason, /^ENGINE_TIMEOUT/u);
  }
});

test("many questions at once are answered, or late, but never stuck behind each other", async (t) => {
  const at = place();
  regoAt(at, "decision");
  const runtime = open(t, at);
  await runtime.evaluateAsync(AGENT, "look_up", { amount: 1 });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, amount) => runtime.evaluateAsync(AGENT, "look_up", { amount })),
  );
  for (const [amount, { decision, reason }] of answers.entries()) {
    if (reason.startsWith("ENGINE_TIMEOUT")) continue;
    assert.equal(decision, amount > 50 ? "REQUIRE_APPROVAL" : "ALLOW");
  }
  assert.equal((await verdict(runtime, "look_up", { amount: 1 }))[0], "ALLOW");
});

test("calls in a batch are asked about as if each had come alone", async (t) => {
  const at = place();
  cedarAt(at, `${PERMIT} @reason("no notes") forbid (principal, action == Canopy::Action::"look_up", resource);`);
  const runtime = open(t, at);
  const batch = {
    calls: [
      { name: "look_up", arguments: { q: "x" } },
      { name: "look_up", arguments: { text: "x" } },
    ],
  };
  await verdict(runtime, "batch", batch);
  const { findings } = await runtime.evaluateAsync(AGENT, "batch", batch);
  assert.ok(findings.some(({ rule_ref, decision }) => rule_ref === "policy:engine:c" && decision === "DENY"));
});

test("a missing file, another file, and a policy without a folder deny", async (t) => {
  const at = place();
  cedarAt(at, PERMIT);
  rmSync(join(at.folder, "rules.cedar"));
  assert.match((await verdict(open(t, at), "look_up", { text: "x" }))[1], /^ENGINE_MISSING: .*rules\.cedar/u);
  writeFileSync(join(at.folder, "rules.cedar"), `${PERMIT} `);
  assert.match((await verdict(open(t, at), "look_up", { text: "x" }))[1], /^ENGINE_WRONG_HASH: .*[0-9a-f]{64}/u);
  const policy = readFileSync(at.policy_file, "utf8");
  assert.match((await verdict(open(t, at, { policy }), "look_up", { text: "x" }))[1], /^ENGINE_MISSING/u);
});

test("a decision that can't wait denies and says so; the same decision that can is made", async (t) => {
  const at = place();
  cedarAt(at, PERMIT);
  const runtime = open(t, at);
  assert.match(runtime.evaluate(AGENT, "look_up", { text: "x" }).reason, /^ENGINE_NOT_ASKED: the policy engine c/u);
  assert.equal((await verdict(runtime, "look_up", { text: "x" }))[0], "ALLOW");
  assert.equal((await authorized(runtime, { text: "x" })).decision, "ALLOW");
});

test("what was answered is recorded, so that decisions are replayed without any engine", async (t) => {
  const at = place();
  regoAt(at, "decision");
  const runtime = open(t, at);
  for (const amount of [1, 60, 2000]) await authorized(runtime, { amount });
  assert.equal((await authorized(runtime, { amount: 60 }, true)).decision, "REQUIRE_APPROVAL");
  await runtime.close();
  const kept = readdirSync(join(`${at.audit_log_path}.d`, "policies"));
  assert.ok(kept.includes(sha256(readFileSync(REGO))), "the engine's file is kept");
  rmSync(join(at.folder, "decide.wasm"));
  const replay = replayLog(at.audit_log_path, { home: at.home });
  let step = await replay.next();
  while (step.done !== true) step = await replay.next();
  const summary = step.value;
  assert.ok(summary.decisions >= 4);
  assert.deepEqual([summary.same, summary.different], [summary.decisions, 0]);
});

test("an engine's file that is changed while its policy is in force is told, and changes nothing", async (t) => {
  const at = place();
  regoAt(at, "decision");
  const problems: PolicyProblem[] = [];
  const runtime = open(t, at, { onPolicyProblem: (problem) => void problems.push(problem), policy_watch_ms: 20 });
  assert.equal((await verdict(runtime, "look_up", { amount: 1 }))[0], "ALLOW");
  writeFileSync(join(at.folder, "decide.wasm"), "something else");
  for (const deadline = performance.now() + LONGEST_WAIT_MS; problems.length === 0;) {
    assert.ok(performance.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual([problems[0]?.code, problems[0]?.line], ["engine_unusable", 2]);
  assert.equal((await verdict(runtime, "look_up", { amount: 1 }))[0], "ALLOW");
});

test("a policy whose engine is not what it says is not taken by a reload; one whose engine is, is", async (t) => {
  const at = place();
  cedarAt(at, PERMIT);
  const runtime = open(t, at, { onPolicyProblem: () => undefined });
  await runtime.authorize(AGENT, "look_up", { text: "x" });
  writeFileSync(at.policy_file, readFileSync(at.policy_file, "utf8").replace(/sha256: [0-9a-f]{4}/u, "sha256: 0000"));
  const refused = await runtime.reloadPolicy();
  assert.equal(refused.outcome === "rejected" && refused.problem.code, "engine_unusable");
  assert.equal((await authorized(runtime, { text: "x" })).decision, "ALLOW");
  cedarAt(at, "forbid (principal, action, resource);");
  assert.equal((await runtime.reloadPolicy()).outcome, "activated");
  assert.equal((await runtime.authorize(AGENT, "look_up", { text: "x" })).decision, "DENY");
});

test("tests of a policy say what its engines would; an engine that a test does not name allows", () => {
  const bytes = `
engines:
  - {id: company, engine: opa-http, url: "https://opa.example.com", entrypoint: agents/decision}
rules:
  - {id: notes, action_type: find_note, require_approval: true}
`;
  const tests = `
defaults: {action_type: look_up}
tests:
  - {name: allows, expect: ALLOW}
  - {name: denies, engines: {company: DENY}, expect: {decision: DENY, reason_contains: "engine company"}}
  - {name: asks, engines: {company: REQUIRE_APPROVAL}, expect: REQUIRE_APPROVAL}
  - {name: is silent, engines: {company: no_opinion}, expect: {decision: DENY, reason_contains: ENGINE_NO_OPINION}}
  - {name: is late, engines: {company: timeout}, expect: {decision: DENY, reason_contains: ENGINE_TIMEOUT}}
`;
  const report = testPolicy({ bytes, file: null, source: "argument" }, [{ file: "tests", bytes: tests }]);
  const said = report.files.flatMap(({ problems, results }) => [
    ...problems.map(({ message }) => message),
    ...results.filter(({ passed }) => !passed).map(({ name, failure }) => `${name}: ${failure?.got}`),
  ]);
  assert.deepEqual(said, []);
  assert.ok(report.passed);
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function serve(t: TestContext, answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

function json(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}

test("a remote agent is asked by its API, and answers as a local one", async (t) => {
  const seen: string[] = [];
  const url = await serve(t, ({ method, url: path }, response, body) => {
    seen.push(`${method} ${path}`);
    const { input } = JSON.parse(body);
    const decision = input.payload.amount > 50 ? "DENY" : "ALLOW";
    json(response, JSON.stringify({ decision_id: "1", result: { decision, reason: "remote" } }));
  });
  const at = place();
  remoteAt(at, url);
  const runtime = open(t, at);
  assert.equal((await verdict(runtime, "look_up", { amount: 1 }))[0], "ALLOW");
  assert.deepEqual(await verdict(runtime, "look_up", { amount: 51 }), ["DENY", "policy engine o denies: remote"]);
  assert.equal(seen[0], "POST /v1/data/canopy/decision");
});

test(
  "what a remote agent answers otherwise denies: status, type, size, redirects, JSON, silence, no one",
  CUT_OFF,
  async (t) => {
    const answers: readonly (readonly [Answer, RegExp])[] = [
      [(_, response) => json(response, '{"result":true}', 500), /ENGINE_UNREADABLE: .*status 500/u],
      [(_, response) => response.writeHead(302, { location: "/x" }).end(), /ENGINE_UNREADABLE: .*status 302/u],
      [(_, response) => response.writeHead(200, { "content-type": "text/html" }).end("true"), /than JSON/u],
      [(_, response) => json(response, `{"result":true,"x":"${"x".repeat(70_000)}"}`), /more than 65536 bytes/u],
      [(_, response) => json(response, '{"result":true,"result":false}'), /no strict JSON/u],
      [(_, response) => json(response, "[]"), /no strict JSON/u],
      [(_, response) => json(response, "{}"), /ENGINE_NO_OPINION/u],
      [() => undefined, /ENGINE_TIMEOUT: .*200 ms/u],
      [
        (_, response) => response.writeHead(200, { "content-type": "application/json" }).write('{"re'),
        /ENGINE_TIMEOUT/u,
      ],
      [(_, response) => response.socket?.destroy(), /ENGINE_FAILED/u],
    ];
    for (const [answer, why] of answers) {
      const at = place();
      remoteAt(at, await serve(t, answer));
      const ask = why.source.startsWith("ENGINE_TIMEOUT") ? verdictInTime : verdict;
      const [decision, reason] = await ask(open(t, at), "look_up", { text: "x" });
      assert.equal(decision, "DENY");
      assert.match(reason, why);
    }
    const at = place();
    remoteAt(at, "http://127.0.0.1:9");
    assert.match((await verdict(open(t, at), "look_up", { text: "x" }))[1], /^ENGINE_MISSING/u);
  },
);

test("an approval is judged by what engines say at that time: a denial is not lifted", async (t) => {
  let result = "REQUIRE_APPROVAL";
  const url = await serve(t, (_, response) => json(response, JSON.stringify({ result: { decision: result } })));
  const at = place();
  remoteAt(at, url);
  const runtime = open(t, at);
  for (const [now, then] of [
    ["REQUIRE_APPROVAL", "ALLOW"],
    ["DENY", "DENY"],
  ] as const) {
    for (const deadline = performance.now() + LONGEST_WAIT_MS; ;) {
      result = "REQUIRE_APPROVAL";
      const { decision, authorization_id } = await authorized(runtime, { q: now });
      assert.equal(decision, "REQUIRE_APPROVAL");
      const request = await runtime.approvalRequest(authorization_id);
      result = now;
      const vote = signVote(request, "APPROVED", { home: at.home, approver: "alice" });
      const again = await runtime.reauthorize(authorization_id, { votes: [vote] });
      if (again.reason.startsWith("ENGINE_TIMEOUT") && performance.now() < deadline) continue;
      assert.equal(again.decision, then);
      break;
    }
  }
});

test("what the policy makes of an action is asked about as well as the action itself", async (t) => {
  const asked: unknown[] = [];
  const url = await serve(t, (_, response, body) => {
    const { amount } = JSON.parse(body).input.payload;
    asked.push(amount);
    json(response, JSON.stringify({ result: amount > 1000 ? { decision: "DENY" } : { decision: "ALLOW" } }));
  });
  const at = place();
  remoteAt(at, url);
  const rule = "{id: raise, action_type: look_up, transform: [{set: payload.amount, to: 5000}]}";
  writeFileSync(at.policy_file, `${readFileSync(at.policy_file, "utf8")}rules:\n  - ${rule}\n`);
  const { decision, reason } = await authorized(open(t, at), { amount: 1 });
  assert.deepEqual([decision, reason], ["DENY", "policy engine o denies"]);
  assert.deepEqual(new Set(asked), new Set([1, 5000]));
});
