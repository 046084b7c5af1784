import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { merkleTree } from "../ledger/merkle.ts";
import { lineLeaf } from "../ledger/tlog/entry-data.ts";
import { TreeFrontier } from "../ledger/tlog/tree.ts";
import {
  CheckpointAudit,
  leavesInTiles,
  treeBefore,
  type KnownCheckpoint,
  type LeafLookup,
  type TreeFailure,
} from "./checkpoint-audit.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";
import { TileFiles } from "./tlog/tile-files.ts";

function leavesOf(lines: readonly string[]): readonly Uint8Array[] {
  return lines.map((line) => lineLeaf(Buffer.from(line), nodeSha256));
}

function known(lines: readonly string[], size: number, name = `at ${size}`): KnownCheckpoint {
  return { name, size, root: merkleTree(leavesOf(lines.slice(0, size)), nodeSha256).root };
}

interface Audited {
  readonly failure: TreeFailure | null;
  readonly holds: readonly boolean[];
}

/** Show lines to an audit whose tiles are of other lines. */
function audit(
  shown: readonly string[],
  checkpoints: readonly KnownCheckpoint[],
  tiles: readonly string[] = [],
): Audited {
  const stored = leavesOf(tiles);
  const none = TreeFrontier.at(0, () => new Uint8Array(32), nodeSha256);
  const judge = new CheckpointAudit(checkpoints, none, (index) => stored[index] ?? null);
  for (const [index, line] of shown.entries()) judge.saw(Buffer.from(line), { segment: null, line: index + 1 });
  const failure = judge.finish();
  return { failure, holds: judge.results().map(({ holds }) => holds) };
}

const LINES = Array.from({ length: 30 }, (_, at) => `{"n":${at}}`);
const changed = (at: number): readonly string[] => LINES.map((line, index) => (index === at ? "{}" : line));

test("checkpoints of any size hold for the log that they are of", () => {
  assert.deepEqual(audit(LINES, [known(LINES, 30), known(LINES, 1), known(LINES, 17), known(LINES, 0)]), {
    failure: null,
    holds: [true, true, true, true],
  });
});

test("where the tiles make the checkpoint's root, the first line that differs is known", () => {
  const { failure, holds } = audit(changed(12), [known(LINES, 10), known(LINES, 30)], LINES);
  assert.deepEqual(failure, {
    failure: "checkpoint",
    place: { segment: null, line: 13 },
    within: { first: 13, last: 13 },
  });
  assert.deepEqual(holds, [true, false]);
  // Also when the end is gone besides.
  const cut = audit(changed(12).slice(0, 20), [known(LINES, 30)], LINES);
  assert.deepEqual(cut.failure?.within, { first: 13, last: 13 });
});

test("tiles that don't make the root are not believed: the range after what holds is named", () => {
  for (const tiles of [[], changed(3), changed(12), LINES.slice(0, 20)]) {
    const { failure } = audit(changed(12), [known(LINES, 10), known(LINES, 30)], tiles);
    assert.deepEqual(failure?.within, { first: 11, last: 30 });
    assert.deepEqual(failure?.place, { segment: null, line: 11 });
  }
});

test("a log that ends before its checkpoint shrank, at its end", () => {
  const { failure, holds } = audit(LINES.slice(0, 20), [known(LINES, 30), known(LINES, 20)], LINES);
  assert.deepEqual(failure, { failure: "shrunk", place: null, within: { first: 21, last: 21 } });
  assert.deepEqual(holds, [true, false]);
  // Without tiles nobody can tell whether what is left is as it was.
  const alone = audit(changed(12).slice(0, 20), [known(LINES, 30), known(LINES, 5)]);
  assert.deepEqual(alone.failure, { failure: "shrunk", place: null, within: { first: 6, last: 21 } });
});

test("a checkpoint that holds is never refused, one that does not is never accepted, and what is named is right", () => {
  const logs = fc.array(
    fc.integer({ min: 0, max: 3 }).map((n) => `{"n":${n}}`),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(logs, logs, fc.nat(), fc.boolean(), (written, shown, at, hasTiles) => {
      const size = at % (written.length + 1);
      const { failure } = audit(shown, [known(written, size)], hasTiles ? written : []);
      const differs = Array.from({ length: size }, (_, index) => index).find(
        (index) => written[index] !== shown[index],
      );
      assert.equal(failure === null, differs === undefined);
      if (failure === null || differs === undefined) return;
      assert.ok(failure.within.first <= differs + 1);
      if (hasTiles) assert.equal(failure.within.first, differs + 1);
    }),
  );
});

/** Show lines, from a size of the log on, to an audit whose tiles are looked up so. */
function auditFrom(
  first: number,
  shown: readonly string[],
  checkpoints: readonly KnownCheckpoint[],
  leaves: LeafLookup,
): CheckpointAudit {
  const nodes = leavesOf(LINES);
  const tree = TreeFrontier.at(
    first,
    (level, index) => merkleTree(nodes.slice(index * 2 ** level, (index + 1) * 2 ** level), nodeSha256).root,
    nodeSha256,
  );
  const judge = new CheckpointAudit(checkpoints, tree, leaves);
  for (const [index, line] of shown.entries()) judge.saw(Buffer.from(line), { segment: "a.log", line: index + 1 });
  return judge;
}

