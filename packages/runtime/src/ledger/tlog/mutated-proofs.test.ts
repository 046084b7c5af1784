// Proofs and notes changed at random: none may be accepted. `CANOPY_MUTATED_PROOFS` says how many (a million in
// `npm run test:deep`), `CANOPY_TEST_SEED` which; a failure names the seed and the change.
//
// Sizes are not changed alone: a root says nothing of its size, the signature over both does.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { CanopyError } from "../../core/errors.ts";
import { sha256, verifySignature } from "../../runtime/crypto.ts";
import { leafHash, verifyInclusion } from "../merkle.ts";
import { formatCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { cosignatureState, cosignedMessage, formatCosignature } from "./cosignature.ts";
import { formatNote, parseNote } from "./note.ts";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "./tlog-proof.ts";
import { consistencyProof, inclusionProof, treeRoot, TreeFrontier, verifyConsistency } from "./tree.ts";
import { trustKeys } from "./trust-policy.ts";
import { verifierKey, type NoteAlgorithm } from "./verifier-key.ts";

const COUNT = Number(process.env["CANOPY_MUTATED_PROOFS"] ?? 20_000);
const SEED = Number(process.env["CANOPY_TEST_SEED"] ?? Date.now() % 2 ** 31);

// xorshift32: the same seed gives the same changes everywhere.
let state = (SEED | 0) === 0 ? 1 : SEED | 0;
function below(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const LEAVES = 1500;
const nodes = new Map<string, Uint8Array>();
const node = (level: number, index: number): Uint8Array => nodes.get(`${level}/${index}`) ?? new Uint8Array();
const frontier = TreeFrontier.at(0, node, sha256);
for (let index = 0; index < LEAVES; index += 1) {
  const leaf = leafHash(Buffer.from(`{"seq":${index + 1}}`), sha256);
  frontier.append(leaf, (level, at, hash) => nodes.set(`${level}/${at}`, hash));
}

function key(name: string, algorithm: NoteAlgorithm) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  return { key: verifierKey(name, algorithm, raw, sha256), secret: privateKey };
}

const log = key("canopy/abc", "ed25519");
const witness = key("example.org/w", "cosignature-v1");

function changedBytes(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = below(copy.length);
  switch (below(4)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
      return copy;
    case 1:
      copy[at] = (copy[at] ?? 0) ^ (1 + below(255));
      return copy;
    case 2:
      return copy.subarray(0, -1 - below(copy.length));
    default:
      return Uint8Array.of(...copy, below(256));
  }
}

function changedPath(path: readonly Uint8Array[]): readonly Uint8Array[] {
  const at = below(path.length + 1);
  const hash = path[at % Math.max(1, path.length)] ?? new Uint8Array(32);
  switch (path.length === 0 ? 4 : below(6)) {
    case 0:
      return path.with(at % path.length, changedBytes(hash));
    case 1:
      return path.toSpliced(at % path.length, 1);
    case 2:
      return path.toSpliced(at, 0, hash);
    case 3:
      return path.length > 1 ? path.toReversed() : [...path, hash];
    case 4:
      return path.toSpliced(
        at,
        0,
        Uint8Array.from({ length: 32 }, () => below(256)),
      );
    default:
      return path.with(at % path.length, node(below(3), below(300)));
  }
}

function samePath(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, at) => Buffer.compare(hash, b[at] ?? new Uint8Array()) === 0);
}

/** Whether a changed proof of inclusion is accepted; null when the change changed nothing. */
function inclusion(): boolean | null {
  const size = 1 + below(LEAVES);
  const index = below(size);
  const good = { index, size, path: inclusionProof(index, size, node, sha256), root: treeRoot(size, node, sha256) };
  const leaf = node(0, index);
  assert.equal(verifyInclusion(leaf, good, sha256), true);
  switch (below(4)) {
    case 0: {
      const path = changedPath(good.path);
      return samePath(path, good.path) ? null : verifyInclusion(leaf, { ...good, path }, sha256);
    }
    case 1:
      return verifyInclusion(changedBytes(leaf), good, sha256);
    case 2:
      return verifyInclusion(leaf, { ...good, root: changedBytes(good.root) }, sha256);
    default: {
      const other =
        [below(size), index + 1, index ^ (1 << below(11)), -index, index + 0.5, 2 ** 53 + index][below(6)] ?? 0;
      return other === index ? null : verifyInclusion(leaf, { ...good, index: other }, sha256);
    }
  }
}

