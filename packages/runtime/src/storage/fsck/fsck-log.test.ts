import assert from "node:assert/strict";
import { hash } from "node:crypto";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openFileLedger } from "../file-ledger.ts";
import { realFileSystem } from "../file-system.ts";
import { catchUpIndex } from "../index-catch-up.ts";
import { IndexDatabase } from "../index-database.ts";
import { logPathsOf } from "../sidecar.ts";
import { openDatabase } from "../sqlite.ts";
import { trustFrom } from "../../runtime/check-included.ts";
import { keysOf, seededSigner } from "../tlog/tlog-process.fixture.test.ts";
import { fsckLog, type FsckOptions } from "./fsck-log.ts";
import type { FsckReport } from "./fsck-report.ts";

const keys = keysOf(seededSigner(2));
const trustOf: FsckOptions["trustOf"] = (origin) => trustFrom({ vkeys: keys.vkeys(origin) });
const NOW = Date.UTC(2026, 0, 1);

const POISONED = "a sync of the log failed and is not mended yet: the next process that opens it does that";
const NONE_BESIDE =
  "checkpoints were made of this log, and none stands beside it: the next process that opens the log makes one again";
const NO_ANCHOR = "no anchor was given: a log that was rewritten as a whole, or cut at its end, looks valid";
const NOT_OPENED = "700 records could not be opened: this home has not the key they were written with";

interface Place {
  readonly log: string;
  readonly home: string;
  readonly check: (more?: Partial<FsckOptions>) => Promise<FsckReport>;
}

/** A log of 700 entries in several segments, with records, a policy, checkpoints and the index; made once and copied. */
let made: Promise<string> | null = null;

after(async () => {
  if (made !== null) rmSync(await made, { recursive: true, force: true });
});

async function make(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-fsck-"));
  const log = join(folder, "audit.log");
  const options = {
    path: log,
    home: join(folder, "home"),
    signer: seededSigner(1),
    clock: { now: () => NOW },
    index: false,
  };
  for (let run = 0; run < 7; run += 1) {
    const ledger = await openFileLedger({ ...options, rotateBytes: 80_000, tlog: { keys, entries: true } });
    const decision = run % 2 === 0 ? "ALLOW" : "DENY";
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision, avid: `s${n % 5}` };
        return ledger.append({ entry, record: { subject: `s${n % 5}`, content: { n } } });
      }),
    );
    if (run === 3) await ledger.erase("s4");
    await ledger.close();
  }
  const index = new IndexDatabase(logPathsOf(log).index);
  while (catchUpIndex(realFileSystem, logPathsOf(log), index, 1 << 20));
  index.close();
  return folder;
}

