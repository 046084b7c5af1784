import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { entryBundle } from "../../ledger/tlog/tile.ts";
import { realFileSystem } from "../file-system.ts";
import { TileFiles } from "../tlog/tile-files.ts";
import { ProblemBook } from "./fsck-report.ts";
import { TileCheck } from "./tile-check.ts";

const hashes = (width: number, fill = 7): Buffer => Buffer.alloc(32 * width, fill);
const bundle = (width: number, text = "line"): Uint8Array =>
  entryBundle(Array.from({ length: width }, (_, at) => Buffer.from(`${text} ${at}`)));

interface Checked {
  readonly problems: readonly string[];
  readonly checked: number;
  readonly repaired: number;
  /** Of the file that was compared; null when there is none. */
  readonly after: string | null;
}

interface Case {
  readonly path: string;
  /** What stands there. */
  readonly found: Uint8Array | null;
  /** Of the checkpoint. */
  readonly size: number;
  readonly repair: boolean;
  readonly check: (check: TileCheck) => void;
}

function outcome(t: TestContext, { path, found, size, repair, check }: Case): Checked {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tiles-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = join(folder, path);
  mkdirSync(dirname(at), { recursive: true });
  if (found !== null) writeFileSync(at, found);
  const problems = new ProblemBook();
  const tiles = new TileCheck({ files: new TileFiles(realFileSystem, folder), problems, size, repair });
  check(tiles);
  assert.ok(problems.listed.every(({ repairable }) => repairable));
  const there = readdirSync(dirname(at)).length > 0;
  return {
    problems: problems.listed.map(({ code, place, detail }) => `${code} ${place}: ${detail}`),
    checked: tiles.checked,
    repaired: tiles.repaired,
    after: there ? readFileSync(at).toString("latin1") : null,
  };
}

const MISSING = "the checkpoint's tree needs it";
const WRONG = "it is not what the log's lines give";

test("a tile or a bundle is missing where the checkpoint needs it, and wrong where it holds another thing", (t) => {
  const tile =
    (level: number, index: number, width: number) =>
    (check: TileCheck): void =>
      check.writeTile(level, index, hashes(width));
  const entries =
    (index: number, width: number) =>
    (check: TileCheck): void =>
      check.writeEntries(index, width, bundle(width));
  // A path, what it should hold, what is looked at, and the least size of a checkpoint that needs it.
  const places: readonly (readonly [string, Uint8Array, Uint8Array, (check: TileCheck) => void, number])[] = [
    ["tile/0/000", hashes(256), hashes(256, 8), tile(0, 0, 256), 256],
    ["tile/0/002.p/3", hashes(3), hashes(3, 8), tile(0, 2, 3), 515],
    ["tile/1/000.p/2", hashes(2), hashes(2, 8), tile(1, 0, 2), 512],
    ["tile/2/001.p/2", hashes(2), hashes(2, 8), tile(2, 1, 2), 258 * 65_536],
    ["tile/entries/000", bundle(256), bundle(256, "liar"), entries(0, 256), 256],
    ["tile/entries/002.p/3", bundle(3), bundle(3, "liar"), entries(2, 3), 515],
  ];
  for (const [path, right, wrong, check, needed] of places) {
    const text = Buffer.from(right).toString("latin1");
    for (const repair of [false, true]) {
      const given = { path, check, repair };
      const fine = { problems: [], checked: 1, repaired: 0 };
      for (const size of [0, needed - 1, needed]) {
        assert.deepEqual(outcome(t, { ...given, found: right, size }), { ...fine, after: text }, path);
        assert.deepEqual(outcome(t, { ...given, found: wrong, size }), {
          problems: [`tile_wrong tlog/${path}: ${WRONG}`],
          checked: 1,
          repaired: repair ? 1 : 0,
          after: repair ? text : Buffer.from(wrong).toString("latin1"),
        });
      }
      assert.deepEqual(outcome(t, { ...given, found: null, size: needed - 1 }), { ...fine, after: null }, path);
      assert.deepEqual(outcome(t, { ...given, found: null, size: needed }), {
        problems: [`tile_missing tlog/${path}: ${MISSING}`],
        checked: 1,
        repaired: repair ? 1 : 0,
        after: repair ? text : null,
      });
    }
  }
});

test("a fuller bundle is compared as far as it is asked for, and what is too much hinders nobody", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tiles-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = new TileFiles(realFileSystem, folder);
  files.writeEntries(0, 9, bundle(9));
  files.writeTile(0, 0, hashes(9));
  const problems = new ProblemBook();
  const check = new TileCheck({ files, problems, size: 3, repair: true });
  check.writeEntries(0, 3, bundle(3));
  check.writeTile(0, 0, hashes(3));
  check.dropPartials();
  check.outdate();
  assert.deepEqual([problems.total, check.checked, check.repaired], [0, 2, 0]);
  // One that is put right takes the place of smaller ones.
  files.writeTile(0, 0, hashes(2, 8));
  check.writeTile(0, 0, hashes(12, 8));
  assert.deepEqual([readdirSync(join(folder, "tile", "0", "000.p")).sort(), problems.total], [["2", "9"], 0]);
  const needing = new TileCheck({ files, problems, size: 12, repair: true });
  needing.writeTile(0, 0, hashes(12, 8));
  assert.deepEqual([readdirSync(join(folder, "tile", "0", "000.p")), needing.repaired], [["12"], 1]);
  files.writeEntries(0, 4, bundle(4));
  needing.writeEntries(0, 12, bundle(12));
  assert.deepEqual([readdirSync(join(folder, "tile", "entries", "000.p")), needing.repaired], [["12"], 2]);
});

test("of problems only the first thousand are listed, and all are counted", () => {
  const book = new ProblemBook();
  for (let at = 0; at < 1005; at += 1) {
    if (at % 2 === 0) book.add("seq", `${at}`, "d");
    else book.addDerived("tile_wrong", `${at}`, "d");
  }
  assert.deepEqual([book.listed.length, book.total, [...book.codes]], [1000, 1005, ["seq", "tile_wrong"]]);
  assert.deepEqual(book.listed.slice(0, 2), [
    { code: "seq", place: "0", detail: "d", repairable: false },
    { code: "tile_wrong", place: "1", detail: "d", repairable: true },
  ]);
});
