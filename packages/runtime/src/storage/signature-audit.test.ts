import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { batchLeaf, batchMessage, verifyMembership } from "../ledger/batch-proof.ts";
import { merkleTree } from "../ledger/merkle.ts";
import { BatchSigner, parseBatchRecord } from "./batch-signer.ts";
import { realFileSystem } from "./file-system.ts";
import { SignatureAudit, type KeyLookup } from "./signature-audit.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

const LOG = "log-1";
const NO_LINE = Buffer.alloc(0);
const hashOf = (seq: number): string => hash("sha256", String(seq));
/** A signature that anybody could make: what is signed, hashed with the key's name. */
const signed = (key: string, message: Uint8Array): string =>
  hash("sha256", Buffer.concat([Buffer.from(key), message]), "base64url");
const keys: KeyLookup = (key) => (key === "stranger" ? null : (message, text) => text === signed(key, message));

function proofs(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-proofs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "proofs.jsonl");
}

/** A record of a batch, changed as told. */
function record(first: number, size: number, change: object = {}, key_id = "k"): string {
  const leaves = Array.from({ length: size }, (_, at) => batchLeaf(hashOf(first + at), nodeSha256));
  const { root } = merkleTree(leaves, nodeSha256);
  const made = { first, size, root: Buffer.from(root).toString("hex") };
  return JSON.stringify({ ...made, signature: signed(key_id, batchMessage(LOG, root)), key_id, ...change });
}

interface Ran {
  readonly count: number;
  readonly firstSeq?: number;
  readonly grew?: boolean;
}

/** What an audit says of so many entries with those records: the bad one, how many are unsigned, batches and entries. */
function audit(path: string, lines: readonly string[] | null, { count, firstSeq = 1, grew = false }: Ran): string {
  rmSync(path, { force: true });
  if (lines !== null) writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  const judge = new SignatureAudit(realFileSystem, path, keys, { logId: LOG, firstSeq });
  for (let seq = firstSeq; seq < firstSeq + count; seq += 1) judge.saw(hashOf(seq), NO_LINE);
  const { bad_seq, unsigned, unknown } = judge.finish(grew);
  judge.close();
  const stranger = unknown === null ? "" : `, ${unknown.key_id} from ${unknown.seq}`;
  return `bad ${bad_seq ?? "none"}, ${unsigned} unsigned, ${judge.batches} batches of ${judge.covered}${stranger}`;
}

