import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { JsonValue } from "../core/json.ts";
import { createRuntime, type Runtime, type RuntimeConfig } from "./create-runtime.ts";
import type { PolicyProblem } from "./policy-problem.ts";

const AGENT = { public_key: "agent-1", trace_id: "trace-1" };
const REQUEST = [AGENT, "send_note", { text: "hello" }] as const;
const ASKS = "rules:\n  - {id: asks, action_type: send_note, require_approval: true}\n";
const DENIES = "rules:\n  - {id: denies, action_type: send_note, deny_if: hello}\n";
const GRANTS = "rules:\n  - {id: other, action_type: send_letter, require_approval: true}\n";
const BAD = "rules:\n  - {id: denies, action_type: send_note, deny_if: hello, colour: secret-word}\n";

function tested(expect: string): string {
  const rule = "{id: denies, action_type: send_note, deny_if: hello";
  return `rules:\n  - ${rule}, tests: [{action_payload: {text: hello}, expect: ${expect}}]}\n`;
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Place {
  readonly home: string;
  readonly audit_log_path: string;
  readonly policy_file: string;
}

function place(policy = ASKS): Place {
  const folder = mkdtempSync(join(tmpdir(), "canopy-reload-"));
  folders.push(folder);
  const policy_file = join(folder, "rules.yaml");
  writeFileSync(policy_file, policy);
  return { home: join(folder, "home"), audit_log_path: join(folder, "audit.log"), policy_file };
}

interface Watched {
  readonly runtime: Runtime;
  readonly problems: PolicyProblem[];
}

function runtimeAt(t: TestContext, at: Place, config: RuntimeConfig = {}): Watched {
  const problems: PolicyProblem[] = [];
  const onPolicyProblem = (problem: PolicyProblem): void => void problems.push(problem);
  const runtime = createRuntime({ env: {}, cwd: "/project", policy_watch_ms: null, onPolicyProblem, ...at, ...config });
  t.after(async () => runtime.close());
  return { runtime, problems };
}

type Entry = Readonly<Record<string, JsonValue>>;

function entries(at: Place, event?: string): readonly Entry[] {
  const lines = readFileSync(at.audit_log_path, "utf8").trimEnd().split("\n");
  // Checkpoints come when their time is there: on a slow machine in between.
  const all = lines.map((line): Entry => JSON.parse(line)).filter((entry) => entry["event"] !== "checkpoint_meta");
  return event === undefined ? all : all.filter((entry) => entry["event"] === event);
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; !isSo();) {
    assert.ok(performance.now() < deadline, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("an edited policy is taken by a call, recorded, kept, and decides from then on", async (t) => {
  const at = place();
  const { runtime } = runtimeAt(t, at);
  const before = await runtime.authorize(...REQUEST);
  assert.equal(before.decision, "REQUIRE_APPROVAL");
  writeFileSync(at.policy_file, DENIES);
  assert.equal((await runtime.authorize(...REQUEST)).decision, "REQUIRE_APPROVAL", "nothing is read by itself");
  const reload = await runtime.reloadPolicy({ by: "alice" });
  assert.equal(reload.outcome, "activated");
  const after = await runtime.authorize(...REQUEST);
  assert.deepEqual([after.decision, after.rule_ref], ["DENY", "policy:denies"]);
  assert.equal(reload.policy_hash, after.policy_snapshot.policy_hash);
  assert.equal(reload.policy_hash, runtime.policy_snapshot.policy_hash);
  const [opened, called] = entries(at, "policy_activated");
  assert.deepEqual([opened?.["trigger"], opened?.["previous_policy_hash"]], ["open", null]);
  assert.deepEqual([called?.["trigger"], called?.["by"], called?.["rule_count"]], ["call", "alice", 1]);
  assert.equal(called?.["policy_hash"], reload.policy_hash);
  assert.equal(called?.["previous_policy_hash"], before.policy_snapshot.policy_hash);
  const kept = join(`${at.audit_log_path}.d`, "policies", reload.policy_hash.slice("sha256:".length));
  assert.equal(readFileSync(kept, "utf8"), DENIES);
});

test("a bad policy leaves the old one in force, is told once a change, and the log shows its code and place alone", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at);
  await runtime.authorize(...REQUEST);
  writeFileSync(at.policy_file, BAD);
  const reload = await runtime.reloadPolicy();
  assert.equal(reload.outcome, "rejected");
  const [problem] = problems;
  assert.deepEqual([problem?.code, problem?.line, problem?.file], ["unknown_key", 2, at.policy_file]);
  assert.equal((await runtime.authorize(...REQUEST)).decision, "REQUIRE_APPROVAL");
  const [rejected] = entries(at, "policy_rejected");
  assert.deepEqual(
    [rejected?.["policy_in_force"], rejected?.["policy_hash"]],
    [runtime.policy_snapshot.policy_hash, problem?.policy_hash],
  );
  assert.deepEqual(rejected?.["problem"], { code: "unknown_key", file: at.policy_file, line: 2, col: problem?.col });
  assert.ok(!readFileSync(at.audit_log_path, "utf8").includes("secret-word"));
  assert.equal(readdirSync(join(`${at.audit_log_path}.d`, "policies")).length, 1, "what was refused is not kept");
});

test("what is recorded is as the published schema says", async (t) => {
  const at = place();
  const { runtime } = runtimeAt(t, at);
  await runtime.open();
  for (const text of [DENIES, BAD]) {
    writeFileSync(at.policy_file, text);
    await runtime.reloadPolicy();
  }
  unlinkSync(at.policy_file);
  await runtime.reloadPolicy();
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  formats.default(ajv);
  const schema = readFileSync(new URL("../../schemas/entry.schema.json", import.meta.url), "utf8");
  const isEntry = ajv.compile(JSON.parse(schema));
  const recorded = entries(at);
  assert.deepEqual(
    recorded.map(({ event }) => event).filter((event) => event !== "checkpoint_meta"),
    ["policy_activated", "policy_activated", "policy_rejected", "policy_rejected"],
  );
  for (const entry of recorded) assert.ok(isEntry(entry), JSON.stringify(isEntry.errors));
});

test("a policy that is included is part of what is read again: an edit of it alone is told, and changes nothing", async (t) => {
  const at = place();
  const base = join(at.home, "..", "base.yaml");
  const include = (text: string): void => {
    writeFileSync(base, text);
    const hash = createHash("sha256").update(text).digest("hex");
    writeFileSync(at.policy_file, `include:\n  - {file: base.yaml, sha256: "${hash}"}\n`);
  };
  include(ASKS);
  const { runtime, problems } = runtimeAt(t, at, { policy_watch_ms: 20 });
  await runtime.authorize(...REQUEST);
  writeFileSync(base, DENIES);
  await until(() => problems.length > 0, "the problem");
  assert.deepEqual([problems[0]?.file, problems[0]?.line], [at.policy_file, 2]);
  assert.equal((await runtime.authorize(...REQUEST)).decision, "REQUIRE_APPROVAL");
  include(DENIES);
  await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the new policy");
  const included = entries(at, "policy_activated").map((entry) => JSON.stringify(entry["included"]));
  assert.ok(included.every((files) => files.includes("base.yaml")));
  assert.notEqual(included[0], included[1]);
});

test("what only the linter refuses is refused too", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at);
  writeFileSync(at.policy_file, "rules:\n  - {id: asks, action_type: send_note, deny_if: [no]}\n");
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  assert.equal(problems[0]?.code, "yaml_boolean");
});

