import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { rowHash, type RunRow } from "../../ledger/entry-index/index-run.ts";
import { emptyStretch, type Stretch } from "../../ledger/entry-index/stretch.ts";
import { merkleTree, nodeHash } from "../../ledger/merkle.ts";
import { nodeSha256 as sha256 } from "../tlog/node-sha256.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { openIndexFile } from "./open-index-file.ts";
import { RunFile, RunFileWriter } from "./run-file.ts";
import { RunMerge } from "./run-merge.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const STRETCH: Stretch = {
  first: 1000,
  end: 9000,
  oldest: 5,
  newest: 7,
  longest_gap_s: 2,
  undated: 3,
  odd: 4,
  unresolved: 6,
  resource_key: "mixed",
  last: 8,
};

/** Rows in order: keys two apart, so that others lie between them. */
function rowsOf(count: number, entries: (at: number) => readonly number[] = (at) => [1000 + at]): readonly RunRow[] {
  return Array.from({ length: count }, (_, at) => ({ key: keyAt(2 * at + 1), entries: entries(at) }));
}

function keyAt(number: number): Uint8Array {
  const key = Buffer.alloc(32);
  key.writeUInt32BE(number, 28);
  return Uint8Array.from(key);
}

function written(path: string, rows: readonly RunRow[], stretch: Stretch = STRETCH): string {
  const writer = new RunFileWriter(path, stretch.first);
  for (const row of rows) writer.add(row);
  writer.finish(stretch);
  return path;
}

function plain({ key, entries }: RunRow): RunRow {
  return { key: Uint8Array.from(key), entries };
}

/** Thrown, as what it says and what caused it. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof IndexDamaged, String(error));
    assert.equal(error.name, "IndexDamaged");
    return error.cause instanceof IndexDamaged ? `${error.message}: ${error.cause.message}` : error.message;
  }
  return "nothing was thrown";
}

test("a run of any size is read back: each row, where each key stands, and every node of its tree", (t) => {
  const folder = folderOf(t);
  for (const size of [0, 1, 255, 256, 257, 512, 600]) {
    const rows = rowsOf(size, (at) => Array.from({ length: 1 + (at % 3) }, (_, n) => 1000 + at + n));
    const file = RunFile.open(written(join(folder, `run-${size}`), rows));
    const leaves = rows.map((row) => rowHash(row, sha256));
    assert.deepEqual([file.size, file.isWhole()], [size, true]);
    assert.deepEqual(file.footer, {
      keys: size,
      root: Buffer.from(merkleTree(leaves, sha256).root).toString("hex"),
      stretch: STRETCH,
    });
    assert.deepEqual([...file.rows()].map(plain), rows);
    for (const at of [0, 1, 2, 254, 255, 256, 257, 510, 511, 512, size - 2, size - 1]) {
      if (at < 0 || at >= size) continue;
      assert.deepEqual(plain(file.row(at)), rows[at], `row ${at} of ${size}`);
      for (const [number, place] of [
        [2 * at, at],
        [2 * at + 1, at],
        [2 * at + 2, at + 1],
      ] as const) {
        assert.equal(file.search(keyAt(number)), place, `key ${number} of ${size}`);
      }
    }
    let [level, nodes] = [0, leaves];
    for (; nodes.length > 0; level += 1) {
      nodes.forEach((node, index) => assert.deepEqual(Uint8Array.from(file.node(level, index)), Uint8Array.from(node)));
      const pairs = Math.floor(nodes.length / 2);
      nodes = Array.from({ length: pairs }, (_, at) =>
        nodeHash(nodes[2 * at] ?? new Uint8Array(), nodes[2 * at + 1] ?? new Uint8Array(), sha256),
      );
    }
    assert.equal(
      refusal(() => file.row(size)),
      "a run has no such row",
    );
    if (size % 256 !== 0)
      assert.equal(
        refusal(() => file.node(0, size)),
        "a run has no such subtree",
      );
    file.close();
  }
});

test("a run whose rows don't fit into what is written at once is the same, and is hashed as it was written", (t) => {
  const folder = folderOf(t);
  const many = Array.from({ length: 100_000 }, (_, n) => 1000 + n);
  const rows = rowsOf(7, (at) => (at % 2 === 0 ? many : [1000]));
  const path = written(join(folder, "run"), rows);
  const bytes = readFileSync(path);
  assert.ok(bytes.length > 1_572_864);
  assert.equal(bytes.subarray(0, 4).toString(), "CIX1");
  assert.deepEqual(createHash("sha256").update(bytes.subarray(0, -32)).digest(), bytes.subarray(-32));
  const file = RunFile.open(path);
  assert.equal(file.isWhole(), true);
  assert.deepEqual([...file.rows()].map(plain), rows);
  file.close();
  for (const at of [0, 4, 50, 1_048_575, 1_048_576, bytes.length - 33, bytes.length - 32, bytes.length - 1]) {
    writeFileSync(path, bytes.with(at, (bytes[at] ?? 0) ^ 1));
    const changed = openedOrNull(path);
    if (changed !== null) assert.equal(changed.isWhole(), false, `byte ${at}`);
    changed?.close();
  }
});

function openedOrNull(path: string): RunFile | null {
  try {
    return RunFile.open(path);
  } catch {
    return null;
  }
}

/** A run's file of one row, with another footer. */
function withFooter(bytes: Buffer, footer: string, length: number = Buffer.byteLength(footer)): Buffer {
  const from = bytes.length - 36 - bytes.readUInt32BE(bytes.length - 36);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(footer), size, bytes.subarray(-32)]);
}

