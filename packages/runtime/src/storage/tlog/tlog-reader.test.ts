import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../../core/errors.ts";
import { GENESIS } from "../../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../../ledger/entry.ts";
import { inclusionPath, merkleTree, verifyInclusion } from "../../ledger/merkle.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { parseEntryBundle } from "../../ledger/tlog/tile.ts";
import { verifyConsistency } from "../../ledger/tlog/tree.ts";
import { checkIncluded, trustFrom } from "../../runtime/check-included.ts";
import { sha256Hex } from "../chain-host.ts";
import { openFileLedger } from "../file-ledger.ts";
import { realFileSystem } from "../file-system.ts";
import { systemEntry } from "../system-entry.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { proveIncluded } from "./prove-included.ts";
import { writeStaticCopy } from "./static-copy.ts";
import { TileFiles } from "./tile-files.ts";
import { keysOf, seededSigner } from "./tlog-process.fixture.test.ts";
import { TlogReader } from "./tlog-reader.ts";
import { VerifiedTiles } from "./verified-tiles.ts";

function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-tlog-"));
  return work(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

interface Writer {
  prevHash: string;
  seq: number;
  readonly lines: string[];
}

function write(writer: Writer, members: Readonly<Record<string, string | number>>, prevHash = writer.prevHash): string {
  const draft = { ...systemEntry("x", "2026-01-01T00:00:00Z", "é"), ...members };
  writer.seq += 1;
  const seat = { prevHash, seq: writer.seq, payloadRef: null };
  const { line, entryHash } = sealEntry(prepareEntry(draft, "log", false), seat, sha256Hex);
  writer.prevHash = entryHash;
  writer.lines.push(line.slice(0, -1));
  return line;
}

function newWriter(): Writer {
  return { prevHash: GENESIS, seq: 0, lines: [] };
}

/** A log of `count` lines in segments of `perSegment`. */
function writeLog(folder: string, count: number, perSegment: number): Writer {
  const path = join(folder, "audit.log");
  const segments = join(`${path}.d`, "segments");
  mkdirSync(segments, { recursive: true });
  const writer = newWriter();
  let text = "";
  let segment = 1;
  for (let n = 0; n < count; n += 1) {
    if (n > 0 && n % perSegment === 0) {
      const name = `${String(segment).padStart(6, "0")}.log`;
      writeFileSync(join(segments, name), text);
      segment += 1;
      text = write(writer, { event: "log_rotated", segment, previous_segment: name }, GENESIS);
    } else text += write(writer, { n, long: n === 5 ? "x".repeat(70_000) : "" });
  }
  writeFileSync(path, text);
  return writer;
}

function leavesOf(lines: readonly string[]): readonly Uint8Array[] {
  return lines.map((line) => lineLeaf(Buffer.from(line), nodeSha256));
}

test("the tree of a log is the RFC 9162 tree over its lines, at every size and over all segments", async () => {
  await inFolder(async (folder) => {
    const { lines } = writeLog(folder, 700, 300);
    const reader = await TlogReader.open(join(folder, "audit.log"));
    assert.deepEqual([reader.size, reader.has_tiles], [700, false]);
    const leaves = leavesOf(lines);
    for (const size of [0, 1, 2, 255, 256, 257, 299, 300, 301, 512, 699, 700]) {
      assert.deepEqual(reader.rootAt(size), Buffer.from(merkleTree(leaves.slice(0, size), nodeSha256).root), `${size}`);
    }
    const tree = merkleTree(leaves, nodeSha256);
    for (const index of [0, 5, 255, 256, 299, 300, 600, 699]) {
      assert.equal(reader.line(index).toString(), lines[index]);
      const path = reader.inclusion(index);
      assert.deepEqual(path.map(String), inclusionPath(tree, index).map(String));
      const leaf = leaves[index] ?? new Uint8Array(0);
      assert.ok(verifyInclusion(leaf, { index, size: 700, path, root: tree.root }, nodeSha256));
    }
    const proof = { from: 300, to: 700, fromRoot: reader.rootAt(300), toRoot: reader.rootAt(700) };
    assert.ok(verifyConsistency({ ...proof, path: reader.consistency(300, 700) }, nodeSha256));
    assert.throws(() => reader.rootAt(701), RangeError);
    assert.throws(() => reader.line(700), CanopyError);
    reader.close();
  });
});

test("blank lines and line feeds are no leaves, a carriage return is none of the entry's, and a whole last line counts", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "copy.log");
    const writer = newWriter();
    const [a, b, c] = [write(writer, { n: 1 }), write(writer, { n: 2 }), write(writer, { n: 3 })];
    writeFileSync(path, `\n${a.slice(0, -1)}\r\n  \r\n${b}\n\n${c.slice(0, -1)}`);
    const reader = await TlogReader.open(path);
    assert.equal(reader.size, 3);
    const expected = merkleTree(leavesOf(writer.lines), nodeSha256).root;
    assert.deepEqual(reader.rootAt(), Buffer.from(expected));
    reader.close();
    // Half a line is still being written: it is not there yet.
    appendFileSync(path, `\n{"half":`);
    const again = await TlogReader.open(path);
    assert.equal(again.size, 3);
    again.close();
  });
});