test("a policy whose tests fail, inline or beside it, is refused; one whose tests pass is taken", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at);
  writeFileSync(at.policy_file, tested("REQUIRE_APPROVAL"));
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  const tests = join(at.home, "..", "rules.test.yaml");
  writeFileSync(at.policy_file, tested("DENY"));
  writeFileSync(
    tests,
    "tests:\n  - {name: greets, action_type: send_note, action_payload: {text: hello}, expect: ALLOW}\n",
  );
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  writeFileSync(tests, "tests: [\n");
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  assert.deepEqual(
    problems.map(({ code, file, line }) => [code, file, line]),
    [
      ["tests_failed", at.policy_file, 2],
      ["tests_failed", tests, 2],
      ["tests_failed", tests, problems[2]?.line],
    ],
  );
  assert.match(problems[1]?.message ?? "", /^the test `greets` fails: DENY/u);
  rmSync(tests);
  assert.equal((await runtime.reloadPolicy()).outcome, "activated");
});

test("a watched policy whose tests failed is looked at again when its tests are changed", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at, { policy_watch_ms: 20 });
  const tests = join(at.home, "..", "rules.test.yaml");
  writeFileSync(
    tests,
    "tests:\n  - {name: a, action_type: send_note, action_payload: {text: hello}, expect: REQUIRE_APPROVAL}\n",
  );
  writeFileSync(at.policy_file, DENIES);
  await until(() => problems.length > 0, "the problem");
  writeFileSync(tests, "tests:\n  - {name: a, action_type: send_note, action_payload: {text: hello}, expect: DENY}\n");
  await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the new policy");
});