const noTiles: LeafLookup = () => null;
const place = (line: number): { segment: string; line: number } => ({ segment: "a.log", line });

test("a log whose first lines are gone is compared from where it begins", () => {
  const rest = LINES.slice(10);
  const good = auditFrom(10, rest, [known(LINES, 30), known(LINES, 10), known(LINES, 20)], noTiles);
  assert.equal(good.finish(), null);
  assert.deepEqual(good.results(), [
    { name: "at 10", size: 10, holds: true },
    { name: "at 20", size: 20, holds: true },
    { name: "at 30", size: 30, holds: true },
  ]);
  // What came before the first line that is there can't be looked at.
  const before = auditFrom(10, rest, [known(LINES, 30), known(LINES, 5)], noTiles);
  assert.deepEqual(before.finish(), { failure: "checkpoint", place: null, within: { first: 1, last: 5 } });
  assert.deepEqual(
    before.results().map(({ holds }) => holds),
    [false, true],
  );
  const differs = auditFrom(10, changed(12).slice(10), [known(LINES, 20)], noTiles);
  assert.deepEqual(differs.finish(), { failure: "checkpoint", place: place(1), within: { first: 11, last: 20 } });
  const stored = leavesOf(LINES);
  const exact = auditFrom(10, changed(12).slice(10), [known(LINES, 20)], (index) => stored[index] ?? null);
  assert.deepEqual(exact.finish(), { failure: "checkpoint", place: place(3), within: { first: 13, last: 13 } });
});

test("of two checkpoints of one size that differ one is refused, and nothing says from where on", () => {
  const other = { ...known(changed(3), 20), name: "other" };
  for (const order of [
    [known(LINES, 20), other],
    [other, known(LINES, 20)],
  ]) {
    const judge = auditFrom(0, LINES, order, noTiles);
    const failure = judge.finish();
    assert.equal(failure?.failure, "checkpoint");
    assert.deepEqual(failure.within, { first: 1, last: 20 });
    assert.deepEqual(failure.place, place(1));
    assert.deepEqual(
      judge.results().filter(({ holds }) => !holds),
      [{ name: "other", size: 20, holds: false }],
    );
  }
});

test("what a checkpoint that holds covers is left out of where the next may differ, the first to differ is named", () => {
  const checkpoints = [known(LINES, 5), known(LINES, 10), known(LINES, 15), known(changed(22), 25), known(LINES, 28)];
  const judge = auditFrom(0, changed(22), checkpoints, noTiles);
  assert.deepEqual(judge.finish(), { failure: "checkpoint", place: place(26), within: { first: 26, last: 28 } });
  const twice = auditFrom(0, changed(12), [known(LINES, 10), known(LINES, 15), known(LINES, 30)], noTiles);
  assert.deepEqual(twice.finish(), { failure: "checkpoint", place: place(11), within: { first: 11, last: 15 } });
  // One that differs, then a log that is too short: the first is told.
  const short = auditFrom(0, changed(12).slice(0, 20), [known(LINES, 15), known(LINES, 30)], noTiles);
  assert.deepEqual(short.finish(), { failure: "checkpoint", place: place(1), within: { first: 1, last: 15 } });
  assert.deepEqual(
    short.results().map(({ holds }) => holds),
    [false, false],
  );
});

const shrunk = (within: { first: number; last: number }): TreeFailure => ({ failure: "shrunk", place: null, within });

test("tiles of which one leaf is missing tell nothing after it, whatever they hold besides", () => {
  const stored = leavesOf(LINES);
  const without =
    (gone: number): LeafLookup =>
    (index) =>
      index === gone ? null : (stored[index] ?? null);
  const cut = LINES.slice(0, 20);
  for (const [gone, first] of [
    [3, 6],
    [19, 6],
    [20, 6],
    [29, 6],
    [30, 21],
  ] as const) {
    const judge = auditFrom(0, cut, [known(LINES, 5), known(LINES, 30)], without(gone));
    assert.deepEqual(judge.finish(), shrunk({ first, last: 21 }), String(gone));
  }
  // The largest checkpoint's root is what the tiles must make.
  const foreign = { ...known(changed(2), 25), name: "other" };
  const both = auditFrom(0, cut, [known(LINES, 30), foreign], without(30));
  assert.deepEqual(both.finish(), shrunk({ first: 21, last: 21 }));
  const largest = auditFrom(0, cut, [known(LINES, 25), { ...foreign, size: 30 }], without(30));
  assert.deepEqual(largest.finish(), shrunk({ first: 1, last: 21 }));
});