test("a line is found in any order, whatever was asked before", async () => {
  await inFolder(async (folder) => {
    const { lines } = writeLog(folder, 600, 250);
    const reader = await TlogReader.open(join(folder, "audit.log"), { strict: true });
    fc.assert(
      fc.property(fc.nat(599), (index) => {
        assert.equal(reader.line(index).toString(), lines[index]);
        const slice = [...reader.lines(index, index + 3)].map((line) => line.bytes.toString());
        assert.deepEqual(slice, lines.slice(index, index + 3));
      }),
      { numRuns: 60 },
    );
    reader.close();
  });
});

test("a log that lacks its first segments and has no tiles is refused, since every index would be wrong", async () => {
  await inFolder(async (folder) => {
    writeLog(folder, 30, 20);
    mkdirSync(join(folder, "elsewhere"));
    const copy = join(folder, "elsewhere", "audit.log");
    copyFileSync(join(folder, "audit.log"), copy);
    await assert.rejects(TlogReader.open(copy), { code: "FILE_UNUSABLE" });
  });
});

const keys = keysOf(seededSigner(2));
const HOUR = 3_600_000;

function timeOf(n: number): string {
  return new Date(Date.UTC(2026, 0, 1) + n * HOUR).toISOString().replace(".000", "");
}

/** A log of 300 entries with a checkpoint, and two that came later; an entry an hour from the first of the year on. */
async function keptLog(folder: string): Promise<string> {
  const path = join(folder, "audit.log");
  const clock = { now: () => 1.8e12 };
  const options = { path, home: join(folder, "home"), signer: seededSigner(1), clock, index: false };
  for (const [from, to, tlog] of [
    [0, 300, { keys, worker: false }],
    [300, 302, undefined],
  ] as const) {
    const ledger = await openFileLedger({ ...options, ...(tlog === undefined ? {} : { tlog }) });
    for (let n = from; n < to; n += 100) {
      const some = Array.from({ length: Math.min(100, to - n) }, (_, at) => ({
        event: "e",
        timestamp: timeOf(n + at),
      }));
      await Promise.all(some.map((entry) => ledger.append({ entry })));
    }
    await ledger.close();
  }
  return path;
}

const NEWER_FIX =
  "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`";
const NONE_FIX =
  "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`";
const STRANGE_FIX = "see `canopy ledger fsck`: the log was cut or changed, or the sidecar is of another log";

