import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { EntryDraft, LedgerEntry, Signer } from "../ledger/ports.ts";
import { isAskedFor, type EntryFilter } from "./entry-filter.ts";
import { openFileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { LogReader, type UnusableLine } from "./log-reader.ts";
import { logPaths } from "./sidecar.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };

const AGENTS = ["AVID-a", "AVID-b", "AVID-c"];
const ACTIONS = ["read_file", "send_email"];
const DECISIONS = ["ALLOW", "DENY", "REQUIRE_APPROVAL"];
const EVENTS = ["authorize_action", "tool_result", "approval_granted", "incident_event"];

function draft(n: number): EntryDraft {
  // Clocks go back now and then.
  const seconds = n % 7 === 3 ? n - 5 : n;
  const timestamp = `2026-01-01T00:${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}Z`;
  return {
    event: EVENTS[n % EVENTS.length] ?? "",
    timestamp,
    avid: AGENTS[(n * n) % AGENTS.length] ?? "",
    action_type: ACTIONS[n % ACTIONS.length] ?? "",
    decision: DECISIONS[(n >> 1) % DECISIONS.length] ?? "",
    trace_id: `t${n >> 3}`,
    ...(n % 5 === 0 ? { tenant_id: "acme" } : {}),
    ...(n % 4 === 3 ? { incident_id: `inc-${n >> 4}` } : {}),
    ...(n % 6 === 1 ? { authorization_id: "f".repeat(64) } : {}),
  };
}

const COUNT = 120;

async function makeLog(t: TestContext, rotateBytes: number | null = null): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-reader-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  const ledger = await openFileLedger({ path, home, signer, clock: { now: () => 0 }, rotateBytes });
  for (let n = 0; n < COUNT; n += 1) await ledger.append({ entry: draft(n) });
  await ledger.close();
  return path;
}

function index(path: string, steps = Number.POSITIVE_INFINITY, stepBytes = 4096): void {
  const paths = logPaths(realFileSystem, path);
  const database = new IndexDatabase(paths.index);
  for (let n = 0; n < steps && catchUpIndex(realFileSystem, paths, database, stepBytes); n += 1);
  database.close();
}

function open(t: TestContext, path: string, scan = false): LogReader {
  const reader = LogReader.open(path, { scan });
  t.after(() => reader.close());
  return reader;
}

const seqs = (entries: Iterable<LedgerEntry>): readonly number[] => [...entries].map((entry) => entry.seq);

const optional = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