test("batches that hold are counted, the first that doesn't is named, and what no batch covers at the end is counted", (t) => {
  const path = proofs(t);
  const { root } = merkleTree([batchLeaf(hashOf(4), nodeSha256)], nodeSha256);
  const ofOtherLog = signed("k", batchMessage("log-2", root));
  const [one, two, three] = [record(1, 3), record(4, 1), record(5, 4)];
  const cases: readonly [readonly string[] | null, Ran, string][] = [
    [null, { count: 8 }, "bad none, 8 unsigned, 0 batches of 0"],
    [[], { count: 8 }, "bad none, 8 unsigned, 0 batches of 0"],
    [[one, two, three], { count: 8 }, "bad none, 0 unsigned, 3 batches of 8"],
    [[one, two, three], { count: 10 }, "bad none, 2 unsigned, 3 batches of 8"],
    [[one, three], { count: 8 }, "bad none, 0 unsigned, 2 batches of 7"],
    [[two, one, three], { count: 8 }, "bad none, 0 unsigned, 3 batches of 8"],
    [["", "{", one, "null", "[]", two], { count: 5 }, "bad none, 1 unsigned, 2 batches of 4"],
    // Beyond the end, unless the log grew meanwhile.
    [[one, two, three], { count: 7 }, "bad 5, 3 unsigned, 2 batches of 4"],
    [[one, two, three], { count: 7, grew: true }, "bad none, 3 unsigned, 2 batches of 4"],
    [[one, two, three], { count: 0 }, "bad 1, 0 unsigned, 0 batches of 0"],
    // Another root, another signature, another log, another key.
    [[one, record(4, 1, { root: hashOf(1) }), three], { count: 8 }, "bad 4, 5 unsigned, 1 batches of 3"],
    [[one, record(4, 1, { signature: "x" }), three], { count: 8 }, "bad 4, 5 unsigned, 1 batches of 3"],
    [[one, record(4, 1, { signature: ofOtherLog }), three], { count: 8 }, "bad 4, 5 unsigned, 1 batches of 3"],
    [[one, record(4, 1, { key_id: "other" })], { count: 4 }, "bad 4, 1 unsigned, 1 batches of 3"],
    [[record(1, 3, { size: 2 }), two], { count: 4 }, "bad 1, 4 unsigned, 0 batches of 0"],
    // A key that isn't known covers nothing, and hides no other root.
    [[record(1, 3, {}, "stranger"), two], { count: 4 }, "bad none, 0 unsigned, 1 batches of 1, stranger from 1"],
    [
      [one, record(4, 1, {}, "stranger"), record(5, 4, {}, "stranger")],
      { count: 8 },
      "bad none, 5 unsigned, 1 batches of 3, stranger from 4",
    ],
    [[record(1, 3, { root: hashOf(1) }, "stranger")], { count: 4 }, "bad 1, 4 unsigned, 0 batches of 0"],
    // A log whose first entries are gone.
    [[one, two, three], { count: 4, firstSeq: 5 }, "bad none, 0 unsigned, 1 batches of 4"],
    [[one, two, three], { count: 3, firstSeq: 6 }, "bad none, 3 unsigned, 0 batches of 0"],
    [[one, two, three], { count: 5, firstSeq: 4 }, "bad none, 0 unsigned, 2 batches of 5"],
    [[one], { count: 2, firstSeq: 9 }, "bad none, 2 unsigned, 0 batches of 0"],
  ];
  for (const [lines, ran, expected] of cases) assert.equal(audit(path, lines, ran), expected, JSON.stringify(lines));
});

test("records are read in pieces, whatever their length, and one without its line feed is none", (t) => {
  const path = proofs(t);
  const filler = "x".repeat(700_000);
  const lines = [record(1, 1, { filler }), record(2, 1, { filler }), record(3, 1, { filler }), record(4, 1)];
  assert.equal(audit(path, lines, { count: 4 }), "bad none, 0 unsigned, 4 batches of 4");
  writeFileSync(path, `${record(1, 1)}\n${record(2, 1)}`);
  const judge = new SignatureAudit(realFileSystem, path, keys, { logId: LOG, firstSeq: 1 });
  for (const seq of [1, 2]) judge.saw(hashOf(seq), NO_LINE);
  assert.deepEqual(judge.finish(false), { bad_seq: null, unsigned: 1, unknown: null, abandoned: null });
  judge.close();
});

test("a batch of more entries ago than are kept in mind is passed over", (t) => {
  const path = proofs(t);
  for (const [through, bad] of [
    [131_072, 1],
    [131_073, null],
  ] as const) {
    // Its turn comes after that of a later one.
    writeFileSync(path, `${record(through, 1)}\n${record(1, 1, { root: hashOf(0) })}\n`);
    const judge = new SignatureAudit(realFileSystem, path, keys, { logId: LOG, firstSeq: 1 });
    for (let seq = 1; seq <= through; seq += 1) judge.saw(seq === through ? hashOf(seq) : "", NO_LINE);
    assert.equal(judge.finish(false).bad_seq, bad, String(through));
    judge.close();
  }
});