test("a log is known to its end while a checkpoint is of all its lines", () => {
  for (const [size, shown, expected] of [
    [30, 30, true],
    [30, 29, true],
    [29, 30, false],
    [0, 1, false],
    [0, 0, true],
  ] as const) {
    const judge = auditFrom(0, LINES.slice(0, shown), [known(LINES, size), known(LINES, 0)], noTiles);
    assert.equal(judge.isWholeKept(), expected, `${shown} of ${size}`);
  }
  assert.equal(auditFrom(10, LINES.slice(10, 20), [known(LINES, 20)], noTiles).isWholeKept(), true);
  assert.equal(auditFrom(10, LINES.slice(10, 21), [known(LINES, 20)], noTiles).isWholeKept(), false);
  assert.equal(auditFrom(0, ["{}"], [], noTiles).isWholeKept(), false);
});

test("tiles are asked for while a checkpoint is ahead, and no more once one was missing", () => {
  const asked: number[] = [];
  const stored = leavesOf(LINES);
  const lookup =
    (gone: number): LeafLookup =>
    (index) => {
      asked.push(index);
      return index === gone ? null : (stored[index] ?? null);
    };
  assert.equal(auditFrom(0, LINES, [known(LINES, 4)], lookup(30)).finish(), null);
  assert.deepEqual(asked.splice(0), [0, 1, 2, 3]);
  assert.equal(auditFrom(0, LINES, [known(LINES, 4)], lookup(1)).finish(), null);
  assert.deepEqual(asked.splice(0), [0, 1]);
  auditFrom(0, LINES.slice(0, 2), [known(LINES, 4)], lookup(2)).finish();
  assert.deepEqual(asked, [0, 1, 2]);
});

/** Tiles in a folder, and the paths that were opened of it. */
function tilesIn(t: TestContext): { files: TileFiles; opened: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tiles-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const opened: string[] = [];
  const open: FileSystem["open"] = (path, mode) => {
    if (mode === "read") opened.push(path.slice(folder.length + 1));
    return realFileSystem.open(path, mode);
  };
  return { files: new TileFiles({ ...realFileSystem, open }, folder), opened };
}

const MANY = leavesOf(Array.from({ length: 600 }, (_, at) => `{"n":${at}}`));

test("leaves are read a tile at a time, up to the size that was asked for", (t) => {
  const { files, opened } = tilesIn(t);
  const lookup = (size: number): LeafLookup => {
    const found = leavesInTiles(files, size);
    opened.splice(0);
    return found;
  };
  files.writeTile(0, 0, Buffer.concat(MANY.slice(0, 256)));
  files.writeTile(0, 1, Buffer.concat(MANY.slice(256, 512)));
  files.writeTile(0, 2, Buffer.concat(MANY.slice(512, 550)));
  const all = lookup(545);
  for (let index = 0; index < 545; index += 1) {
    assert.equal(Buffer.compare(all(index) ?? assert.fail(), MANY[index] ?? assert.fail()), 0, String(index));
  }
  assert.deepEqual([all(545), all(549), all(600)], [null, null, null]);
  const before = opened.length;
  assert.ok(before <= 4, opened.join());
  all(544);
  all(520);
  assert.equal(opened.length, before);
  assert.deepEqual(all(0), Buffer.from(MANY[0] ?? []));
  assert.equal(opened.length, before + 1);
  // Fuller than what is there; and one of which nothing is there.
  assert.equal(lookup(551)(512), null);
  const none = lookup(900);
  assert.deepEqual([none(511) === null, none(512), none(768), none(899), none(900)], [false, null, null, null, null]);
});

const open = (): never => {
  throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
};

test("the tree before a line is made from its tiles, or is not known; another error is not hidden", (t) => {
  const { files } = tilesIn(t);
  assert.equal(treeBefore(0, files)?.size, 0);
  for (const size of [1, 7, 256, 300, 512, 600]) {
    files.writeTile(0, 0, Buffer.concat(MANY.slice(0, Math.min(256, size))));
    if (size > 256) files.writeTile(0, 1, Buffer.concat(MANY.slice(256, Math.min(512, size))));
    if (size > 512) files.writeTile(0, 2, Buffer.concat(MANY.slice(512, size)));
    const tops = Array.from({ length: Math.floor(size / 256) }, (_, at) => MANY.slice(at * 256, at * 256 + 256));
    if (tops.length > 0) {
      const nodes = tops.map((leaves) => merkleTree(leaves, nodeSha256).root);
      files.writeTile(1, 0, Buffer.concat(nodes));
    }
    const tree = treeBefore(size, files);
    assert.deepEqual(tree?.root(), merkleTree(MANY.slice(0, size), nodeSha256).root, String(size));
    assert.equal(tree.size, size);
  }
  assert.equal(treeBefore(601, files), null);
  truncateSync(join(files.folder, "tile", "1", "000.p", "2"), 40);
  assert.equal(treeBefore(600, files), null);
  const broken = new TileFiles({ ...realFileSystem, open }, files.folder);
  assert.throws(() => treeBefore(600, broken), { code: "EIO" });
});