function defined(members: Readonly<Record<string, string | number | undefined>>): EntryFilter {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

const T0 = Date.UTC(2026, 0, 1);
const filters = fc
  .record({
    trace_id: optional(["t0", "t3", "none"]),
    avid: optional([...AGENTS, "AVID-x"]),
    action_type: optional(ACTIONS),
    decision: optional([...DECISIONS, "RESULT"]),
    event: optional([...EVENTS, "kill_switch"]),
    incident_id: optional(["inc-1", "inc-9"]),
    tenant_id: optional(["acme"]),
    authorization_id: optional(["f".repeat(64), "no hash"]),
    from_ms: fc.option(fc.integer({ min: T0 - 1000, max: T0 + 130_000 }), { nil: undefined }),
    to_ms: fc.option(fc.integer({ min: T0 - 1000, max: T0 + 130_000 }), { nil: undefined }),
    after_seq: fc.option(fc.integer({ min: -1, max: COUNT + 1 }), { nil: undefined }),
    before_seq: fc.option(fc.integer({ min: 0, max: COUNT + 2 }), { nil: undefined }),
  })
  .map(defined);

test("every filter gives what a look at every entry gives, with any part of the log indexed", async (t) => {
  for (const rotateBytes of [null, 6000]) {
    const path = await makeLog(t, rotateBytes);
    for (const steps of [0, 3, Number.POSITIVE_INFINITY]) {
      rmSync(`${path}.d/index.sqlite`, { force: true });
      index(path, steps);
      const reader = open(t, path);
      const all = [...open(t, path, true).query()];
      assert.ok(all.length >= COUNT);
      fc.assert(
        fc.property(filters, fc.integer({ min: 1, max: 40 }), (filter, limit) => {
          const expected = seqs(all.filter((entry) => isAskedFor(entry, filter)));
          assert.deepEqual(seqs(reader.query(filter)), expected);
          assert.deepEqual(seqs(reader.newest(limit, filter)), expected.slice(-limit));
          assert.equal(reader.count(filter), expected.length);
        }),
        { numRuns: 60 },
      );
      reader.close();
    }
  }
});

test("blank lines before the first one of a file hide no entry", async (t) => {
  const path = await makeLog(t, 6000);
  const all = [...open(t, path, true).query()].length;
  for (const file of [path, join(`${path}.d`, "segments", "000002.log")]) {
    const whole = readFileSync(file);
    for (const blank of ["\n", " \n", "   ", "\n".repeat(300_000), " ".repeat(300_000)]) {
      writeFileSync(file, Buffer.concat([Buffer.from(blank), whole]));
      rmSync(`${path}.d/index.sqlite`, { force: true });
      index(path, Number.POSITIVE_INFINITY, 1_048_576);
      for (const scan of [true, false]) assert.equal([...open(t, path, scan).query()].length, all);
    }
    writeFileSync(file, whole);
  }
});

test("an entry is found by its number, and none by a number that isn't there", async (t) => {
  const path = await makeLog(t);
  index(path);
  for (const reader of [open(t, path), open(t, path, true)]) {
    assert.equal(reader.entry(7)?.seq, 7);
    assert.equal(reader.entry(0), null);
    assert.equal(reader.entry(100_000), null);
  }
});

test("what is written after the reader was opened is read by the next question", async (t) => {
  const path = await makeLog(t);
  const reader = open(t, path);
  const before = reader.count();
  const lines = readFileSync(path, "utf8");
  const last = lines.trimEnd().split("\n").at(-1) ?? "";
  // A half line, as a writer leaves it for a moment, is no entry yet.
  appendFileSync(path, last.slice(0, 40));
  assert.equal(reader.count(), before);
  appendFileSync(path, `${last.slice(40)}\n`);
  assert.equal(reader.count(), before + 1);
});

test("a changed line is refused, or told, never given out", async (t) => {
  const path = await makeLog(t);
  index(path);
  const text = readFileSync(path, "utf8");
  const at = text.indexOf('"avid":"AVID-b"');
  writeFileSync(path, `${text.slice(0, at)}"avid":"AVID-a"${text.slice(at + 15)}`);
  for (const scan of [false, true]) {
    assert.throws(() => [...open(t, path, scan).query()], { code: "LEDGER_REFUSED" });
    const told: UnusableLine[] = [];
    const lenient = LogReader.open(path, { scan, unusable: (line) => told.push(line) });
    const found = [...lenient.query()];
    lenient.close();
    assert.equal(told.length, 1);
    assert.equal(told[0]?.problem, "changed");
    assert.equal(new Set(seqs(found)).size, found.length);
  }
});

test("an index that points at the wrong lines is not believed: the log is scanned", async (t) => {
  const path = await makeLog(t);
  index(path);
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(`${path}.d/index.sqlite`);
  // Every second entry is said to stand where its neighbour does.
  database.exec(
    "UPDATE entries SET (offset, length) = (SELECT offset, length FROM entries n WHERE n.seq = entries.seq - 1) WHERE seq % 2 = 0",
  );
  database.close();
  const reader = open(t, path);
  const truth = open(t, path, true);
  for (const avid of AGENTS) {
    assert.deepEqual(seqs(reader.query({ avid })), seqs(truth.query({ avid })));
    assert.deepEqual(seqs(reader.newest(5, { avid })), seqs(truth.newest(5, { avid })));
  }
});

test("beside a log without a sidecar nothing is written", async (t) => {
  const path = await makeLog(t);
  const copy = `${path}.copy`;
  cpSync(path, copy);
  const reader = open(t, copy);
  assert.equal(reader.newest(3, { avid: "AVID-a" }).length, 3);
  assert.equal(existsSync(`${copy}.d`), false);
});

test("a missing log is said to be missing", () => {
  assert.throws(() => LogReader.open("/nowhere/at/all.log"), { code: "LEDGER_REFUSED" });
  assert.throws(() => LogReader.open(join(tmpdir(), "no-such-canopy.log")), { code: "FILE_UNUSABLE" });
});

test("an index beside the log that is none of ours is asked nothing, whatever it would answer", async (t) => {
  const path = await makeLog(t);
  const endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x FROM n";
  const hostile = [
    `DROP TABLE meta; CREATE VIEW meta AS ${endless}`,
    `DROP TABLE entries; CREATE VIEW entries AS ${endless}`,
    "CREATE TRIGGER later AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
    "DROP INDEX by_trace",
    "ALTER TABLE tags ADD COLUMN more",
  ];
  for (const sql of hostile) {
    rmSync(logPaths(realFileSystem, path).index, { force: true });
    index(path);
    const file = logPaths(realFileSystem, path).index;
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
    const reader = open(t, path);
    assert.equal([...reader.query()].length, COUNT, sql);
    assert.deepEqual(seqs(reader.query({ trace_id: "t1" })), [9, 10, 11, 12, 13, 14, 15, 16], sql);
    assert.throws(() => new IndexDatabase(file), /tables are not those of an index/u);
  }
});