test("a line is a record of a batch by its members alone", () => {
  const good = record(1, 3);
  assert.deepEqual(parseBatchRecord(good), JSON.parse(good));
  assert.notEqual(parseBatchRecord(record(1, 1, { recovered: true, more: 1 })), null);
  const wrong: readonly object[] = [
    ...[0, -1, 1.5, "1", null, 2 ** 53].flatMap((value) => [{ first: value }, { size: value }]),
    ...["root", "signature", "key_id"].flatMap((member) => [{ [member]: 1 }, { [member]: null }]),
  ];
  for (const change of wrong) assert.equal(parseBatchRecord(record(1, 3, change)), null, JSON.stringify(change));
  for (const line of ["", "{", "null", "1", "[]", "{}", '"x"']) assert.equal(parseBatchRecord(line), null, line);
});

const sign = (bytes: Uint8Array): Uint8Array => Buffer.from(signed("k", bytes), "base64url");
const check = (message: Uint8Array, text: string): boolean => text === signed("k", message);

test("each proof of a signed batch shows its entry in the root that was signed, and the file keeps the record", (t) => {
  const path = proofs(t);
  const signer = new BatchSigner(realFileSystem, path, { key_id: "k", algorithm: "Ed25519", sign });
  assert.deepEqual(signer.sign(LOG, 1, []), []);
  assert.equal(signer.signedThrough(1000), 0);
  let first = 1;
  for (const size of [1, 2, 5, 8]) {
    const hashes = Array.from({ length: size }, (_, at) => hashOf(first + at));
    const made = signer.sign(LOG, first, hashes, size === 2);
    assert.equal(made.length, size);
    for (const [at, proof] of made.entries()) {
      assert.deepEqual([proof.index, proof.size, proof.key_id], [at, size, "k"]);
      const entry = { entry_hash: hashes[at] ?? "", log_id: LOG };
      const host = { sha256: nodeSha256, check };
      assert.equal(verifyMembership(entry, proof, host), true);
      assert.equal(verifyMembership({ ...entry, log_id: "log-2" }, proof, host), false);
      assert.equal(verifyMembership({ ...entry, entry_hash: hashOf(99) }, proof, host), false);
      assert.equal(verifyMembership({ ...entry, entry_hash: "x" }, proof, host), false);
      assert.equal(verifyMembership(entry, { ...proof, root: "x" }, host), false);
      assert.equal(verifyMembership(entry, { ...proof, root: hashOf(99) }, host), false);
      assert.equal(verifyMembership(entry, { ...proof, path: [...proof.path, "x"] }, host), false);
      assert.equal(verifyMembership(entry, { ...proof, signature: "x" }, host), false);
    }
    first += size;
    assert.equal(signer.signedThrough(1000), first - 1);
  }
  signer.close();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.deepEqual(lines, [record(1, 1), record(2, 2, { recovered: true }), record(4, 5), record(9, 8)]);
});

test("a torn record is ended, so that the next stands on a line of its own; of a long file the end tells what is signed", (t) => {
  const path = proofs(t);
  const open = (): BatchSigner => {
    return new BatchSigner(realFileSystem, path, { key_id: "k", algorithm: "Ed25519", sign });
  };
  writeFileSync(path, `${record(1, 3)}\n${record(4, 9).slice(0, 30)}`);
  const torn = open();
  assert.equal(torn.signedThrough(1000), 3);
  torn.sign(LOG, 4, [hashOf(4)]);
  assert.equal(torn.signedThrough(1000), 4);
  torn.close();
  open().close();
  assert.equal(readFileSync(path, "utf8"), `${record(1, 3)}\n${record(4, 9).slice(0, 30)}\n${record(4, 1)}\n`);
  // Only the last 64 KiB are looked at; a line that begins before them isn't.
  writeFileSync(path, `${record(1, 100)}\n`);
  while (readFileSync(path).length < 60_000) appendFileSync(path, `${record(1, 2)}\n`);
  const long = open();
  assert.equal(long.signedThrough(1000), 100);
  while (readFileSync(path).length < 66_000) appendFileSync(path, `${record(1, 2)}\n`);
  assert.equal(long.signedThrough(1000), 2);
  // What reaches beyond the log's last entry is of entries that it no longer has.
  assert.deepEqual([long.signedThrough(2), long.signedThrough(1)], [2, 0]);
  long.close();
});