test("a file that is no run, or not as it was written, is refused with what is wrong", (t) => {
  const folder = folderOf(t);
  const path = written(join(folder, "run"), rowsOf(1));
  const bytes = readFileSync(path);
  const stretch = { ...STRETCH };
  const good = { keys: 1, root: "ab".repeat(32), stretch, blocks: 1 };
  const notWritten = "a run's footer is not as it was written";
  const tooShort = "a file of the index is too short";
  const cases: readonly (readonly [string, Buffer])[] = [
    [tooShort, Buffer.alloc(0)],
    [tooShort, Buffer.alloc(35)],
    ["a run's footer is too long", withFooter(bytes, JSON.stringify(good), 4097)],
    [tooShort, withFooter(bytes.subarray(-200), JSON.stringify(good), 4096)],
    ["a run's footer is no object", withFooter(bytes, "[1]")],
    ["a run's footer is no object", withFooter(bytes, "null")],
    ["a run's blocks don't hold its keys", withFooter(bytes, JSON.stringify({ ...good, keys: 257 }))],
    ["a run's blocks don't hold its keys", withFooter(bytes, JSON.stringify({ ...good, keys: 0 }))],
    [tooShort, withFooter(bytes, JSON.stringify({ ...good, blocks: 1000 }))],
    ...["keys", "blocks", "root", "stretch"].map(
      (name) => [notWritten, withFooter(bytes, JSON.stringify({ ...good, [name]: "1" }))] as const,
    ),
    ...["first", "end", "oldest", "newest", "longest_gap_s", "undated", "odd", "unresolved", "last"].flatMap((name) =>
      [-1, 1.5, "1", true].map(
        (wrong) =>
          [notWritten, withFooter(bytes, JSON.stringify({ ...good, stretch: { ...stretch, [name]: wrong } }))] as const,
      ),
    ),
    ...["first", "end", "longest_gap_s", "undated", "odd", "unresolved"].map(
      (name) =>
        [notWritten, withFooter(bytes, JSON.stringify({ ...good, stretch: { ...stretch, [name]: null } }))] as const,
    ),
  ];
  const fds = openFiles();
  for (const [problem, changed] of cases) {
    writeFileSync(path, changed);
    assert.equal(
      refusal(() => RunFile.open(path).close()),
      `the file of a run can't be read: ${path}: ${problem}`,
      JSON.stringify(changed.toString("latin1").slice(-300)),
    );
  }
  assert.equal(openFiles(), fds, "a file that is refused is closed");
  writeFileSync(path, withFooter(bytes, "{"));
  assert.throws(
    () => RunFile.open(path),
    (error: unknown) => error instanceof IndexDamaged && error.cause instanceof SyntaxError,
  );
  for (const name of ["oldest", "newest", "last", "resource_key"] as const) {
    writeFileSync(path, withFooter(bytes, JSON.stringify({ ...good, stretch: { ...stretch, [name]: null } })));
    const file = RunFile.open(path);
    assert.deepEqual(file.footer.stretch, { ...STRETCH, [name]: null });
    file.close();
  }
  const padded = JSON.stringify(good).padEnd(4096);
  writeFileSync(path, withFooter(bytes, padded));
  const longest = RunFile.open(path);
  assert.equal(longest.footer.keys, 1);
  longest.close();
});

function openFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