async function inCopy(work: (place: Place) => Promise<void>): Promise<void> {
  made ??= make();
  const folder = mkdtempSync(join(tmpdir(), "canopy-fsck-"));
  try {
    cpSync(await made, folder, { recursive: true });
    const log = join(folder, "audit.log");
    const home = join(folder, "home");
    await work({ log, home, check: (more = {}) => fsckLog(log, { home, signatures: null, trustOf, ...more }) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function codesOf({ problems }: FsckReport): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

function change(path: string, edit: (text: string) => string): void {
  writeFileSync(path, edit(readFileSync(path, "latin1")), "latin1");
}

test("a sound log is clean, and what it holds is counted", async () => {
  await inCopy(async ({ check }) => {
    const report = await check();
    assert.deepEqual([report.problems, report.clean], [[], true]);
    assert.ok(report.segments >= 3);
    // 700 decisions, the erasure, seven entries before checkpoints, and one for each new segment.
    assert.equal(report.entries, 700 + 1 + 7 + report.segments - 1);
    assert.equal(report.checkpoint?.size, report.entries);
    assert.equal(report.checkpoint?.signed, "own key");
    assert.equal(report.index_roots, 7);
    assert.deepEqual(report.records, { present: 620, erased: 80, expired: 0, lost: 0, unchecked: 0 });
  });
});

test("each kind of damage is found, by its code", async () => {
  const damages: readonly (readonly [string, (place: Place) => void])[] = [
    [
      "chain,checkpoint_root,index_wrong,meta_counts,meta_index",
      ({ log }) => change(log, (text) => text.replace('"decision":"ALLOW"', '"decision":"BLLOW"')),
    ],
    ["tile_wrong", ({ log }) => change(join(`${log}.d`, "tlog", "tile", "0", "001"), (text) => `x${text.slice(1)}`)],
    ["tile_missing", ({ log }) => rmSync(join(`${log}.d`, "tlog", "tile", "1"), { recursive: true })],
    [
      "tile_wrong",
      ({ log }) =>
        change(join(`${log}.d`, "tlog", "tile", "entries", "000"), (text) =>
          text.replace("DENY", "DENX").replace("ALLOW", "ALLOX"),
        ),
    ],
    ["checkpoint_form", ({ log }) => writeFileSync(join(`${log}.d`, "tlog", "checkpoint"), "no note")],
    [
      "checkpoint_signature",
      ({ log }) =>
        change(join(`${log}.d`, "tlog", "checkpoint"), (text) => {
          const at = text.length - 40;
          return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
        }),
    ],
    [
      "state_wrong",
      ({ log }) =>
        change(join(`${log}.d`, "tlog", "state"), (text) =>
          text.replace(/"leaf":"(.)/u, (_, first) => `"leaf":"${first === "0" ? "1" : "0"}`),
        ),
    ],
    [
      "record_damaged",
      ({ log }) =>
        change(join(`${log}.d`, "payloads", "2026-01-01.bin"), (text) => `${text.slice(0, 60)}~${text.slice(61)}`),
    ],
    ["record_lost", ({ log }) => unlinkSync(join(`${log}.d`, "payloads", "2026-01-01.bin"))],
    [
      "record_key_lost",
      ({ log }) => {
        const folder = join(`${log}.d`, "payloads", "keys");
        for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
      },
    ],
    ["policy_changed", ({ log }) => writeFileSync(join(`${log}.d`, "policies", "0".repeat(64)), "rules: []")],
  ];
  for (const [codes, damage] of damages) {
    await inCopy(async (place) => {
      damage(place);
      const report = await place.check();
      assert.equal(codesOf(report).join(), codes);
      assert.equal(report.clean, false);
      for (const { place: where, detail } of report.problems) assert.ok(where !== "" && detail !== "");
    });
  }
});

test("an index that disagrees is found and made anew, and so are tiles; nothing else is touched", async () => {
  await inCopy(async ({ log, check }) => {
    const index = openDatabase(logPathsOf(log).index, 100);
    index.exec(
      "UPDATE entries SET offset=offset+1 WHERE seq=7; DELETE FROM entries WHERE seq=9; UPDATE entries SET hash=1 WHERE seq=11",
    );
    index.close();
    rmSync(join(`${log}.d`, "tlog", "tile"), { recursive: true });
    const before = readFileSync(log);
    const checkpoint = readFileSync(join(`${log}.d`, "tlog", "checkpoint"));
    assert.deepEqual(codesOf(await check()), ["index_wrong", "tile_missing"]);
    const repaired = await check({ repair: true });
    const [tiles, index_, ...none] = repaired.repaired;
    assert.match(tiles ?? "", /^\d+ tiles written anew$/u);
    assert.deepEqual([index_, none], ["index.sqlite made anew", []]);
    assert.deepEqual((await check()).problems, []);
    assert.deepEqual(readFileSync(log), before);
    assert.deepEqual(readFileSync(join(`${log}.d`, "tlog", "checkpoint")), checkpoint);
  });
});

test("an index that would answer falsely is found, whatever column or table was changed", async () => {
  const changes: readonly (readonly [string, string])[] = [
    ["UPDATE entries SET decision=1 WHERE seq=5", "index.sqlite: seq 5: its decision doesn't follow from the line"],
    [
      "UPDATE entries SET agent=NULL, trace=1 WHERE seq=5",
      "index.sqlite: seq 5: its trace, agent don't follow from the line",
    ],
    ["UPDATE entries SET newest=newest+1 WHERE seq=5", "index.sqlite: seq 5: its newest doesn't follow from the line"],
    ["DELETE FROM entries WHERE seq=1", "index.sqlite: seq 1: it lacks an entry before the point that it covers"],
    ["INSERT INTO entries(seq) VALUES(0)", "index.sqlite: seq 0: it has an entry that the log has not"],
    ["INSERT INTO entries(seq) VALUES(100000)", "index.sqlite: seq 100000: it has an entry that the log has not"],
    ["INSERT INTO counters VALUES(1,2,3,4)", "index.sqlite: counters: its rows don't follow from the log"],
    ["INSERT INTO tags VALUES(x'00','seen',3)", "index.sqlite: tags: its rows don't follow from the log"],
    ["UPDATE meta SET newest=0", "index.sqlite: meta: what it says of its end doesn't follow from the log"],
    ["UPDATE meta SET lag=7", "index.sqlite: meta: what it says of its end doesn't follow from the log"],
    ["UPDATE meta SET log_id='0'", "index.sqlite: meta: what it says of its end doesn't follow from the log"],
    ["UPDATE meta SET hash='0'", "index.sqlite: meta: what it says of its end doesn't follow from the log"],
    ["DROP INDEX by_agent", "index.sqlite: its tables are not those of an index"],
    [
      "DROP TABLE tags; CREATE VIEW tags AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT x AS part FROM n",
      "index.sqlite: its tables are not those of an index",
    ],
  ];
  await inCopy(async ({ log, check }) => {
    const path = logPathsOf(log).index;
    const sound = readFileSync(path);
    for (const [sql, problem] of changes) {
      for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
      writeFileSync(path, sound);
      const index = openDatabase(path, 100);
      index.exec(sql);
      index.close();
      const { problems } = await check();
      assert.deepEqual(
        problems.map(({ place, detail }) => `${place}: ${detail}`),
        [problem],
        sql,
      );
    }
    await check({ repair: true });
    assert.deepEqual((await check()).problems, []);
  });
});

test("an index whose search trees leave an entry out is found, and one that is a link is not opened", async () => {
  await inCopy(async ({ log, check }) => {
    const path = logPathsOf(log).index;
    const index = openDatabase(path, 100);
    const root = Number(index.prepare("SELECT rootpage FROM sqlite_schema WHERE name='by_agent'").get()?.["rootpage"]);
    const size = Number(index.prepare("PRAGMA page_size").get()?.["page_size"]);
    index.close();
    // The count of the root page's cells, one fewer: the table keeps its rows, the tree doesn't lead to all.
    const bytes = readFileSync(path);
    const cells = (root - 1) * size + 3;
    bytes.writeUInt16BE(bytes.readUInt16BE(cells) - 1, cells);
    writeFileSync(path, bytes);
    const found = await check();
    assert.deepEqual(codesOf(found), ["index_unreadable"]);
    assert.match(found.problems[0]?.detail ?? "", /contradicts itself/u);

    rmSync(path);
    const other = join(log, "..", "other.sqlite");
    const database = openDatabase(other, 100);
    database.exec("CREATE TABLE entries(a); INSERT INTO entries VALUES(1)");
    database.close();
    const before = readFileSync(other);
    symlinkSync(other, path);
    assert.match((await check()).problems.map(({ detail }) => detail).join(), /not a regular file/u);
    assert.throws(() => new IndexDatabase(path), { code: "FILE_UNUSABLE" });
    assert.deepEqual(readFileSync(other), before);
  });
});

test("an index that is behind the log is held against what it covers", async () => {
  await inCopy(async ({ log, check }) => {
    const paths = logPathsOf(log);
    rmSync(paths.index);
    const index = new IndexDatabase(paths.index);
    for (let step = 0; step < 3; step += 1) catchUpIndex(realFileSystem, paths, index, 10_000);
    index.close();
    assert.deepEqual((await check()).problems, []);
    const empty = new IndexDatabase(paths.index);
    empty.transaction(() => empty.clear("none"));
    empty.close();
    assert.deepEqual((await check()).problems, []);
  });
});

test("a log that was cut and whose checkpoint stayed is told from a whole one", async () => {
  await inCopy(async ({ log, home, check }) => {
    change(log, (text) => `${text.split("\n").slice(0, -3).join("\n")}\n`);
    rmSync(join(home, "heads"), { recursive: true });
    rmSync(logPathsOf(log).index);
    assert.deepEqual(codesOf(await check()), ["checkpoint_root", "shrunk"]);
  });
});

/** A log with the entry at that index changed, and all that follows chained anew, as whoever has the machine could. */
function rechained(lines: readonly string[], at: number, edit: (line: string) => string): readonly string[] {
  let head = "";
  return lines.map((line, index) => {
    const body = (index === at ? edit(line) : line).replace(/,"entry_hash":"[0-9a-f]{64}"\}$/u, "}");
    const text = index <= at ? body : body.replace(/"prev_hash":"[0-9a-f]{64}"/u, `"prev_hash":"${head}"`);
    const prev = /"prev_hash":"([0-9a-f]{64})"/u.exec(text)?.[1] ?? "";
    head = hash("sha256", prev + text);
    return `${text.slice(0, -1)},"entry_hash":"${head}"}`;
  });
}

/** A line as one of another event, that names a policy. */
function event(name: string): (line: string) => string {
  return (line) =>
    line.replace('"event":"authorize_action"', `"event":"${name}","policy_hash":"sha256:${"e".repeat(64)}"`);
}

test("entries of another log, out of their place, or of a rotation that both keys did not sign are told", async () => {
  await inCopy(async ({ log, check }) => {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const first =
      1 +
      readdirSync(join(`${log}.d`, "segments")).reduce((sum, name) => {
        return (
          sum +
          readFileSync(join(`${log}.d`, "segments", name), "utf8")
            .trimEnd()
            .split("\n").length
        );
      }, -1);
    const at = lines.findIndex((line) => line.includes('"event":"authorize_action"'));
    const cases: readonly (readonly [(line: string) => string, RegExp])[] = [
      [
        (line) => line.replace(/"seq":\d+/u, '"seq":3'),
        /^seq entry of index \d+ \(segment \d, byte \d+\): its seq is 3: expected \d+$/u,
      ],
      [
        (line) => line.replace(/"log_id":"./u, '"log_id":"x'),
        /^log_id entry of index .*: it is of another log than the first$/u,
      ],
      [event("key_rotated"), /^key_rotated entry of index .*: the old and the new key did not both sign it$/u],
      [
        event("policy_activated"),
        /^policy_missing entry of index .*: the policy sha256:e{64} that it activated is not kept$/u,
      ],
    ];
    for (const [edit, expected] of cases) {
      writeFileSync(log, `${rechained(lines, at, edit).join("\n")}\n`);
      const { problems } = await check();
      const code = String(expected).slice(2, String(expected).indexOf(" "));
      const found = problems.filter((problem) => problem.code === code);
      assert.equal(found.length, 1, code);
      const [{ place, detail } = { place: "", detail: "" }] = found;
      assert.match(`${code} ${place}: ${detail}`, expected);
      assert.ok(place.startsWith(`entry of index ${first + at} `), place);
    }
  });
});

test("what was not looked at is said, and how far it is", async () => {
  await inCopy(async ({ log, check }) => {
    const unasked = await check({ trustOf: null });
    assert.deepEqual(unasked.problems, []);
    const [batches, checkpoints] = ["signatures of batches: not checked", "signatures of checkpoints: not checked"];
    assert.deepEqual([unasked.warnings, unasked.checkpoint?.signed], [[batches, checkpoints], "not checked"]);
    assert.deepEqual([unasked.signed_entries, unasked.repaired], [null, []]);
    const plain = await check();
    assert.deepEqual(plain.warnings, [batches]);
    writeFileSync(join(`${log}.d`, "poisoned"), "");
    const poisoned = await check({ signatures: () => null });
    assert.equal(poisoned.signed_entries === null, false);
    assert.ok(poisoned.warnings.includes(POISONED), poisoned.warnings.join("\n"));
    assert.ok(!poisoned.warnings.includes(batches));
    rmSync(logPathsOf(log).poisoned, { force: true });
    rmSync(join(`${log}.d`, "tlog", "checkpoint"));
    const without = await check({ home: join(log, "..", "no-home") });
    assert.deepEqual(without.checkpoint, null);
    assert.deepEqual(without.warnings, [NONE_BESIDE, NOT_OPENED, batches, NO_ANCHOR]);
  });
});

test("it tells how far it is every few thousand lines, and lets other work in between", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-fsck-"));
  try {
    const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
    const ledger = await openFileLedger({
      path: log,
      home,
      signer: seededSigner(1),
      clock: { now: () => NOW },
      index: false,
      tlog: { keys },
    });
    const entry = { event: "e", timestamp: "2026-01-01T00:00:00Z" };
    await Promise.all(Array.from({ length: 4200 }, () => ledger.append({ entry })));
    await ledger.close();
    const told: string[] = [];
    let between = 0;
    const ticking = setInterval(() => (between += 1), 0);
    const progress = (done: number, total: number, what: string): void => void told.push(`${what} ${done} of ${total}`);
    const { entries, problems } = await fsckLog(log, { home, signatures: null, trustOf, progress });
    clearInterval(ticking);
    assert.deepEqual(problems, []);
    assert.equal(told[0], `lines 4096 of ${entries}`);
    assert.equal(told.filter((line) => line.startsWith("lines")).length, 1);
    assert.match(told.at(-1) ?? "", new RegExp(`^index \\d+ of ${entries}$`, "u"));
    assert.ok(between > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A `checkpoint_meta` line with another root of the index. */
function lie(line: string): string {
  return line.replace(/("index":\{"root":")(.)/u, (_, head, digit) => `${head}${digit === "0" ? "1" : "0"}`);
}

test("a root of the index that doesn't follow from the lines is found, at the entry that states it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-fsck-"));
  try {
    const [log, home] = [join(folder, "audit.log"), join(folder, "home")];
    for (let run = 0; run < 4; run += 1) {
      const ledger = await openFileLedger({
        path: log,
        home,
        signer: seededSigner(1),
        clock: { now: () => NOW },
        index: false,
        tlog: { keys },
      });
      await ledger.append({ entry: { event: "e", timestamp: "2026-01-01T00:00:00Z", avid: `s${run}` } });
      await ledger.close();
    }
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const metas = lines.flatMap((line, index) => (line.includes('"event":"checkpoint_meta"') ? [index] : []));
    assert.deepEqual(metas, [1, 3, 5, 7]);
    const checked = async (text: readonly string[]): Promise<readonly string[]> => {
      writeFileSync(log, `${text.join("\n")}\n`);
      const { problems } = await fsckLog(log, { home, signatures: null, trustOf });
      return problems.filter(({ code }) => code === "meta_index").map(({ place, detail }) => `${place}: ${detail}`);
    };
    assert.deepEqual(await checked(lines), []);
    const one = await checked(rechained(lines, 3, lie));
    assert.match(one.join(), /^entry of index 3: .* number of runs$/u);
    // An index that leaves an entry out: the lines say another thing than the runs that were committed to.
    const hidden = await checked(rechained(lines, 2, (line) => line.replace('"avid":"s1"', '"avid":"s9"')));
    assert.deepEqual(hidden.length, 1);
    assert.match(hidden.join(), /^entry of index 3: .* so with the 2 such entries after it/u);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const toldOfNone = (report: FsckReport): boolean =>
  report.warnings.some((text) => text.startsWith("checkpoints were made"));

test("a tree that is gone is told of, not taken for one that was never there", async () => {
  await inCopy(async ({ log, check }) => {
    assert.equal(toldOfNone(await check()), false);
    rmSync(logPathsOf(log).tlog, { recursive: true });
    const report = await check();
    assert.equal(report.checkpoint, null);
    assert.equal(toldOfNone(report), true);
  });
});