test("entries are found by time and by hash, and proven where the newest checkpoint holds them", async () => {
  await inFolder(async (folder) => {
    const path = await keptLog(folder);
    const reader = await TlogReader.open(path);
    const lines = [...reader.lines(0)].map(({ bytes }) => bytes.toString());
    const size = reader.size - 2;
    assert.deepEqual([reader.has_tiles, reader.warnings, lines.length], [true, [], 303]);
    const start = Date.UTC(2026, 0, 1);
    for (const [time, index] of [
      [0, 0],
      [start, 0],
      [start + 1, 1],
      [start + 7 * HOUR, 7],
      [start + 299 * HOUR, 299],
      // The entry before the checkpoint has the time of the clock.
      [start + 299 * HOUR + 1, 300],
      [1.8e12, 300],
      [1.8e12 + 1, 303],
    ] as const) {
      assert.equal(reader.entryIndexAtOrAfter(time), index, `${time}`);
    }
    for (const index of [0, 1, 299, 302]) {
      const { entry_hash, prev_hash }: { entry_hash: string; prev_hash: string } = JSON.parse(lines[index] ?? "");
      assert.equal(reader.indexOfHash(entry_hash), index);
      // A hash that a line names is not the line's own.
      if (index > 0) assert.equal(reader.indexOfHash(prev_hash), index - 1);
    }
    for (const hash of ["", "entry_hash", "0".repeat(64), "A".repeat(64)]) assert.equal(reader.indexOfHash(hash), null);
    const { origin } = readCheckpoint(reader.checkpointNote() ?? "").checkpoint;
    for (const index of [0, 255, 256, size - 1]) {
      const proof = proveIncluded(reader, index);
      assert.deepEqual([proof.index, proof.size, proof.origin], [index, size, origin]);
      const checked = checkIncluded(proof.text, trustFrom({ vkeys: keys.vkeys(origin) }));
      assert.deepEqual([checked.verdict, checked.line], ["valid", lines[index]]);
    }
    for (const index of [size, size + 1, size + 2]) {
      assert.throws(() => proveIncluded(reader, index), {
        code: "INVALID_CHECKPOINT",
        message: `the entry of index ${index} is newer than the newest checkpoint, of ${size}`,
        fix: NEWER_FIX,
      });
    }
    reader.close();
  });
});