function consistency(): boolean | null {
  const to = 1 + below(LEAVES);
  const from = 1 + below(to);
  const [fromRoot, toRoot] = [treeRoot(from, node, sha256), treeRoot(to, node, sha256)];
  const good = { from, to, fromRoot, toRoot, path: consistencyProof(from, to, node, sha256) };
  assert.equal(verifyConsistency(good, sha256), true);
  switch (below(4)) {
    case 0: {
      const path = changedPath(good.path);
      return samePath(path, good.path) ? null : verifyConsistency({ ...good, path }, sha256);
    }
    case 1:
      return verifyConsistency({ ...good, fromRoot: changedBytes(fromRoot) }, sha256);
    case 2:
      return verifyConsistency({ ...good, toRoot: changedBytes(toRoot) }, sha256);
    default: {
      const other = 1 + below(to);
      return other === from ? null : verifyConsistency({ ...good, from: other }, sha256);
    }
  }
}

const body = formatCheckpoint({ origin: "canopy/abc", size: LEAVES, root: frontier.root() });
const { name, key_id } = log.key;
const signed = formatNote(body, [{ name, key_id, bytes: sign(null, Buffer.from(body), log.secret) }]);
const time = 1_790_000_000;
const cosigned = formatNote(body, [
  formatCosignature({
    name: witness.key.name,
    key_id: witness.key.key_id,
    time,
    signature: sign(null, cosignedMessage(body, time), witness.secret),
  }),
]);

function changedText(text: string): string | null {
  const changed = Buffer.from(changedBytes(Buffer.from(text))).toString("latin1");
  const read = Buffer.from(changed, "latin1").toString("utf8");
  return read === text ? null : read;
}

/** Whether something that may throw an error of ours says yes. */
function accepts(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    assert.ok(error instanceof CanopyError, String(error));
    return false;
  }
}

function note(): boolean | null {
  const text = changedText(signed);
  if (text === null) return null;
  return accepts(() => openCheckpoint(text, log.key, verifySignature).size >= 0);
}

function cosignature(): boolean | null {
  const text = changedText(cosigned);
  if (text === null) return null;
  return accepts(() => cosignatureState(parseNote(text), witness.key, { verifySignature }).state === "good");
}

function proofFile(): boolean | null {
  const index = below(LEAVES);
  const path = inclusionProof(index, LEAVES, node, sha256);
  const text = changedText(formatTlogProof({ index, path, checkpoint: signed }));
  if (text === null) return null;
  const entry = Buffer.from(`{"seq":${index + 1}}`);
  const tools = { sha256, verifySignature };
  return accepts(() => verifyTlogProof(parseTlogProof(text), entry, trustKeys([log.key]), tools).valid);
}

test("no proof, note or cosignature that was changed is accepted", () => {
  const kinds = { inclusion, consistency, note, cosignature, proofFile };
  const order = ["inclusion", "inclusion", "consistency", "consistency", "note", "cosignature", "proofFile"] as const;
  const done = new Map<string, number>();
  for (let made = 0; made < COUNT;) {
    const kind = order[below(order.length)] ?? "note";
    const before = state;
    const accepted = kinds[kind]();
    if (accepted === null) continue;
    assert.equal(accepted, false, `a changed ${kind} was accepted: seed ${SEED}, state ${before}`);
    made += 1;
    done.set(kind, (done.get(kind) ?? 0) + 1);
  }
  if (COUNT > 100_000) process.stdout.write(`seed ${SEED}: ${JSON.stringify(Object.fromEntries(done))}, accepted 0\n`);
  assert.equal(done.size, 5);
});
