import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openFileLedger } from "../file-ledger.ts";
import { realFileSystem } from "../file-system.ts";
import { catchUpIndex } from "../index-catch-up.ts";
import { IndexDatabase } from "../index-database.ts";
import { logPathsOf } from "../sidecar.ts";
import { openDatabase } from "../sqlite.ts";
import { LogLines } from "../tlog/log-lines.ts";
import { seededSigner } from "../tlog/tlog-process.fixture.test.ts";
import { ProblemBook } from "./fsck-report.ts";
import { IndexCheck } from "./index-check.ts";

const folder = mkdtempSync(join(tmpdir(), "canopy-index-check-"));
const log = join(folder, "audit.log");
const { index: path } = logPathsOf(log);
const ALLOWED = {
  event: "authorize_action",
  timestamp: "2026-01-01T00:00:05Z",
  decision: "ALLOW",
  avid: "A",
  session_id: "s",
  expires_at: "2026-01-01T00:01:05Z",
  counter_deltas: [{ counter: "spend", amount: "1.50" }, { mark: "seen" }],
};
let whole: Buffer = Buffer.alloc(0);

// Two segments of entries, of which the index knows all but the last.
before(async () => {
  const options = { path: log, home: join(folder, "home"), signer: seededSigner(1), clock: { now: () => 1.8e12 } };
  for (let run = 0; run < 4; run += 1) {
    const ledger = await openFileLedger({ ...options, index: false, rotateBytes: 12_000 });
    for (let n = 0; n < 5; n += 1) {
      const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", avid: `s${n}`, decision: "DENY" };
      await ledger.append({ entry: { ...entry, reason: "x".repeat(900) } });
    }
    await ledger.append({ entry: ALLOWED });
    await ledger.close();
    if (run === 2) caughtUp();
  }
  whole = readFileSync(path);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function caughtUp(): void {
  const index = new IndexDatabase(path);
  while (catchUpIndex(realFileSystem, logPathsOf(log), index, 1 << 20));
  index.close();
}

function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

/** What is found once the index was changed so; nothing of the check stays behind. */
function found(change: () => void): readonly string[] {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { recursive: true, force: true });
  writeFileSync(path, whole);
  change();
  const own = join(folder, "tmp");
  mkdirSync(own, { recursive: true });
  const [outer, fds] = [process.env["TMPDIR"], openFiles()];
  process.env["TMPDIR"] = own;
  try {
    const problems = new ProblemBook();
    const check = new IndexCheck(path, problems);
    const lines = LogLines.open(realFileSystem, log);
    for (const line of lines.lines(0)) check.saw(line);
    lines.close();
    check.finish();
    check.close();
    assert.deepEqual([readdirSync(own), openFiles()], [[], fds]);
    assert.ok(problems.listed.every(({ repairable }) => repairable));
    return problems.listed.map(({ code, place, detail }) => `${code} ${place}: ${detail}`);
  } finally {
    if (outer === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = outer;
  }
}

function sql(text: string): () => void {
  return () => {
    const database = openDatabase(path, 100);
    database.exec(text);
    database.close();
  };
}

test("an index that follows from the log up to the point that it covers is right, wherever that point is", () => {
  assert.ok(existsSync(join(`${log}.d`, "segments", "000001.log")));
  assert.deepEqual(
    found(() => undefined),
    [],
  );
  assert.deepEqual(found(caughtUp), []);
  assert.deepEqual(
    found(() => rmSync(path)),
    [],
  );
  assert.deepEqual(
    found(() => {
      rmSync(path);
      new IndexDatabase(path).close();
    }),
    [],
  );
});

function entry(seq: number, detail: string): string {
  return `index_wrong index.sqlite: seq ${seq}: ${detail}`;
}

function rows(table: string): string {
  return `index_wrong index.sqlite: ${table}: its rows don't follow from the log`;
}

function copy(seq: string): string {
  return `CREATE TEMP TABLE t AS SELECT * FROM entries WHERE seq=3; UPDATE t SET seq=${seq}; INSERT INTO entries SELECT * FROM t`;
}

test("each row that doesn't follow from the log is told, by its table and its entry", () => {
  const [LACKS, HAS] = ["it lacks an entry before the point that it covers", "it has an entry that the log has not"];
  const META = "index_wrong index.sqlite: meta: what it says of its end doesn't follow from the log";
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["UPDATE entries SET offset=offset+1 WHERE seq=3", [entry(3, "its offset doesn't follow from the line")]],
    [
      "UPDATE entries SET offset=offset+1, length=1 WHERE seq=1",
      [entry(1, "its offset, length don't follow from the line")],
    ],
    ["DELETE FROM entries WHERE seq=1", [entry(1, LACKS)]],
    ["DELETE FROM entries WHERE seq IN (4, 5)", [entry(4, LACKS), entry(5, LACKS)]],
    ["DELETE FROM entries WHERE seq>=15", [15, 16].map((seq) => entry(seq, LACKS))],
    [copy("0"), [entry(0, HAS)]],
    [copy("900"), [entry(900, HAS)]],
    ["UPDATE entries SET seq=901 WHERE seq=4", [entry(4, LACKS), entry(901, HAS)]],
    ["UPDATE meta SET newest=newest+1", [META]],
    ["UPDATE meta SET hash='00'", [META]],
    ["UPDATE meta SET lag=lag+1", [META]],
    ...["tags", "counters"].flatMap((table) =>
      [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET at=at+1`,
        `DELETE FROM ${table} WHERE part=(SELECT MAX(part) FROM ${table})`,
      ].map((text) => [text, [rows(table)]] as const),
    ),
    ["INSERT INTO tags VALUES (x'ffff', 'made up', 1)", [rows("tags")]],
    ["INSERT INTO counters VALUES (-1, 1, 1, 1)", [rows("counters")]],
  ];
  const seqs = found(sql("DELETE FROM entries")).map((line) => line.replaceAll(/\D+/gu, ""));
  const last = Number(seqs.at(-1));
  for (const [text, expected] of cases) {
    const told = text.includes(">=15") ? seqs.slice(14).map((seq) => entry(Number(seq), LACKS)) : expected;
    assert.deepEqual(found(sql(text)), told, text);
  }
  assert.ok(last >= 16);
});

function unreadable(detail: string): readonly string[] {
  return [`index_unreadable index.sqlite: ${detail}`];
}

test("what is no index is told once, and nothing in it is asked for", () => {
  const strange = unreadable("its tables are not those of an index");
  assert.deepEqual(found(sql("CREATE TABLE more (a)")), strange);
  assert.deepEqual(found(sql("DROP TABLE tags")), strange);
  const notRegular = unreadable("it is not a regular file");
  assert.deepEqual(
    found(() => {
      rmSync(path);
      mkdirSync(path);
    }),
    notRegular,
  );
  const [torn] = found(() => appendFileSync(path, "x") ?? writeFileSync(path, "no database at all, whatever it is"));
  assert.match(torn ?? "", /^index_unreadable index\.sqlite: \S/u);
});
