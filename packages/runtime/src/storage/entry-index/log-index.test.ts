import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { test, type TestContext } from "node:test";
import { RunBuilder, rememberedKeys, type RunRow } from "../../ledger/entry-index/index-run.ts";
import { positionOf } from "../../ledger/entry-index/run-plan.ts";
import { formatRunRecord } from "../../ledger/entry-index/run-record.ts";
import { leafHash, verifyInclusion } from "../../ledger/merkle.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { EMPTY_INDEX, IndexBuilder, runFileName, type IndexSource, type IndexState } from "./index-builder.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { LogIndex } from "./log-index.ts";

/** Folders for temporary files are made here from now on, so that what is left over is seen. */
function ownTemporary(t: TestContext): { readonly index: string; readonly left: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-log-index-"));
  const before = process.env["TMPDIR"];
  const made = join(folder, "tmp");
  mkdirSync(made);
  process.env["TMPDIR"] = made;
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return { index: join(folder, "index"), left: () => readdirSync(made) };
}

function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

const lineOf = (at: number): Uint8Array => Buffer.from(JSON.stringify({ event: `e${at % 3}`, avid: `A${at % 5}` }));
const lines = (first: number, end: number): readonly Uint8Array[] =>
  Array.from({ length: end - first }, (_, at) => lineOf(first + at));

/** The index of that many windows of two entries. */
function built(folder: string, windows: number): { readonly state: IndexState; readonly source: IndexSource } {
  const covered = Array.from({ length: windows }, (_, at) => 2 * at + 2);
  const source: IndexSource = { coveredEntries: () => covered, lines };
  const builder = IndexBuilder.open(folder, EMPTY_INDEX, source);
  for (const end of covered) builder.addWindow(end - 2, end, lines(end - 2, end));
  const { state } = builder;
  builder.close();
  return { state, source };
}

function rowsOf(first: number, end: number): readonly RunRow[] {
  const builder = new RunBuilder(first, null, rememberedKeys(sha256));
  for (const line of lines(first, end)) builder.add(line);
  return builder.finish().rows;
}

function contentOf(run: { readonly size: number; row(index: number): RunRow }): readonly RunRow[] {
  return Array.from({ length: run.size }, (_, at) => run.row(at)).map(({ key, entries }) => ({
    key: Uint8Array.from(key),
    entries,
  }));
}

test("every run is there, from its file or out of what it was merged into, and nothing is left behind", (t) => {
  const { index: folder, left } = ownTemporary(t);
  const fds = openFiles();
  const { state } = built(folder, 40);
  const before = readdirSync(folder);
  assert.ok(!before.includes("run-0-5") && before.includes("run-0-33"));
  const index = LogIndex.read(folder, state);
  const places = [
    ...Array.from({ length: 40 }, (_, number) => ({ level: 0, number, from: 2 * number, to: 2 * number + 2 })),
    { level: 1, number: 0, from: 0, to: 32 },
    { level: 1, number: 1, from: 32, to: 64 },
  ];
  for (const { from, to, ...place } of [...places, ...places.toReversed()]) {
    const run = index.run(place);
    assert.deepEqual(contentOf(run), rowsOf(from, to), runFileName(place));
    assert.equal(index.run(place), run, "it stays open until another is asked for");
    const position = positionOf(place);
    const { record, path } = index.record(position);
    assert.deepEqual([record.level, record.first, record.end], [place.level, from, to]);
    const leaf = leafHash(Buffer.from(formatRunRecord(record)), sha256);
    const proof = { index: position, size: state.runs, path, root: Buffer.from(state.root, "hex") };
    assert.equal(verifyInclusion(leaf, proof, sha256), true);
  }
  assert.equal(left().length, 1);
  index.close();
  assert.deepEqual([left(), readdirSync(folder), openFiles()], [[], before, fds]);
});

