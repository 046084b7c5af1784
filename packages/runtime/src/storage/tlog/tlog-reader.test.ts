import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../../core/errors.ts";
import { GENESIS } from "../../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../../ledger/entry.ts";
import { inclusionPath, merkleTree, verifyInclusion } from "../../ledger/merkle.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { verifyConsistency } from "../../ledger/tlog/tree.ts";
import { sha256Hex } from "../chain-host.ts";
import { systemEntry } from "../system-entry.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { TlogReader } from "./tlog-reader.ts";

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
