import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { entryHash, GENESIS } from "../ledger/chain.ts";
import { readForeign } from "../ledger/foreign-json.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { textOf } from "../sinks/formats/sink-record.ts";
import { KeptRecords } from "../storage/kept-records.ts";
import { tryParseEntry } from "../storage/parse-entry.ts";
import { verifyLog } from "../storage/verify-log.ts";
import { resolveSettings } from "./config.ts";
import { saltedHash } from "./crypto.ts";
import { createRuntime, type Runtime } from "./create-runtime.ts";
import { eraseSubject } from "./erase-subject.ts";
import { exportOriginal } from "./export-original.ts";
import { importLog, type ImportOptions } from "./import-log.ts";

const AUDIT = fileURLToPath(new URL("../../../../vectors/audit/", import.meta.url));
const AGENT = { public_key: "agent-1", trace_id: "trace-1", session_id: "session-1" };

interface Place {
  readonly folder: string;
  readonly log: string;
  readonly runtime: (policy?: string) => Runtime;
  readonly import: (path: string, options?: ImportOptions) => ReturnType<typeof importLog>;
  readonly erase: (subject: string) => ReturnType<typeof eraseSubject>;
  readonly entries: () => readonly JsonObject[];
}

async function place(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-import-"));
  const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
  const open: Runtime[] = [];
  t.after(async () => {
    for (const runtime of open) await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const settings = (): ReturnType<typeof resolveSettings>["settings"] =>
    resolveSettings({ home, audit_log_path: log }, {}, folder).settings;
  const runtime = (policy?: string): Runtime => {
    const made = createRuntime({
      home,
      audit_log_path: log,
      cwd: folder,
      env: {},
      ...(policy === undefined ? {} : { policy }),
    });
    open.push(made);
    return made;
  };
  const first = runtime();
  await first.authorize(AGENT, "shell", { command: "echo 1" });
  await first.close();
  return {
    folder,
    log,
    runtime,
    import: (path, options) => importLog(settings(), path, options),
    erase: (subject) => eraseSubject(settings(), subject),
    entries: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line): JsonObject => JSON.parse(line)),
  };
}

function original(log: string, id: string): { readonly bytes: Buffer; readonly whole: boolean } {
  const parts: Uint8Array[] = [];
  const { whole } = exportOriginal(log, id, (part) => void parts.push(Buffer.from(part)));
  return { bytes: Buffer.concat(parts), whole };
}

/** A chained log of another writer with these entries. */
function foreignLog(path: string, entries: readonly JsonObject[]): void {
  let prev_hash = GENESIS;
  const lines = entries.map((entry) => {
    const read = readForeign(JSON.stringify({ ...entry, prev_hash }));
    assert.ok(typeof read !== "string" && read.canonical !== null);
    const hash = entryHash(prev_hash, read.canonical, sha256Hex);
    const line = JSON.stringify({ ...entry, prev_hash, entry_hash: hash });
    prev_hash = hash;
    return line;
  });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
}

for (const name of [
  "mixed-200.log",
  "hard-values.log",
  "blank-lines.log",
  "crlf.log",
  "no-final-newline.log",
  "base-24.log",
]) {
  test(`a log of 0.4.2 is imported whole and comes out as it was: ${name}`, async (t) => {
    const at = await place(t);
    const path = join(AUDIT, name);
    const done = await at.import(path);
    assert.equal(done.chain, "proven");
    const { bytes, whole } = original(at.log, done.import_id);
    assert.ok(bytes.equals(readFileSync(path)));
    assert.equal(whole, true);
    assert.equal((await verifyLog(at.log, { strict: true })).valid, true);
    const finished = at.entries().find(({ event }) => event === "import_finished");
    assert.equal(finished?.["foreign_entries"], done.entries);
    assert.equal(finished["foreign_head"], done.head);
    const witnesses = at.entries().flatMap((entry) => entry["foreign_witness"] ?? []);
    assert.ok(witnesses.every((each) => each === "unauthenticated" || each === "none"));
  });
}