/** What is said of a damaged index; of any other error its text. */
function message(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof IndexDamaged ? error.message : String(error);
  }
  return "nothing was thrown";
}

test("a run that came into no file, or into one of another run, is told from one that is there", (t) => {
  const { index: folder, left } = ownTemporary(t);
  const fds = openFiles();
  const { state } = built(folder, 40);
  const index = LogIndex.read(folder, state);
  rmSync(join(folder, "run-0-36"));
  assert.equal(
    message(() => index.run({ level: 0, number: 36 })),
    "the file of a run is missing",
  );
  rmSync(join(folder, "run-1-1"));
  for (const place of [
    { level: 1, number: 1 },
    { level: 0, number: 17 },
  ])
    assert.equal(
      message(() => index.run(place)),
      "the file of a run is missing",
    );
  const one = join(folder, "run-0-33");
  rmSync(one);
  mkdirSync(one);
  assert.match(
    message(() => index.run({ level: 0, number: 33 })),
    /^the file of a run can't be read: .*run-0-33$/u,
  );
  rmSync(one, { recursive: true });
  built(join(folder, "..", "other"), 3);
  writeFileSync(one, readFileSync(join(folder, "..", "other", "run-0-0")));
  assert.equal(
    message(() => index.run({ level: 0, number: 33 })),
    "a run's file is not the one listed",
  );
  // What was asked for before is not given for it.
  assert.deepEqual(contentOf(index.run({ level: 0, number: 35 })), rowsOf(70, 72));
  assert.equal(
    message(() => index.run({ level: 0, number: 33 })),
    "a run's file is not the one listed",
  );
  assert.equal(index.run({ level: 0, number: 35 }).size, rowsOf(70, 72).length);
  // A row that says of itself that it holds more entries than the file.
  const merged = join(folder, "run-1-0");
  writeFileSync(merged, readFileSync(merged).with(4 + 32, 255));
  assert.match(
    message(() => index.run({ level: 0, number: 3 })),
    /^RangeError/u,
  );
  index.close();
  assert.deepEqual([left(), openFiles()], [[], fds]);
});

test("an index of an earlier checkpoint is read from files that have grown since", (t) => {
  const { index: folder, left } = ownTemporary(t);
  const early = built(join(folder, "early"), 15).state;
  built(folder, 40);
  const index = LogIndex.read(folder, early);
  // Its windows were merged later, into a run that the list of then has not.
  for (const number of [0, 7, 14]) {
    assert.deepEqual(contentOf(index.run({ level: 0, number })), rowsOf(2 * number, 2 * number + 2));
  }
  assert.throws(() => index.record(15), { message: "the run list has no such record" });
  index.close();
  assert.deepEqual(left(), []);
});

test("files of another log are not read, and what is committed to must follow from the lines", (t) => {
  const { index: folder, left } = ownTemporary(t);
  const fds = openFiles();
  const { state, source } = built(folder, 5);
  const wrong = { ...state, root: "ab".repeat(32) };
  assert.throws(() => LogIndex.read(folder, wrong), { message: "the run list is of another log" });
  assert.throws(() => LogIndex.read(join(folder, "none"), state), IndexDamaged);
  assert.equal(LogIndex.rebuild(source, wrong), null);
  assert.equal(LogIndex.rebuild(source, { ...state, runs: state.runs + 1 }), null);
  const broken: IndexSource = {
    ...source,
    lines: () => {
      throw new Error("the log can't be read");
    },
  };
  assert.throws(() => LogIndex.rebuild(broken, state), { message: "the log can't be read" });
  assert.deepEqual([left(), openFiles()], [[], fds]);
  const index = LogIndex.rebuild(source, state);
  assert.equal(left().length, 1);
  assert.ok(index !== null);
  assert.deepEqual(contentOf(index.run({ level: 0, number: 4 })), rowsOf(8, 10));
  index.close();
  assert.deepEqual([left(), openFiles()], [[], fds]);
});