test("what was changed, cut or taken away is told where something is to be proven, and tiles are not believed for it", async () => {
  await inFolder(async (folder) => {
    const path = await keptLog(folder);
    const text = readFileSync(path, "utf8");
    const tlog = join(`${path}.d`, "tlog");
    const note = readFileSync(join(tlog, "checkpoint"), "utf8");
    const state = readFileSync(join(tlog, "state"), "utf8");
    const computed = "the tree was computed from the lines";
    const opened = async (): Promise<readonly [TlogReader, string]> => {
      const reader = await TlogReader.open(path);
      return [reader, reader.warnings.join()];
    };
    // A line far before the checkpoint: what is read of the tree is right, and the line is not what it holds.
    writeFileSync(path, text.replace('"seq":20,', '"seq":20,"x":1,'));
    const [changed, nothing] = await opened();
    assert.deepEqual([changed.has_tiles, nothing], [true, ""]);
    assert.throws(() => proveIncluded(changed, 19), {
      code: "LEDGER_REFUSED",
      message: "the line of index 19 is not the one that the log's tree holds",
      fix: "the log was changed: see `canopy verify` and `canopy ledger fsck`",
    });
    assert.equal(proveIncluded(changed, 18).index, 18);
    changed.close();
    const cases: readonly (readonly [() => void, string, "strange" | "own"])[] = [
      // The last eight before the checkpoint are looked at: index 293 is the first of them, 292 is not.
      [() => writeFileSync(path, text.replace('"seq":293,', '"seq":293,"x":1,')), "", "own"],
      [
        () => writeFileSync(path, text.replace('"seq":294,', '"seq":294,"x":1,')),
        `the tiles hold another line of index 293 than the log does: ${computed}`,
        "strange",
      ],
      [
        () => writeFileSync(path, text.split("\n").slice(0, 300).join("\n") + "\n"),
        `the checkpoint is of 301 lines, and the log has fewer: ${computed}`,
        "strange",
      ],
      [
        () => writeFileSync(join(tlog, "state"), state.replace(/"leaf":"../u, '"leaf":"00')),
        `the place that is noted in \`state\` is not of these tiles: ${computed}`,
        "own",
      ],
      // One that notes more than the checkpoint covers is not gone by.
      [() => writeFileSync(join(tlog, "state"), state.replace(/"covered":\d+/u, '"covered":302')), "", "own"],
      [() => writeFileSync(join(tlog, "state"), "torn"), "", "own"],
      [() => rmSync(join(tlog, "tile", "1"), { recursive: true }), `tile 0 of level 1 is missing: ${computed}`, "own"],
      [() => writeFileSync(join(tlog, "checkpoint"), "no note"), "", "strange"],
    ];
    const kept = join(folder, "kept");
    cpSync(tlog, kept, { recursive: true });
    for (const [change, warning, whose] of cases) {
      writeFileSync(path, text);
      rmSync(tlog, { recursive: true });
      cpSync(kept, tlog, { recursive: true });
      change();
      const [reader, said] = await opened();
      assert.equal(said, warning);
      const found = readFileSync(join(tlog, "checkpoint"), "utf8");
      const own = whose === "own";
      assert.deepEqual(
        [reader.checkpointNote(), reader.strangeCheckpoint()],
        own ? [note, null] : [null, found],
        warning,
      );
      if (own) assert.equal(proveIncluded(reader, 5).size, 301);
      else {
        assert.throws(() => proveIncluded(reader, 5), {
          code: "INVALID_CHECKPOINT",
          message:
            "the checkpoint beside the log is of another tree: expected one of its own in `tlog/checkpoint` of its sidecar",
          fix: STRANGE_FIX,
        });
        assert.throws(() => writeStaticCopy(reader, join(folder, "copy")), { code: "INVALID_CHECKPOINT" });
      }
      reader.close();
    }
    rmSync(tlog, { recursive: true });
    writeFileSync(path, text);
    const [bare] = await opened();
    assert.deepEqual([bare.checkpointNote(), bare.strangeCheckpoint(), bare.has_tiles], [null, null, false]);
    assert.throws(() => proveIncluded(bare, 0), {
      code: "INVALID_CHECKPOINT",
      message: "the log has no checkpoint: expected one of its own in `tlog/checkpoint` of its sidecar",
      fix: NONE_FIX,
    });
    bare.close();
  });
});

test("a static copy is the tree of the checkpoint, tile by tile, and its entries", async () => {
  await inFolder(async (folder) => {
    const path = await keptLog(folder);
    const reader = await TlogReader.open(path);
    const copy = join(folder, "copy");
    const { origin } = readCheckpoint(reader.checkpointNote() ?? "").checkpoint;
    assert.deepEqual(writeStaticCopy(reader, copy), { size: 301, origin, tiles: 3, bundles: 2 });
    const files = new TileFiles(realFileSystem, copy);
    assert.equal(files.checkpoint(), reader.checkpointNote());
    const tiles = new VerifiedTiles(files, 301, reader.rootAt(301));
    for (const index of [0, 255, 256, 300]) assert.deepEqual(tiles.node(0, index), Buffer.from(reader.leaf(index)));
    assert.deepEqual(Buffer.from(tiles.node(8, 0)), Buffer.from(reader.node(8, 0)));
    for (const [index, width] of [
      [0, 256],
      [1, 45],
    ] as const) {
      const bundle = files.readEntries(index, width);
      assert.equal(bundle?.width, width);
      const entries = parseEntryBundle(bundle.bytes, width) ?? [];
      assert.deepEqual(
        entries.map((entry) => Buffer.from(entry).toString()),
        [...reader.lines(256 * index, 256 * index + width)].map(({ bytes }) => bytes.toString()),
      );
    }
    for (const size of [304, -1, 1.5]) {
      const message = `the log has a tree of 303 leaves, not of ${size}`;
      assert.throws(() => reader.rootAt(size), { name: "RangeError", message });
    }
    reader.close();
  });
});
