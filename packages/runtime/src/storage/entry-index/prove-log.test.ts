import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import { formatEntryTime } from "../../ledger/entry-index/entry-time.ts";
import { saidOfIndex } from "../../ledger/entry-index/index-meta.ts";
import type { Statement } from "../../ledger/entry-index/statement.ts";
import { merkleTree } from "../../ledger/merkle.ts";
import { formatCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { TlogReader } from "../tlog/tlog-reader.ts";
import { auditedMetas, auditIndex } from "./audit-index.ts";
import { IndexBuilder, EMPTY_INDEX, type IndexState } from "./index-builder.ts";
import { newestMeta, windowEndOf } from "./index-source.ts";
import { proveOverLog, type ProofRequest } from "./prove-log.ts";

const START = 1_790_000_000;
const HASH = "ab".repeat(32);

const META = {
  previous_checkpoint: null,
  decisions: { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 },
  policy_hash: null,
  origin: "canopy/test",
  key_id: "test",
  resource_key_commitment: HASH,
};

/** A log on the disk, its checkpoint and its index, written line by line. */
class DiskLog {
  readonly path: string;
  readonly lines: string[] = [];
  readonly #index: IndexBuilder;
  #state: IndexState = EMPTY_INDEX;

  constructor(folder: string) {
    this.path = join(folder, "audit.log");
    mkdirSync(join(`${this.path}.d`, "tlog"), { recursive: true });
    const lines = (first: number, end: number): readonly Uint8Array[] =>
      this.lines.slice(first, end).map((line) => Buffer.from(line));
    this.#index = IndexBuilder.open(join(`${this.path}.d`, "tlog", "index"), EMPTY_INDEX, {
      coveredEntries: () => [],
      lines,
    });
  }

  entry(members: Readonly<Record<string, unknown>>): void {
    const seq = this.lines.length + 1;
    const timestamp = formatEntryTime(START + seq);
    const base = { seq, timestamp, log_id: "00".repeat(16), prev_hash: HASH, entry_hash: HASH };
    this.lines.push(JSON.stringify({ ...base, ...members }));
  }

  /** Add the window's entries to the index, and the entry that says so. */
  meta(change: Readonly<Record<string, unknown>> = {}): void {
    const { covered_entries } = this.#state;
    const end = this.lines.length;
    const lines = this.lines.slice(covered_entries).map((line) => Buffer.from(line));
    this.#state = this.#index.addWindow(covered_entries, end, lines);
    const { runs, root } = this.#state;
    this.entry({
      ...META,
      event: "checkpoint_meta",
      action_type: "ledger",
      covered_entries: end,
      index: { runs, root },
      ...change,
    });
  }

  /** Write the log, and the checkpoint over all of it. */
  save(): void {
    writeFileSync(this.path, `${this.lines.join("\n")}\n`);
    writeFileSync(join(`${this.path}.d`, "tlog", "checkpoint"), this.note());
    this.#index.close();
  }

  note(size: number = this.lines.length): string {
    const leaves = this.lines.slice(0, size).map((line) => lineLeaf(Buffer.from(line), sha256));
    const { root } = merkleTree(leaves, sha256);
    // Whoever proves has no use for the signature.
    return `${formatCheckpoint({ origin: "canopy/test", size, root })}\n— canopy/test ${Buffer.alloc(68).toString("base64")}\n`;
  }
}