test("the same bytes, a pack and a text are unchanged; nothing is recorded", async (t) => {
  const at = place();
  const { runtime } = runtimeAt(t, at);
  await runtime.authorize(...REQUEST);
  writeFileSync(at.policy_file, ASKS);
  assert.equal((await runtime.reloadPolicy()).outcome, "unchanged");
  assert.equal(entries(at).length, 2);
  const pack = runtimeAt(t, place(), { policy: "production" });
  assert.equal((await pack.runtime.reloadPolicy()).outcome, "unchanged");
});

test("a runtime that opens a log records its policy when the log's newest activation was of another one", async (t) => {
  const at = place();
  const first = runtimeAt(t, at);
  await first.runtime.authorize(...REQUEST);
  await first.runtime.close();
  const same = runtimeAt(t, at);
  await same.runtime.authorize(...REQUEST);
  await same.runtime.close();
  assert.equal(entries(at, "policy_activated").length, 1);
  writeFileSync(at.policy_file, DENIES);
  const other = runtimeAt(t, at);
  await other.runtime.authorize(...REQUEST);
  const activations = entries(at, "policy_activated");
  assert.equal(activations.length, 2);
  assert.equal(activations[1]?.["previous_policy_hash"], activations[0]?.["policy_hash"]);
});

test("the bundled default needs no entry in a log where nobody chose a policy, and has one where somebody did", async (t) => {
  const { policy_file, ...at } = place();
  const plain = createRuntime({ env: {}, ...at });
  await plain.authorize(...REQUEST);
  await plain.close();
  assert.equal(entries({ ...at, policy_file }, "policy_activated").length, 0);
  const chosen = runtimeAt(t, { ...at, policy_file });
  await chosen.runtime.authorize(...REQUEST);
  await chosen.runtime.close();
  const again = createRuntime({ env: {}, ...at });
  t.after(async () => again.close());
  await again.authorize(...REQUEST);
  const sources = entries({ ...at, policy_file }, "policy_activated").map(({ policy_snapshot }) => policy_snapshot);
  assert.equal(sources.length, 2);
  assert.ok(JSON.stringify(sources[1]).includes('"policy_source":"default"'));
});

test("a decision that began under one policy ends under it, and every policy that a decision names is kept", async (t) => {
  const at = place(GRANTS);
  const { runtime } = runtimeAt(t, at);
  await runtime.open();
  writeFileSync(at.policy_file, DENIES);
  const reloading = runtime.reloadPolicy();
  const seen: (readonly [string, string])[] = [];
  const done = new AbortController();
  void reloading.then(() => done.abort());
  while (!done.signal.aborted) {
    const { decision, policy_snapshot } = await runtime.authorize(...REQUEST);
    seen.push([decision, policy_snapshot.policy_hash]);
  }
  seen.push(
    ...[await runtime.authorize(...REQUEST)].map((last) => [last.decision, last.policy_snapshot.policy_hash] as const),
  );
  assert.equal((await reloading).outcome, "activated");
  const pairs = new Set(seen.map((pair) => pair.join(" ")));
  assert.equal(pairs.size, 2, "one verdict for each policy");
  const kept = readdirSync(join(`${at.audit_log_path}.d`, "policies"));
  for (const [, hash] of seen) assert.ok(kept.includes(hash.slice("sha256:".length)));
  const events = entries(at);
  const activated = events.findLastIndex(({ event }) => event === "policy_activated");
  const firstDenied = events.findIndex(({ decision }) => decision === "DENY");
  assert.ok(activated < firstDenied, "the activation stands before the first decision of the new policy");
});

const WAYS: Readonly<Record<string, (file: string, text: string) => void>> = {
  "is written in place": (file, text) => writeFileSync(file, text),
  "is replaced by a rename": (file, text) => {
    writeFileSync(`${file}.tmp~`, text);
    renameSync(`${file}.tmp~`, file);
  },
  "is removed and made anew": (file, text) => {
    unlinkSync(file);
    writeFileSync(file, text);
  },
  "is written with its old time and size": (file, text) => {
    const { mtime, size } = statSync(file);
    writeFileSync(file, text.padEnd(size, "#").slice(0, Math.max(size, text.length)));
    utimesSync(file, mtime, mtime);
  },
};

for (const [how, change] of Object.entries(WAYS)) {
  test(`a watched policy that ${how} is taken without being asked for`, async (t) => {
    const at = place();
    const { runtime, problems } = runtimeAt(t, at, { policy_watch_ms: 20 });
    await runtime.authorize(...REQUEST);
    change(at.policy_file, DENIES);
    await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the new policy");
    assert.equal(entries(at, "policy_activated")[1]?.["trigger"], "watch");
    assert.deepEqual(problems, []);
  });
}