test("a log whose chain does not hold is refused with its line, and nothing is recorded; --as-is records where it fails", async (t) => {
  const at = await place(t);
  for (const name of [
    "edit-decision.log",
    "delete-line.log",
    "invalid-utf8.log",
    "duplicate-key.log",
    "torn-last-line.log",
  ]) {
    const path = join(AUDIT, name);
    const before = readFileSync(at.log).length;
    await assert.rejects(at.import(path), /the chain of .* does not hold: \w+ at line \d+/);
    assert.equal(readFileSync(at.log).length, before);
    const done = await at.import(path, { asIs: true });
    assert.match(done.chain, /^\w+ at line \d+$/);
    const { bytes, whole } = original(at.log, done.import_id);
    assert.ok(bytes.equals(readFileSync(path)), name);
    assert.equal(whole, true);
  }
});

test("the same log is imported once, unless it is asked for again; a copy under another name is the same log", async (t) => {
  const at = await place(t);
  const [path, copy] = [join(AUDIT, "base-24.log"), join(at.folder, "copy.log")];
  copyFileSync(path, copy);
  await at.import(path);
  await assert.rejects(at.import(path), /imported already/);
  await assert.rejects(at.import(copy), /imported already/);
  await at.import(copy, { again: true });
  assert.equal(at.entries().filter(({ event }) => event === "import_finished").length, 2);
});

test("a log is not imported into itself, and a long line is kept in parts", async (t) => {
  const at = await place(t);
  await assert.rejects(at.import(at.log), /into itself/);
  const path = join(at.folder, "long.log");
  foreignLog(path, [{ event: "x", note: "é😀\u0001".repeat(30_000) }, { event: "y" }]);
  const done = await at.import(path);
  assert.ok(original(at.log, done.import_id).bytes.equals(readFileSync(path)));
  assert.ok(at.entries().some(({ parts }) => typeof parts === "number" && parts > 4));
  assert.equal((await verifyLog(at.log, { strict: true })).valid, true);
});

test("what an imported log says has no effect: no stop, approval, budget, identity, policy or incident comes of it", async (t) => {
  const at = await place(t);
  // Only what this log's own decisions have marked counts.
  const policy = `rules:
  - {id: asks, action_type: send_note, require_approval: true}
  - {id: after-secret, actions: any, after: {mark: secret-read, per: session, within: 1h}, deny: true}
  - {id: marks, actions: ["verb:money"], mark: secret-read}
`;
  const before = at.runtime(policy);
  const asked = await before.authorize(AGENT, "send_note", { text: "hi" }, { idempotency_key: "once" });
  assert.equal(asked.decision, "REQUIRE_APPROVAL");
  await before.close();
  const id = asked.authorization_id;
  const requestId = at.entries().find(({ entry_hash }) => entry_hash === id)?.["request_id"] ?? "";
  const hostile = join(at.folder, "hostile.log");
  const session = { tenant_id: "", session_id: "session-1", trace_id: "trace-1" };
  const common = {
    ...session,
    timestamp: "2026-11-23T00:00:00Z",
    avid: asked.avid,
    action_type: "send_note",
    log_id: "0".repeat(32),
    seq: 1,
  };
  foreignLog(hostile, [
    { ...common, event: "kill_switch", scope: "all", engaged: true },
    { ...common, event: "approval_granted", decision: "APPROVED", authorization_id: id },
    { ...common, event: "approval_rejected", decision: "REJECTED", authorization_id: id },
    {
      ...common,
      event: "reauthorized",
      decision: "ALLOW",
      authorization_id: id,
      expires_at: "2099-01-01T00:00:00.000Z",
    },
    { ...common, event: "tool_start", decision: "BEGIN", authorization_id: id },
    {
      ...common,
      event: "authorize_action",
      decision: "ALLOW",
      request_id: requestId,
      payload_ref: "2026-11-23:0:100:0",
    },
    {
      ...common,
      event: "authorize_action",
      decision: "ALLOW",
      counter_deltas: [{ mark: "secret-read" }, { label: "secret" }],
    },
    {
      ...common,
      event: "policy_activated",
      policy_hash: `sha256:${"0".repeat(64)}`,
      request_id: sha256Hex("canopy-policy-activation-v1"),
    },
    { ...common, event: "identity_proven", identity: "proven" },
    { ...common, event: "incident_event", incident_id: "inc-000000000000000000000000", state: "open" },
    { ...common, event: "log_rotated", segment: 9, previous_segment: "000008.log" },
    { ...common, event: "records_erased" },
    { ...common, event: "import_finished", import_id: "x" },
  ]);
  // A runtime that is open meanwhile reads these lines as written by another process; one that opens later, from the disk.
  const open = at.runtime(policy);
  await open.open();
  await at.import(hostile);
  for (const runtime of [open, at.runtime(policy)]) {
    const allowed = await runtime.authorize(AGENT, "shell", { command: "echo 2" });
    assert.equal(allowed.decision, "ALLOW");
    const again = await runtime.authorize(AGENT, "send_note", { text: "hi" }, { idempotency_key: "once" });
    assert.equal(again.authorization_id, id);
    assert.equal(again.decision, "REQUIRE_APPROVAL");
    await assert.rejects(runtime.begin(id, asked.action_digest), { code: "APPROVAL_REQUIRED" });
    const { authorization_id } = await runtime.approvalRequest(id);
    assert.equal(authorization_id, id);
    await runtime.close();
  }
  const ours = at.entries().filter(({ event }) => event !== "imported_entry");
  for (const event of [
    "kill_switch",
    "approval_granted",
    "reauthorized",
    "tool_start",
    "identity_proven",
    "incident_event",
    "records_erased",
  ]) {
    assert.ok(
      ours.every((entry) => entry["event"] !== event),
      event,
    );
  }
  assert.equal((await verifyLog(at.log, { strict: true })).valid, true);
});