function folderOf(t: { after: (done: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-prove-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function plainLog(folder: string, windows: number): DiskLog {
  const log = new DiskLog(folder);
  for (let window = 0; window < windows; window += 1) {
    for (const avid of ["A", "B", "C"]) {
      const action_type = window === 3 && avid === "A" ? "delete" : "read";
      log.entry({ event: "authorize_action", avid, action_type, decision: "ALLOW" });
    }
    log.meta();
  }
  log.save();
  return log;
}

const OPEN_ONCE =
  "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`";

const asked = (where: Statement["where"], more: Partial<Statement> = {}): { statement: Statement; resource: null } => ({
  statement: { claim: "absent", where, except_agent: null, tenant: null, from: null, to: null, ...more },
  resource: null,
});

test("absence and presence are proven over a log, whatever became of the index's files", async (t) => {
  const folder = folderOf(t);
  const log = plainLog(folder, 40);
  const changes: readonly ((index: string) => void)[] = [
    () => undefined,
    (index) => rmSync(index, { recursive: true }),
    (index) => {
      for (const name of readdirSync(index)) writeFileSync(join(index, name), "");
    },
    (index) => {
      for (const name of readdirSync(index).filter((name) => name.startsWith("run-"))) {
        const bytes = readFileSync(join(index, name));
        writeFileSync(join(index, name), Buffer.from(bytes.map((byte, at) => (at === 44 ? byte ^ 1 : byte))));
      }
    },
    (index) => {
      for (const name of readdirSync(index).filter((name) => name.startsWith("run-1"))) rmSync(join(index, name));
    },
  ];
  for (const [at, change] of changes.entries()) {
    const copy = join(folderOf(t), "copy");
    cpSync(folder, copy, { recursive: true });
    change(join(copy, "audit.log.d", "tlog", "index"));
    const path = join(copy, "audit.log");
    const reader = await TlogReader.open(path);
    const never = proveOverLog(reader, path, asked({ avid: "B", action_type: "delete" }));
    assert.ok(never.text !== null, `change ${at}`);
    assert.equal(never.found.covered, log.lines.length - 1);
    const once = proveOverLog(reader, path, asked({ avid: "A", action_type: "delete" }));
    assert.deepEqual([once.text, once.matching.map(({ index }) => index)], [null, [12]]);
    const shown = proveOverLog(reader, path, asked({ action_type: "delete" }, { claim: "present" }));
    assert.deepEqual(JSON.parse(shown.text ?? "null").entries[0].index, 12);
    reader.close();
  }
});

test("a merged run gives way to its parts, made from it again where they were deleted", async (t) => {
  const log = plainLog(folderOf(t), 40);
  const reader = await TlogReader.open(log.path);
  const before = proveOverLog(reader, log.path, asked({ avid: "A", action_type: "delete" }, { to: START + 10 }));
  assert.ok(before.text !== null);
  assert.equal(before.found.runs.present, 0);
  assert.ok(before.found.runs.absent + before.found.runs.skipped > 16);
  const after = proveOverLog(reader, log.path, asked({ avid: "A", action_type: "delete" }, { from: START + 20 }));
  assert.ok(after.text !== null);
  reader.close();
});

test("a proof rests on the checkpoint that is given, as far as it is of this log", async (t) => {
  const log = plainLog(folderOf(t), 10);
  const reader = await TlogReader.open(log.path);
  const early = proveOverLog(reader, log.path, {
    ...asked({ action_type: "delete" }),
    checkpoint: log.note(12),
  });
  assert.deepEqual([early.text !== null, early.found.covered], [true, 11]);
  const foreign = log.note(12).replace("canopy/test\n12\n", "canopy/test\n13\n");
  const refused = (request: Partial<ProofRequest>, code: string, message: string, fix: string): void =>
    assert.throws(() => proveOverLog(reader, log.path, { ...asked({ avid: "A" }), ...request }), {
      code,
      message,
      fix,
    });
  const notOfThis = "the checkpoint given is not of this log";
  refused({ checkpoint: foreign }, "INVALID_CHECKPOINT", notOfThis, OPEN_ONCE);
  refused({ checkpoint: "no note" }, "INVALID_CHECKPOINT", notOfThis, OPEN_ONCE);
  const larger = log.note(12).replace("canopy/test\n12\n", "canopy/test\n41\n");
  refused({ checkpoint: larger }, "INVALID_CHECKPOINT", notOfThis, OPEN_ONCE);
  const noIndex = "no entry of the checkpoint says how an index stands";
  refused({ checkpoint: log.note(3) }, "INVALID_CHECKPOINT", noIndex, OPEN_ONCE);
  const narrow = "narrow the time with --from and --to, or name more: --action, --decision, --trace";
  refused({ most: 5 }, "USAGE", "10 entries would have to be shown: expected at most 10000", narrow);
  const { statement } = asked({ avid: "A" }, { from: START + 10_000 });
  const reached = "ask for a time that the log has reached";
  assert.throws(
    () => proveOverLog(reader, log.path, { statement, resource: null }),
    (error: unknown) =>
      error instanceof CanopyError && error.fix === reached && /^nothing to prove: .{10}/u.test(error.message),
  );
  reader.close();
});

test("a log that is committed to another index than its lines give proves nothing, and the audit says where", async (t) => {
  const log = new DiskLog(folderOf(t));
  for (let window = 0; window < 5; window += 1) {
    log.entry({ event: "authorize_action", avid: "A", action_type: "delete" });
    log.meta(window === 3 ? { index: { runs: 4, root: "00".repeat(32) } } : {});
  }
  log.entry({ event: "authorize_action", avid: "A" });
  log.save();
  const reader = await TlogReader.open(log.path);
  const audit = auditIndex(reader, log.lines.length);
  assert.deepEqual(audit.wrong, {
    index: 7,
    problem: "the index of the lines has another root or another number of runs",
  });
  assert.equal(auditIndex(reader, 7).wrong, null);
  assert.deepEqual(auditIndex(reader, 7), { size: 7, metas: 3, covered: 5, runs: 3, wrong: null });
  assert.throws(() => proveOverLog(reader, log.path, { ...asked({ avid: "Z" }), checkpoint: log.note(8) }), {
    code: "LEDGER_REFUSED",
    message: "the index that the log is committed to does not follow from its lines",
    fix: "see `canopy ledger audit-index`: the log was changed, or what wrote it was at fault",
  });
  reader.close();
});

test("an audit refuses windows that go back", async (t) => {
  const log = new DiskLog(folderOf(t));
  log.entry({ event: "x" });
  log.meta();
  log.entry({ event: "x" });
  log.meta();
  log.meta({ covered_entries: 1 });
  log.save();
  const reader = await TlogReader.open(log.path);
  assert.match(auditIndex(reader, log.lines.length).wrong?.problem ?? "", /covers fewer/u);
  reader.close();
});

test("no line can lie about the index to a verifier and be nothing to the audit", async (t) => {
  const lie = { covered_entries: 2, index: { runs: 1, root: "00".repeat(32) }, action_type: "ledger" };
  const whole = JSON.stringify({ ...META, event: "checkpoint_meta", ...lie });
  const { decisions: _left, ...members } = META;
  const spellings = [
    whole,
    whole.replace("checkpoint_meta", "checkpoint\\u005fmeta"),
    whole.replace('"event"', '"\\u0065vent"'),
    whole.replace('"ledger"', '"l\\u0065dger"').replace("checkpoint_meta", "\\u0063heckpoint_meta"),
    whole.replace("{", "{ ").replace(":", " : "),
    JSON.stringify({ ...members, event: "checkpoint_meta", ...lie }),
    JSON.stringify({ event: "checkpoint_meta", ...lie }),
  ];
  for (const spelling of spellings) {
    assert.notEqual(typeof saidOfIndex(spelling, 4), "string", "a verifier takes it for a statement");
    const log = new DiskLog(folderOf(t));
    for (let window = 0; window < 2; window += 1) {
      log.entry({ event: "authorize_action", avid: "A", action_type: "delete" });
      log.meta();
    }
    log.lines.push(spelling);
    log.meta();
    log.save();
    const reader = await TlogReader.open(log.path);
    assert.equal(auditIndex(reader, log.lines.length).wrong?.index, 4, spelling);
    reader.close();
  }
});

test("the checkpoint that log witnesses cosigned is preferred while few entries came after it", async (t) => {
  const log = new DiskLog(folderOf(t));
  for (const avid of ["A", "B"]) log.entry({ event: "authorize_action", avid });
  log.meta();
  for (let at = 0; at < 4095; at += 1) log.entry({ event: "x" });
  log.meta();
  log.entry({ event: "x" });
  log.save();
  const tlog = join(`${log.path}.d`, "tlog");
  const other = log.note(3).replace(/\n3\n../u, "\n3\nAA");
  const cases = [
    { newest: 4100, cosigned: null, size: 4100 },
    { newest: 4100, cosigned: 3, size: 4100 },
    { newest: 4099, cosigned: 3, size: 3 },
    { newest: 4099, cosigned: "no note", size: 4099 },
    { newest: 4099, cosigned: other, size: 4099 },
    { newest: 3, cosigned: 3, size: 3 },
  ];
  for (const { newest, cosigned, size } of cases) {
    writeFileSync(join(tlog, "checkpoint"), log.note(newest));
    rmSync(join(tlog, "cosigned"), { force: true });
    if (cosigned !== null)
      writeFileSync(join(tlog, "cosigned"), typeof cosigned === "string" ? cosigned : log.note(cosigned));
    const reader = await TlogReader.open(log.path);
    const { text } = proveOverLog(reader, log.path, asked({ avid: "Z" }));
    assert.equal(text?.includes(`canopy/test\\n${size}\\n`), true, `${newest} ${cosigned}`);
    reader.close();
  }
  for (const note of [null, "no note", log.note(4100).replace("\n4100\n", "\n4099\n")]) {
    rmSync(join(tlog, "checkpoint"), { force: true });
    if (note !== null) writeFileSync(join(tlog, "checkpoint"), note);
    const reader = await TlogReader.open(log.path);
    assert.throws(() => proveOverLog(reader, log.path, asked({ avid: "Z" })), {
      code: "INVALID_CHECKPOINT",
      message: /^the (?:log has no checkpoint|checkpoint beside the log is of another tree): expected one of its own/u,
    });
    reader.close();
  }
});

test("a line is shown as its leaf is: without the carriage return of a log that was copied", async (t) => {
  const log = plainLog(folderOf(t), 4);
  writeFileSync(log.path, readFileSync(log.path, "utf8").replaceAll("\n", "\r\n"));
  const reader = await TlogReader.open(log.path);
  const { text } = proveOverLog(reader, log.path, asked({ action_type: "delete" }, { claim: "present" }));
  assert.equal(JSON.parse(text ?? "null").entries[0].line, log.lines[12]);
  reader.close();
});

test("an audit tells how far it is, cuts long windows as they were cut, and leaves nothing behind", async (t) => {
  const folder = folderOf(t);
  const before = process.env["TMPDIR"];
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  const log = new DiskLog(folder);
  for (let at = 0; at < 4100; at += 1) log.entry({ event: "x" });
  log.meta();
  log.entry({ event: "x" });
  log.meta();
  log.save();
  mkdirSync(join(folder, "tmp"));
  process.env["TMPDIR"] = join(folder, "tmp");
  const reader = await TlogReader.open(log.path);
  const lines = (from: number, to: number): ReturnType<TlogReader["lines"]> => reader.lines(from, to);
  const steps = [...auditedMetas(lines, log.lines.length)];
  assert.deepEqual(steps, [
    4096,
    4100,
    { covered: 4100, runs: 2, index: 4100, problem: null, isCompared: true },
    4102,
    { covered: 4102, runs: 3, index: 4102, problem: null, isCompared: true },
  ]);
  for (const step of auditedMetas(lines, log.lines.length)) if (step === 4096) break;
  assert.deepEqual(readdirSync(join(folder, "tmp")), []);
  assert.deepEqual([newestMeta(reader, 4103)?.index, newestMeta(reader, 4102)?.index], [4102, 4100]);
  assert.equal(newestMeta(reader, 4100), null);
  reader.close();
});

test("a meta is found however far back it stands", async (t) => {
  const log = new DiskLog(folderOf(t));
  log.entry({ event: "x" });
  log.meta();
  log.entry({ event: "x" });
  log.meta();
  for (let at = 0; at < 1100; at += 1) log.entry({ event: "x", action_type: "checkpoint_meta" });
  log.save();
  const reader = await TlogReader.open(log.path);
  for (const size of [4, 5, 1023, 1024, 1025, 1027, 1028, 1029, 1104]) {
    assert.equal(newestMeta(reader, size)?.index, 3, `${size}`);
  }
  reader.close();
});

test("an entry ends a window where it is one of the log's writer over entries before it", () => {
  const root = "00".repeat(32);
  const line = (change: Readonly<Record<string, unknown>>): Buffer =>
    Buffer.from(
      JSON.stringify({
        ...META,
        event: "checkpoint_meta",
        action_type: "ledger",
        covered_entries: 2,
        index: { runs: 1, root },
        ...change,
      }),
    );
  const meta = { covered_entries: 2, runs: 1, root, index: 2 };
  assert.deepEqual(windowEndOf(line({}), 2), { covered_entries: 2, meta });
  assert.deepEqual(windowEndOf(line({}), 5), { covered_entries: 2, meta: { ...meta, index: 5 } });
  assert.deepEqual(windowEndOf(line({ index: null }), 2), { covered_entries: 2, meta: null });
  const escaped = Buffer.from(line({}).toString().replace("checkpoint_meta", "checkpoint\\u005fmeta"));
  const none = [
    escaped,
    line({ action_type: "x" }),
    line({ origin: 1 }),
    Buffer.from("checkpoint_meta"),
    Buffer.from("{}"),
  ];
  for (const each of none) assert.equal(windowEndOf(each, 2), null, each.toString());
  assert.equal(windowEndOf(line({}), 1), null);
});