test("a link that leads elsewhere is a change; the file it leads to is governed, before and after", async (t) => {
  const at = place();
  const folder = join(at.home, "..");
  const [one, two] = [join(folder, "one.txt"), join(folder, "two.txt")];
  writeFileSync(one, ASKS);
  writeFileSync(two, DENIES);
  unlinkSync(at.policy_file);
  symlinkSync(one, at.policy_file);
  const { runtime } = runtimeAt(t, at, { policy_watch_ms: 20 });
  const isGoverned = (path: string): boolean =>
    runtime
      .evaluate(AGENT, "modify_file", { path, content: "x" })
      .findings.some(({ rule_ref, decision }) => rule_ref === "Title IX" && decision === "DENY");
  assert.deepEqual([isGoverned(at.policy_file), isGoverned(one), isGoverned(two)], [true, true, false]);
  symlinkSync(two, `${at.policy_file}.new`);
  renameSync(`${at.policy_file}.new`, at.policy_file);
  await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the new policy");
  assert.deepEqual([isGoverned(at.policy_file), isGoverned(two)], [true, true]);
});

test("a policy that is deleted stays in force, and that is told once, however often it is looked for", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at, { policy_watch_ms: 20 });
  await runtime.authorize(...REQUEST);
  unlinkSync(at.policy_file);
  await until(() => problems.length > 0, "the problem");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["policy_missing"],
  );
  assert.equal((await runtime.authorize(...REQUEST)).decision, "REQUIRE_APPROVAL");
  assert.equal(entries(at, "policy_rejected").length, 1);
  writeFileSync(at.policy_file, DENIES);
  await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the policy that was put there");
});

test("what is no regular file, or too large, is refused without being read", async (t) => {
  const at = place();
  const { runtime, problems } = runtimeAt(t, at);
  unlinkSync(at.policy_file);
  mkdirSync(at.policy_file);
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  rmSync(at.policy_file, { recursive: true });
  writeFileSync(at.policy_file, Buffer.alloc(17_000_000, "# \n"));
  assert.equal((await runtime.reloadPolicy()).outcome, "rejected");
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["policy_unreadable", "too_large"],
  );
});

test("before a log is open a policy is taken all the same; who opens it records the one in force", async (t) => {
  const at = place();
  const { runtime } = runtimeAt(t, at);
  writeFileSync(at.policy_file, DENIES);
  assert.equal((await runtime.reloadPolicy()).outcome, "activated");
  assert.equal(runtime.evaluate(...REQUEST).decision, "DENY");
  assert.ok(!existsSync(at.audit_log_path));
  const { policy_snapshot } = await runtime.authorize(...REQUEST);
  assert.deepEqual(
    entries(at, "policy_activated").map(({ policy_hash }) => policy_hash),
    [policy_snapshot.policy_hash],
  );
});

test("two runtimes that watch one file each record when they took it, each entry naming the one before", async (t) => {
  const at = place();
  const both = [runtimeAt(t, at, { policy_watch_ms: 20 }), runtimeAt(t, at, { policy_watch_ms: 20 })];
  for (const { runtime } of both) await runtime.authorize(...REQUEST);
  writeFileSync(at.policy_file, DENIES);
  for (const { runtime } of both) await until(() => runtime.evaluate(...REQUEST).decision === "DENY", "the new policy");
  const [, one, two] = entries(at, "policy_activated");
  assert.notEqual(one?.["executor_id"], two?.["executor_id"]);
  assert.equal(two?.["previous_policy_hash"], one?.["policy_hash"]);
});

test("a callback that throws does not make a problem silent, and a process that only watches ends by itself", async () => {
  const at = place();
  const program = `
    import { writeFileSync } from "node:fs";
    import { createRuntime } from ${JSON.stringify(new URL("../index.js", import.meta.url).href)};
    const onPolicyProblem = () => { throw new Error("no"); };
    const runtime = createRuntime({ ...${JSON.stringify(at)}, policy_watch_ms: 10, onPolicyProblem });
    writeFileSync(${JSON.stringify(at.policy_file)}, ${JSON.stringify(BAD)});
    console.log((await runtime.reloadPolicy()).outcome);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { env: { PATH: process.env["PATH"] } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual([code, stdout], [0, "rejected\n"]);
  assert.match(
    stderr,
    /^canopy: POLICY NOT TAKEN \(unknown_key\): .*rules\.yaml:2:\d+: .*sha256:[0-9a-f]{64} stays in force$/mu,
  );
});
