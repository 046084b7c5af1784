import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { leafHash } from "../merkle.ts";
import { entryData, lineLeaf } from "./entry-data.ts";
import {
  entriesPath,
  entryBundle,
  parseEntryBundle,
  parseTilePath,
  TILE_WIDTH,
  tileNodes,
  tilePath,
  tilesAt,
  tilesOf,
} from "./tile.ts";
import { inclusionProof, treeRoot, TreeFrontier } from "./tree.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

test("paths of tiles are spelled as C2SP tlog-tiles has them, and read back only so", () => {
  const cases = [
    [tilePath(0, 0), "tile/0/000"],
    [tilePath(0, 999, 5), "tile/0/999.p/5"],
    [tilePath(1, 1000), "tile/1/x001/000"],
    [tilePath(63, 1_234_067), "tile/63/x001/x234/067"],
    [entriesPath(1_234_067, 255), "tile/entries/x001/x234/067.p/255"],
    [tilePath(0, Number.MAX_SAFE_INTEGER), "tile/0/x009/x007/x199/x254/x740/991"],
  ] as const;
  for (const [made, expected] of cases) assert.equal(made, expected);
  assert.deepEqual(parseTilePath("tile/63/x001/x234/067"), { level: 63, index: 1_234_067, width: 256 });
  assert.deepEqual(parseTilePath("tile/entries/000.p/7"), { level: "entries", index: 0, width: 7 });
  const wrong = [
    "tile/0/0",
    "tile/00/000",
    "tile/64/000",
    "tile/0/x000/001",
    "tile/0/x001",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/07",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/x999/x999/x999/x999/x999/999",
    "tile/0/../checkpoint",
  ];
  for (const path of wrong) assert.equal(parseTilePath(path), null, path);
  for (const width of [0, 257, 1.5]) assert.throws(() => tilePath(0, 0, width), RangeError);
  assert.throws(() => tilePath(0, -1), RangeError);
});

test("a tree of 70,000 has the tiles that the specification counts", () => {
  assert.deepEqual(tilesAt(0, 70_000), { full: 273, partial: 112 });
  assert.deepEqual(tilesAt(1, 70_000), { full: 1, partial: 17 });
  assert.deepEqual(tilesAt(2, 70_000), { full: 0, partial: 1 });
  assert.equal([...tilesOf(70_000)].length, 273 + 1 + 1 + 1 + 1);
  assert.deepEqual(
    [...tilesOf(256)],
    [
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ],
  );
  assert.deepEqual([...tilesOf(0)], []);
});

test("roots and proofs out of tiles are those of the tree", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1200 }), fc.nat(), (size, at) => {
      const leaves = Array.from({ length: size }, (_, index) => leafHash(Buffer.from(String(index)), sha256));
      const { tiles, frontier, nodes } = tiled(leaves);
      assert.deepEqual(
        [...tilesOf(size)].map(({ level, index, width }) => tilePath(level, index, width)).sort(),
        [...tiles.keys()].sort(),
      );
      const read = tileNodes(
        size,
        (level, index, width) => tiles.get(tilePath(level, index, width)) ?? new Uint8Array(),
        sha256,
      );
      assert.deepEqual(treeRoot(size, read, sha256), frontier.root());
      const index = at % size;
      assert.deepEqual(inclusionProof(index, size, read, sha256), inclusionProof(index, size, nodes, sha256));
    }),
    { numRuns: 25 },
  );
});

function tiled(leaves: readonly Uint8Array[]) {
  const kept = new Map<string, Uint8Array>();
  const nodes = (level: number, index: number): Uint8Array => kept.get(`${level}/${index}`) ?? new Uint8Array();
  const frontier = TreeFrontier.at(0, nodes, sha256);
  for (const leaf of leaves) frontier.append(leaf, (level, index, value) => kept.set(`${level}/${index}`, value));
  const tiles = new Map<string, Uint8Array>();
  for (const { level, index, width } of tilesOf(leaves.length)) {
    const hashes = Array.from({ length: width }, (_, at) => nodes(level * 8, index * TILE_WIDTH + at));
    tiles.set(tilePath(level, index, width), Buffer.concat(hashes));
  }
  return { tiles, frontier, nodes };
}

test("a node that the tree has not, or whose tile is cut off, is refused", () => {
  const cut = tileNodes(10, () => new Uint8Array(9 * 32), sha256);
  assert.throws(() => cut(0, 9), RangeError);
  assert.throws(() => cut(0, 10), RangeError);
  assert.throws(() => cut(4, 0), RangeError);
  assert.equal(cut(3, 0).length, 32);
});

test("entry data is the line as stored, and the hash of one that no bundle could hold", () => {
  const line = Buffer.from('{"a":1}');
  for (const ending of ["", "\n", "\r\n"]) {
    assert.deepEqual(Buffer.from(entryData(Buffer.from(`{"a":1}${ending}`), sha256)), line);
  }
  const fits = Buffer.alloc(65_535, "x");
  const long = Buffer.alloc(65_536, "x");
  assert.equal(entryData(fits, sha256).length, 65_535);
  const expected = `canopy-long-line-v1 ${Buffer.from(sha256(long)).toString("hex")}`;
  assert.equal(Buffer.from(entryData(Buffer.concat([long, Buffer.from("\n")]), sha256)).toString(), expected);
  assert.deepEqual(lineLeaf(line, sha256), sha256(Buffer.concat([Uint8Array.of(0), line])));
});

test("a bundle gives back its entries, and nothing when it is cut, longer or of another count", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }), (entries) => {
      const bundle = entryBundle(entries);
      assert.deepEqual(
        parseEntryBundle(bundle, entries.length)?.map((entry) => Uint8Array.from(entry)),
        entries,
      );
      assert.equal(parseEntryBundle(bundle, entries.length + 1), null);
      if (entries.length > 0) assert.equal(parseEntryBundle(bundle.subarray(0, -1), entries.length), null);
      assert.equal(parseEntryBundle(Uint8Array.of(...bundle, 0), entries.length), null);
    }),
    { numRuns: 50 },
  );
  assert.throws(() => entryBundle([new Uint8Array(65_536)]), RangeError);
});
