import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GENESIS } from "../../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../../ledger/entry.ts";
import { sha256Hex } from "../chain-host.ts";
import { openFileLedger } from "../file-ledger.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import { catchUpIndex } from "../index-catch-up.ts";
import { IndexDatabase } from "../index-database.ts";
import { logPathsOf } from "../sidecar.ts";
import { openDatabase } from "../sqlite.ts";
import { systemEntry } from "../system-entry.ts";
import { LogLines } from "./log-lines.ts";
import { seededSigner } from "./tlog-process.fixture.test.ts";

const folder = mkdtempSync(join(tmpdir(), "canopy-lines-"));
const log = join(folder, "audit.log");
const paths = logPathsOf(log);
const expected: string[] = [];

// Some 2,600 lines in two segments, all of which the index knows.
before(async () => {
  const options = { path: log, home: join(folder, "home"), signer: seededSigner(1), clock: { now: () => 1.8e12 } };
  for (let run = 0; run < 2; run += 1) {
    const ledger = await openFileLedger({ ...options, index: false, rotateBytes: 600_000 });
    for (let batch = 0; batch < 13; batch += 1) {
      const entry = { event: "e", timestamp: "2026-01-01T00:00:00Z", avid: "a" };
      await Promise.all(Array.from({ length: 100 }, () => ledger.append({ entry })));
    }
    await ledger.close();
  }
  const index = new IndexDatabase(paths.index);
  while (catchUpIndex(realFileSystem, paths, index, 1 << 20));
  index.close();
  const lines = LogLines.open(realFileSystem, log);
  for (const { bytes } of lines.lines(0)) expected.push(bytes.toString());
  lines.close();
});
after(() => rmSync(folder, { recursive: true, force: true }));

function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

/** Asks for one line of a log that was just opened; gives the line, and how many bytes were read for it. */
function asked(at: string, index: number): readonly [string, number] {
  let bytes = 0;
  const read: FileSystem["read"] = (...given) => {
    const count = realFileSystem.read(...given);
    bytes += count;
    return count;
  };
  const lines = LogLines.open({ ...realFileSystem, read }, at);
  bytes = 0;
  try {
    return [lines.line(index).toString(), bytes];
  } finally {
    lines.close();
  }
}

test("a line far from a known place is read alone, where the index knows it, and is the line that was asked for", () => {
  assert.ok(expected.length > 2600);
  assert.ok(existsSync(join(`${log}.d`, "segments", "000001.log")));
  const fds = openFiles();
  for (const index of [1025, 1500, 2200, expected.length - 1]) {
    const [line, bytes] = asked(log, index);
    assert.equal(line, expected[index]);
    assert.equal(bytes, Buffer.byteLength(line), `line ${index}`);
  }
  for (const index of [0, 1, 1024]) {
    const [line, bytes] = asked(log, index);
    assert.equal(line, expected[index]);
    assert.ok(bytes > 60_000, "near ones are counted to");
  }
  assert.throws(() => asked(log, expected.length), {
    code: "FILE_UNUSABLE",
    message: `the log has no line of index ${expected.length}: expected one, counted from 0`,
    fix: "restore the closed segments in the log's sidecar, or ask for an entry that the log has",
  });
  assert.equal(openFiles(), fds);
});

test("an index that lies, lacks a line or can't be read leads to no other line", () => {
  const copy = join(folder, "copy");
  const at = join(copy, "audit.log");
  const changes = [
    "UPDATE entries SET offset=offset+1",
    "UPDATE entries SET offset=offset+1000000000",
    "UPDATE entries SET length=length+1000000000",
    "UPDATE entries SET length=length-1",
    "UPDATE entries SET segment=9",
    "UPDATE entries SET segment=3-segment",
    "UPDATE entries SET seq=seq+10000; UPDATE entries SET seq=seq-9999",
    "DELETE FROM entries",
    "DROP TABLE entries",
    "",
  ];
  const fds = openFiles();
  for (const change of changes) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(log, at);
    cpSync(`${log}.d`, `${at}.d`, { recursive: true });
    const { index: path } = logPathsOf(at);
    if (change === "") writeFileSync(path, "no database at all, whatever it is");
    else {
      const database = openDatabase(path, 100);
      database.exec(change);
      database.close();
    }
    const lines = LogLines.open(realFileSystem, at);
    for (const index of [1100, expected.length - 1, 2000]) {
      assert.equal(lines.line(index).toString(), expected[index], `${change}: ${index}`);
    }
    lines.close();
    assert.equal(openFiles(), fds);
  }
});

test("a last line without its line feed counts where it is whole, however long it is", () => {
  const at = join(folder, "tail.log");
  const text = readFileSync(log, "utf8");
  const [first = "", ...more] = text.trimEnd().split("\n");
  const draft = prepareEntry(systemEntry("x", "2026-01-01T00:00:00Z", "x".repeat(250_000)), "log", false);
  const long = sealEntry(draft, { prevHash: GENESIS, seq: 1, payloadRef: null }, sha256Hex).line.trimEnd();
  const cases: readonly (readonly [string, number, string | null])[] = [
    ["", 0, null],
    [first, 1, first],
    [`${first}\n`, 1, first],
    [`${first}\n${more[0]}`, 2, more[0] ?? ""],
    [`${first}\n${more[0]?.slice(0, -1)}`, 1, first],
    [`${first}\n \t\r`, 1, first],
    [`${first}\n${long}`, 2, long],
    [long, 1, long],
    [`${first}\n${"x".repeat(300_000)}`, 1, first],
  ];
  for (const [content, size, last] of cases) {
    writeFileSync(at, content);
    const base = JSON.parse(first).event === "log_rotated" ? Number(JSON.parse(first).seq) - 1 : 0;
    const isKnown = content.startsWith(`${first}\n`);
    const lines = LogLines.open(realFileSystem, at);
    assert.equal(lines.first, isKnown ? base : 0);
    assert.equal(lines.size, lines.first + size, JSON.stringify(content.slice(-60)));
    const all = [...lines.lines(lines.first)].map(({ bytes }) => bytes.toString());
    assert.deepEqual([all.length, all.at(-1) ?? null], [size, last]);
    assert.deepEqual([...lines.lines(lines.first + size)], []);
    lines.close();
  }
  truncateSync(at, 0);
});

test("a log whose files change while it is opened is opened again, and given up after many times", () => {
  const fds = openFiles();
  for (const [changes, message] of [
    [3, null],
    [99, null],
    [100, `the log \`${log}\` starts new segments faster than it can be read`],
  ] as const) {
    let left: number = changes;
    const statusAt: FileSystem["statusAt"] = (path) => {
      const status = realFileSystem.statusAt(path);
      if (path !== log || status === null || left === 0) return status;
      left -= 1;
      return [null, { ...status, ino: status.ino + 1 }, { ...status, dev: status.dev + 1 }][left % 3] ?? null;
    };
    const open = (): void => {
      const lines = LogLines.open({ ...realFileSystem, statusAt }, log);
      assert.equal(lines.line(3).toString(), expected[3]);
      lines.close();
    };
    if (message === null) open();
    else assert.throws(open, { code: "FILE_UNUSABLE", message, fix: "try again" });
    assert.equal(openFiles(), fds);
  }
});
