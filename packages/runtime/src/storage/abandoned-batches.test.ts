// Batches of entries that a log no longer has, by the audit that meets them.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { batchLeaf, batchMessage } from "../ledger/batch-proof.ts";
import { merkleTree } from "../ledger/merkle.ts";
import { realFileSystem } from "./file-system.ts";
import { SignatureAudit, type KeyLookup } from "./signature-audit.ts";
import { nodeSha256 } from "./tlog/node-sha256.ts";

const LOG = "log-1";
const hashOf = (seq: number): string => hash("sha256", String(seq));
const lostHash = (seq: number): string => hash("sha256", `lost ${seq}`);
const signed = (key: string, message: Uint8Array): string =>
  hash("sha256", Buffer.concat([Buffer.from(key), message]), "base64url");
const keys: KeyLookup = (key) => (key === "stranger" ? null : (message, text) => text === signed(key, message));

type HashOf = (seq: number) => string;

/** A signed record of entries by those hashes. */
function record(first: number, size: number, of: HashOf = hashOf, key_id = "k"): string {
  const leaves = Array.from({ length: size }, (_, at) => batchLeaf(of(first + at), nodeSha256));
  const { root } = merkleTree(leaves, nodeSha256);
  const signature = signed(key_id, batchMessage(LOG, root));
  return `${JSON.stringify({ first, size, root: Buffer.from(root).toString("hex"), signature, key_id })}\n`;
}

const lost = (first: number, size: number, key_id?: string): string => record(first, size, lostHash, key_id);

/** An entry of the ledger's own, with those members. */
function entry(members: object): string {
  const base = { action_type: "ledger", seq: 1, log_id: LOG, prev_hash: hashOf(0), entry_hash: hashOf(1) };
  return JSON.stringify({ ...base, ...members });
}

interface Story {
  /** Records as they stood when the loss was accepted, and those that were written after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly entries: number;
  /** Lines that say something, by their `seq`. */
  readonly said: Readonly<Record<number, (proofs_bytes: number) => string>>;
}