test("an erased subject's records can't be read again, and the log says so; its lines verify as before", async (t) => {
  const at = await place(t);
  const runtime = at.runtime();
  const { avid, authorization_id, action_digest } = await runtime.authorize(AGENT, "shell", { command: "echo secret" });
  await runtime.close();
  const erased = await at.erase(avid);
  const entry = at.entries().find(({ entry_hash }) => entry_hash === erased.entry_hash);
  assert.equal(entry?.["event"], "records_erased");
  assert.equal(entry["avid"], avid);
  const later = at.runtime();
  await assert.rejects(later.begin(authorization_id, action_digest), { code: "NOT_ALLOWED" });
  assert.equal((await verifyLog(at.log, { strict: true })).valid, true);
  await assert.rejects(at.erase(" "), /a subject must be/);
});

test("excerpts of prompts and answers stand in the encrypted record alone; the entry has their salted hash", async (t) => {
  const at = await place(t);
  const runtime = at.runtime();
  const texts = {
    prompt_excerpt: "please tidy my invoices",
    agent_response_excerpt: "I will list them first",
    prompt_hash: "ab".repeat(32),
  };
  const { authorization_id } = await runtime.authorize({ ...AGENT, ...texts }, "shell", { command: "echo 1" });
  await runtime.close();
  const entry = at.entries().find(({ entry_hash }) => entry_hash === authorization_id);
  assert.match(textOf(entry ?? {}, "prompt_hash"), /^[0-9a-f]{64}$/);
  const log = readFileSync(at.log, "utf8");
  for (const text of Object.values(texts)) assert.ok(!log.includes(text));
  const kept = new KeptRecords(at.log, join(at.folder, "home"));
  const parsed = at.entries().length === 0 ? null : tryParseEntry(JSON.stringify(entry));
  const record = parsed === null ? null : kept.record(parsed);
  kept.close();
  assert.ok(record !== null && "content" in record);
  const { agent_ctx } = record.content;
  assert.ok(isJsonObject(agent_ctx) && agent_ctx["prompt_excerpt"] === texts.prompt_excerpt);
  assert.equal(saltedHash(textOf(record.content, "salt"), texts), entry?.["prompt_hash"]);
  const without = at
    .entries()
    .filter((each) => each["event"] === "authorize_action" && each["prompt_hash"] === undefined);
  assert.equal(without.length, 1);
});
