// The process under faults: opens a runtime, lets it decide and record what a governed agent would bring, and says each
// answer on standard output, a line of JSON, only once it has it. `node subject.mjs <scenario> <folder>`
//
//   short   a log from nothing: decisions of each verdict, one at a time and many at once, an execution, an approval, a
//           kill switch, incidents until the log is rotated, a subject erased, the checkpoint key rotated, opened anew
//   long    open for so long that the workers keep the tree and the index: two checkpoints and a rotation between
//   mend    short, over what a crash has left (see run-point.mjs)
//   begun   begins an execution, and dies: what `mend` starts from
//
// Whatever fails must fail with a code of ours; anything else is told as a crash.
import { statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CanopyError, createRuntime, resolveSettings, signVote } from "../../packages/runtime/dist/index.js";
import { eraseSubject } from "../../packages/runtime/dist/runtime/maintenance.js";
import { rotateHomeKey } from "../../packages/runtime/dist/runtime/rotate-key.js";
import { settingsOf } from "./place.mjs";

const [, , scenario, folder] = process.argv;
const settings = settingsOf(folder);
const agent = (n) => ({ public_key: `agent-${n}`, session_id: "s", trace_id: `trace-${n}` });
const READ = ["read_file", { path: "notes.txt" }];
const WIPE = ["execute_shell", { command: "rm -rf /" }];
const SEND = ["send_email", { to: "someone@example.com", body: "hello" }];
// So long that two of them fill a segment.
const LONG_TEXT = "\u6f22".repeat(16_000);

await scenarios(scenario);

async function scenarios(name) {
  if (name === "begun") await begun();
  if (name === "long") await long();
  else await short();
  // The last word: once a single fault is over, the same process decides and records again. The fault may be met here.
  for (const name of ["last", "very last"]) {
    const runtime = await opened();
    if (runtime === null) continue;
    const decided = await decide(runtime, name, 1, READ);
    if (decided?.decision !== "ALLOW") await decide(runtime, name, 1, READ);
    await closed(runtime);
  }
}

/** A runtime, at the second try if the first is refused; null when that is refused too. */
async function opened() {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const made = await step("create", async () => ({ runtime: createRuntime(settings) }));
    if (made !== null) return made.runtime;
  }
  return null;
}

async function short() {
  const runtime = await opened();
  if (runtime === null) return;
  await decide(runtime, "allow", 1, READ);
  await decide(runtime, "deny", 1, WIPE);
  await execute(runtime, 2);
  await Promise.all([3, 4, 5, 6, 7, 8].map((n) => decide(runtime, "many", n % 3, n === 5 ? WIPE : READ)));
  await approve(runtime);
  await incident(runtime);
  const stop = { scope: "agent:nobody", reason: "a drill", by: "operator" };
  await step("engage", async () => ({ id: await runtime.setKillSwitch({ ...stop, engaged: true }) }));
  await incident(runtime);
  await step("release", async () => ({ id: await runtime.setKillSwitch({ ...stop, engaged: false }) }));
  await execute(runtime, 2);
  await closed(runtime);
  await step("rotate key", async () => ({ id: (await rotateHomeKey(whole(), "checkpoint")).entry_hash }));
  await step("erase", async () => ({ id: (await eraseSubject(whole(), "agent-nobody")).entry_hash }));
}

async function long() {
  const runtime = await opened();
  if (runtime === null) return;
  await decide(runtime, "allow", 1, READ);
  await checkpoint();
  await execute(runtime, 2);
  await incident(runtime);
  await incident(runtime);
  await Promise.all([3, 4, 5].map((n) => decide(runtime, "many", n, READ)));
  await checkpoint();
  await decide(runtime, "deny", 1, WIPE);
  await closed(runtime);
}

async function begun() {
  const runtime = await opened();
  await decide(runtime, "deny", 1, WIPE);
  const { id, digest } = await decide(runtime, "allow", 1, READ);
  await runtime.begin(id, digest);
  process.kill(process.pid, "SIGKILL");
}

function whole() {
  return resolveSettings(settings, {}).settings;
}

/** Waits until another checkpoint stands, for as long as one may take. */
async function checkpoint() {
  const file = join(`${settings.audit_log_path}.d`, "tlog", "checkpoint");
  const changed = () => statSync(file, { throwIfNoEntry: false })?.ino ?? 0;
  const before = changed();
  for (let waited = 0; waited < 3000 && changed() === before; waited += 50) await sleep(50);
}

async function decide(runtime, name, n, [action_type, payload]) {
  return step(name, async () => {
    const { decision, authorization_id, action_digest, reason } = await runtime.authorize(
      agent(n),
      action_type,
      payload,
    );
    return { decision, id: authorization_id, digest: action_digest, ...(authorization_id === null && { reason }) };
  });
}

async function execute(runtime, n) {
  const decided = await decide(runtime, "allow", n, READ);
  if (decided === null) return;
  const begun = await step("begin", async () => {
    const { start_id } = await runtime.begin(decided.id, decided.digest);
    return { id: start_id, of: decided.id };
  });
  if (begun === null) return;
  await step("attest", async () => ({ id: await runtime.attest(decided.id, { ok: true, result: "text" }) }));
}

async function approve(runtime) {
  const asked = await decide(runtime, "ask", 1, SEND);
  if (asked === null) return;
  await step("approve", async () => {
    const request = await runtime.approvalRequest(asked.id);
    const vote = signVote(request, "APPROVED", { home: settings.home, approver: "operator" });
    const { decision, authorization_id } = await runtime.reauthorize(request.authorization_id, { votes: [vote] });
    return { decision, of: authorization_id };
  });
}

async function incident(runtime) {
  const report = { trace_id: "trace-1", agent_avid: "AVID-1", description: LONG_TEXT, severity: "low" };
  await step("incident", async () => ({ id: (await runtime.openIncident(report)).entry_hash }));
}

async function closed(runtime) {
  await step("close", async () => {
    await runtime.close();
    return {};
  });
}

/** Does a step, and says how it went. Gives what it gave, or null. */
async function step(name, work) {
  try {
    const gave = await work();
    if (gave.runtime === undefined) say({ step: name, ...gave });
    return gave;
  } catch (error) {
    if (error instanceof CanopyError) say({ step: name, code: error.code, message: error.message });
    else say({ step: name, crash: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return null;
  }
}

function say(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