function told(t: TestContext, { before, after, entries, said }: Story): string {
  const folder = mkdtempSync(join(tmpdir(), "canopy-abandoned-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "proofs.jsonl");
  writeFileSync(path, [...before, ...after].join(""));
  const judge = new SignatureAudit(realFileSystem, path, keys, { logId: LOG, firstSeq: 1 });
  const bytes = Buffer.byteLength(before.join(""));
  for (let seq = 1; seq <= entries; seq += 1) judge.saw(hashOf(seq), Buffer.from(said[seq]?.(bytes) ?? "{}"));
  const { bad_seq, unsigned, unknown, abandoned } = judge.finish(false);
  judge.close();
  const stranger = unknown === null ? "" : `, ${unknown.key_id} from ${unknown.seq}`;
  const gone = abandoned === null ? "" : `, ${abandoned.batches} abandoned by ${abandoned.seq}`;
  return `bad ${bad_seq ?? "none"}, ${unsigned} unsigned, ${judge.batches} of ${judge.covered}${stranger}${gone}`;
}

const continued =
  (known: number | null, left = 3, more: object = {}) =>
  (proofs_bytes: number): string =>
    entry({
      event: "log_continued",
      continued_head: hashOf(left),
      expected_head: known === null ? null : { seq: known },
      proofs_bytes,
      ...more,
    });

const accepted =
  (standing: string, more: object = {}) =>
  (proofs_bytes: number): string =>
    entry({ event: "rollback_accepted", standing, anchor_size: 6, log_size: 3, proofs_bytes, ...more });

/** Three entries are left of 9, the fourth says so, two more came. */
const CUT: Story = {
  before: [record(1, 3), lost(4, 2), lost(6, 1), lost(7, 3)],
  after: [record(4, 1), record(5, 2)],
  entries: 6,
  said: { 4: continued(9) },
};

test("batches of entries that are gone are a fault, unless the log says that this was accepted; then they count for nothing", (t) => {
  const whole = "bad none, 0 unsigned, 3 of 6";
  assert.equal(told(t, { ...CUT, said: {} }), "bad 4, 3 unsigned, 1 of 3");
  assert.equal(told(t, CUT), `${whole}, 3 abandoned by 4`);
  assert.equal(told(t, { ...CUT, said: { 4: accepted("rolled_back") } }), `${whole}, 3 abandoned by 4`);
  // Anything that is no such statement explains nothing.
  for (const line of [
    continued(null),
    continued(9, 3, { event: "authorize_action" }),
    continued(9, 3, { action_type: "execute_shell" }),
    continued(9, 3, { proofs_bytes: null }),
    continued(9, 3, { continued_head: null }),
    accepted("set_back"),
    accepted("rolled_back", { anchor_size: "6" }),
    (): string => '"event":"log_continued"',
  ]) {
    assert.equal(told(t, { ...CUT, said: { 4: line } }), "bad 4, 3 unsigned, 1 of 3", line(9));
  }
});

test("a log that goes on far beyond what it lost is counted whole, and a batch that was cut in two is of what is gone", (t) => {
  const after = [record(4, 1), record(5, 20), record(25, 6)];
  assert.equal(told(t, { ...CUT, after, entries: 30 }), "bad none, 0 unsigned, 4 of 30, 3 abandoned by 4");
  const before = [record(1, 2), record(3, 4, (seq) => (seq < 4 ? hashOf(seq) : lostHash(seq))), lost(200_000, 3)];
  assert.equal(told(t, { ...CUT, before }), "bad none, 0 unsigned, 3 of 5, 2 abandoned by 4");
});

test("what says so may come some entries later, as after a rotation", (t) => {
  const said = { 6: continued(9) };
  const after = [record(4, 1), record(5, 1), record(6, 1)];
  assert.equal(told(t, { ...CUT, after, said }), "bad none, 0 unsigned, 4 of 6, 3 abandoned by 6");
  assert.equal(told(t, { ...CUT, after: [record(4, 1), record(5, 1)], said }), "bad 4, 3 unsigned, 1 of 3");
});

test("an entry that no batch covers, or only a stranger's, explains nothing that a known key signed", (t) => {
  assert.equal(told(t, { ...CUT, after: [] }), "bad 4, 3 unsigned, 1 of 3");
  const after = [record(4, 3, hashOf, "stranger")];
  assert.equal(told(t, { ...CUT, after }), "bad 4, 3 unsigned, 1 of 3, stranger from 4");
  // Without the keys nothing can be judged: neither is it a fault.
  const before = [record(1, 3, hashOf, "stranger"), lost(4, 6, "stranger")];
  assert.equal(told(t, { ...CUT, before, after }), "bad none, 6 unsigned, 0 of 0, stranger from 1, 1 abandoned by 4");
  assert.equal(told(t, { ...CUT, before, after: [] }), "bad 4, 6 unsigned, 0 of 0, stranger from 1");
});

test("what was signed after the loss was accepted must hold, and so must what was left", (t) => {
  // Cut once more: of 9 entries 6 are left.
  const after = [record(4, 1), record(5, 2), record(7, 3)];
  assert.equal(told(t, { ...CUT, after }), "bad 7, 0 unsigned, 3 of 6");
  assert.equal(told(t, { ...CUT, after: [record(4, 1), lost(5, 2)] }), "bad 5, 2 unsigned, 2 of 4");
  // One of the three that were left was changed.
  const before = [record(1, 1), lost(2, 2), lost(4, 6)];
  assert.equal(told(t, { ...CUT, before }), "bad 2, 5 unsigned, 1 of 1");
  // A signature that doesn't hold is none of a batch that there ever was.
  const forged = lost(4, 6).replace(/"signature":"./u, '"signature":"_');
  assert.equal(told(t, { ...CUT, before: [record(1, 3), forged] }), "bad 4, 3 unsigned, 1 of 3");
  assert.equal(told(t, { ...CUT, before: [record(1, 3), lost(4, 1), forged] }), "bad 4, 3 unsigned, 1 of 3");
});

test("where others took the place of entries, from where on is not known: whatever was signed before may differ", (t) => {
  const before = [record(1, 1), lost(2, 2), lost(4, 6)];
  const whole = "bad none, 0 unsigned, 3 of 4, 2 abandoned by 4";
  for (const line of [accepted("forked"), accepted("refused"), continued(3), continued(1)]) {
    assert.equal(told(t, { ...CUT, before, said: { 4: line } }), whole, line(0));
  }
});

test("a loss is accepted more than once, and each time of what stood there then", (t) => {
  const first = [record(1, 3), lost(4, 2)];
  const second = [record(4, 1), lost(5, 4)];
  const bytes = Buffer.byteLength(first.join(""));
  const said = { 4: (): string => continued(5)(bytes), 5: continued(8, 4) };
  const story = { before: [...first, ...second], after: [record(5, 2)], entries: 6, said };
  assert.equal(told(t, story), "bad none, 0 unsigned, 3 of 6, 2 abandoned by 5");
  assert.equal(told(t, { ...story, said: { 4: said[4] } }), "bad 5, 2 unsigned, 2 of 4");
});
