import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { formatRunRecord, type RunRecord } from "../../ledger/entry-index/run-record.ts";
import { leafHash, merkleTree, verifyInclusion } from "../../ledger/merkle.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { RunList } from "./run-list.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-list-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function recordAt(at: number): RunRecord {
  const counts = { first: at, end: at + 1, keys: at, level: 0, longest_gap_s: 0, odd: 0, undated: 0, unresolved: 0 };
  return { ...counts, oldest: at, newest: at, resource_key: null, root: String(at).padStart(64, "0") };
}

const leafOf = (at: number): Uint8Array => leafHash(Buffer.from(formatRunRecord(recordAt(at))), sha256);
const rootOf = (size: number): Buffer =>
  Buffer.from(
    merkleTree(
      Array.from({ length: size }, (_, at) => leafOf(at)),
      sha256,
    ).root,
  );

function grown(folder: string, size: number): void {
  const list = RunList.write(folder, 0);
  for (let at = 0; at < size; at += 1) list.append(recordAt(at));
  list.close();
}

function damaged(message: string): (error: unknown) => boolean {
  return (error) => error instanceof IndexDamaged && error.message === message;
}

const sizesIn = (folder: string): Readonly<Record<string, number>> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));

test("a list is read as it was added to, at each of its sizes", (t) => {
  const folder = folderOf(t);
  grown(folder, 21);
  assert.deepEqual(sizesIn(folder), {
    records: 21 * 384,
    "nodes-0": 21 * 32,
    "nodes-1": 10 * 32,
    "nodes-2": 5 * 32,
    "nodes-3": 2 * 32,
    "nodes-4": 32,
  });
  const rows = readFileSync(join(folder, "records"), "utf8");
  assert.equal(rows.slice(384, 768), `${formatRunRecord(recordAt(1)).padEnd(383)}\n`);
  const list = RunList.read(folder, 21);
  for (let size = 0; size <= 21; size += 1) assert.deepEqual(Buffer.from(list.root(size)), rootOf(size));
  assert.deepEqual([list.size, Buffer.from(list.root())], [21, rootOf(21)]);
  for (let at = 0; at < 21; at += 1) {
    assert.deepEqual(list.record(at), recordAt(at));
    const proof = { index: at, size: 21, path: list.path(at, 21), root: rootOf(21) };
    assert.equal(verifyInclusion(leafOf(at), proof, sha256), true);
  }
  assert.throws(() => list.record(21), damaged("the run list has no such record"));
  list.close();
  // One that others are adding to is read as far as it was asked for.
  const earlier = RunList.read(folder, 5);
  assert.deepEqual([earlier.size, Buffer.from(earlier.root())], [5, rootOf(5)]);
  assert.throws(() => earlier.record(5), damaged("the run list has no such record"));
  earlier.close();
});

test("what stands after the committed records is cut off, in every file of the list and in no other", (t) => {
  for (const size of [0, 1, 2, 3, 8, 13, 20, 21]) {
    const folder = folderOf(t);
    grown(folder, 21);
    appendFileSync(join(folder, "nodes-0"), "torn");
    const others = ["nodes-", "nodes-x", "nodes-1x", "xnodes-1", "nodes-1.new", "other"];
    for (const name of others) writeFileSync(join(folder, name), "x".repeat(999));
    const list = RunList.write(folder, size);
    assert.deepEqual([list.size, Buffer.from(list.root())], [size, rootOf(size)]);
    const kept = sizesIn(folder);
    assert.equal(kept["records"], size * 384);
    for (let level = 0; level < 5; level += 1) {
      assert.equal(kept[`nodes-${level}`], Math.floor(size / 2 ** level) * 32, `level ${level} of ${size}`);
    }
    for (const name of others) assert.equal(kept[name], 999, name);
    for (let at = size; at < 30; at += 1) list.append(recordAt(at));
    assert.deepEqual([list.size, Buffer.from(list.root())], [30, rootOf(30)]);
    list.close();
  }
});

test("files that are too short, or rows that are no records, are told", (t) => {
  const folder = folderOf(t);
  grown(folder, 9);
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const restore = (): void =>
    Object.entries(files).forEach(([name, bytes]) => writeFileSync(join(folder, name), bytes));
  truncateSync(join(folder, "records"), 9 * 384 - 1);
  assert.throws(() => RunList.write(folder, 9), damaged("the run list is too short"));
  const cut = RunList.read(folder, 9);
  assert.throws(() => cut.record(8), damaged("a file of the run list is too short"));
  assert.deepEqual(cut.record(7), recordAt(7));
  cut.close();
  restore();
  truncateSync(join(folder, "nodes-3"), 31);
  assert.throws(() => RunList.write(folder, 9), damaged("a file of the run list is too short"));
  restore();
  rmSync(join(folder, "nodes-3"));
  assert.throws(() => RunList.write(folder, 9).root(), IndexDamaged);
  restore();
  for (const row of ["no json", "{}", "null", "[]", `${formatRunRecord(recordAt(4))}x`]) {
    const rows = Buffer.from(files["records"] ?? "");
    rows.write(row.padEnd(383), 4 * 384);
    writeFileSync(join(folder, "records"), rows);
    const list = RunList.read(folder, 9);
    assert.throws(() => list.record(4), damaged("a row of the run list is no record"), row);
    assert.deepEqual(list.record(5), recordAt(5));
    list.close();
  }
});