test("what stands in the place of a file of the index and is none is not opened, and is left as it is", (t) => {
  const folder = folderOf(t);
  const target = join(folder, "target");
  writeFileSync(target, "kept");
  const places: readonly (readonly [string, string, (path: string) => void])[] = [
    ["missing", "a file of the index can't be opened", () => undefined],
    ["folder", "a file of the index ", (path) => mkdirSync(path)],
    ["link", "a file of the index can't be opened", (path) => symlinkSync(target, path)],
  ];
  const fds = openFiles();
  for (const [name, problem, make] of places) {
    for (const mode of ["read", "append", "anew"] as const) {
      const path = join(folder, `${name}-${mode}`);
      make(path);
      if (name === "missing" && mode !== "read") continue;
      const said = refusal(() => openIndexFile(path, mode));
      assert.ok(said.startsWith(problem) && said.endsWith(`: ${path}`), said);
    }
  }
  assert.equal(
    refusal(() => openIndexFile(join(folder, "folder-read"), "read")),
    notRegular(join(folder, "folder-read")),
  );
  assert.equal(openFiles(), fds);
  assert.equal(readFileSync(target, "utf8"), "kept");
});

function notRegular(path: string): string {
  return `a file of the index is not a regular file: ${path}`;
}

const [A, B] = [
  { ...emptyStretch(10, 3), end: 20, oldest: 4, newest: 5, last: 5 },
  { ...emptyStretch(20, 5), end: 30, oldest: 6, newest: 9, longest_gap_s: 3, last: 9 },
];

test("runs are merged in slices, into the run that their rows give, and their files are let go", (t) => {
  const folder = folderOf(t);
  const one = written(
    join(folder, "a"),
    rowsOf(5, () => [12]),
    A,
  );
  const other = written(
    join(folder, "b"),
    rowsOf(3, (at) => [20 + at]),
    B,
  );
  const fds = openFiles();
  const merge = new RunMerge([one, other], join(folder, "c"));
  assert.equal(merge.rows, 8);
  const places = (): readonly boolean[] => [existsSync(join(folder, "c")), existsSync(join(folder, "c.new"))];
  // The last row is written by the last of these, and that it was the last only shows with the next.
  for (const rows of [0, 2, 2, 1]) {
    merge.step(rows);
    assert.deepEqual(places(), [false, true]);
  }
  merge.step(1);
  assert.deepEqual(places(), [true, false]);
  assert.equal(openFiles(), fds);
  merge.step(1);
  merge.abandon();
  const { keys, stretch } = merge.finish();
  assert.deepEqual([keys, stretch], [5, { ...A, end: 30, newest: 9, longest_gap_s: 3, last: 9 }]);
  assert.equal(openFiles(), fds);
  const file = RunFile.open(join(folder, "c"));
  assert.deepEqual(
    [...file.rows()].map(({ entries }) => entries),
    [[12, 20], [12, 21], [12, 22], [12], [12]],
  );
  assert.equal(file.isWhole(), true);
  file.close();
});

test("a merge that is given up leaves nothing open and nothing in its place, and can be begun again", (t) => {
  const folder = folderOf(t);
  const parts = [
    written(
      join(folder, "a"),
      rowsOf(2, () => [12]),
      A,
    ),
    written(join(folder, "b"), [], B),
  ];
  const fds = openFiles();
  const given = new RunMerge(parts, join(folder, "c"));
  given.step(1);
  given.abandon();
  assert.equal(openFiles(), fds);
  assert.equal(existsSync(join(folder, "c")), false);
  const again = new RunMerge(parts, join(folder, "c"));
  assert.equal(again.finish().keys, 2);
  assert.equal(openFiles(), fds);
});

test("runs that were changed, that don't meet, or of which there are none are not merged", (t) => {
  const folder = folderOf(t);
  const [one, other] = [
    written(
      join(folder, "a"),
      rowsOf(2, () => [12]),
      A,
    ),
    written(join(folder, "b"), [], B),
  ];
  const to = join(folder, "c");
  assert.equal(
    refusal(() => new RunMerge([], to)),
    "nothing to merge",
  );
  assert.equal(
    refusal(() => new RunMerge([other, one], to)),
    "runs to be merged don't meet",
  );
  assert.equal(
    refusal(() => new RunMerge([one, one], to)),
    "runs to be merged don't meet",
  );
  const bytes = readFileSync(one);
  writeFileSync(one, bytes.with(5, (bytes[5] ?? 0) ^ 1));
  for (const parts of [
    [one, other],
    [other, one],
  ])
    assert.equal(
      refusal(() => new RunMerge(parts, to)),
      "the file of a run was changed",
    );
  assert.equal(existsSync(to), false);
});
