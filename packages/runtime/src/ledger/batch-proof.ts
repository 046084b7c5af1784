// The signed membership of an entry in its batch.
//
//   leaf i   = SHA-256(0x00 ‖ entry_hash of entry i, 32 bytes)
//   root     = RFC 9162 tree over the leaves
//   signed   = "canopy-batch-v1" ‖ 0x00 ‖ log_id ‖ 0x00 ‖ root (32 bytes), Ed25519

import { hashBytes, isHash } from "./chain.ts";
import { leafHash, verifyInclusion, type Sha256 } from "./merkle.ts";
import type { BatchProof } from "./ports.ts";

/** Checks a signature, given as base64url text, by the key that should have made it; false for anything malformed. */
export type SignatureCheck = (message: Uint8Array, signature: string) => boolean;

/** The bytes that are signed for a batch. */
export function batchMessage(logId: string, root: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode(`canopy-batch-v1\0${logId}\0`);
  const message = new Uint8Array(prefix.length + root.length);
  message.set(prefix);
  message.set(root, prefix.length);
  return message;
}

/** The leaf of an entry hash (64 hex digits). */
export function batchLeaf(entryHash: string, sha256: Sha256): Uint8Array {
  return leafHash(hashBytes(entryHash), sha256);
}

/** Whether a proof shows that the entry was in a batch whose root the key signed. Needs nothing else. */
export function verifyMembership(
  entry: { readonly entry_hash: string; readonly log_id: string },
  proof: BatchProof,
  host: { readonly sha256: Sha256; readonly check: SignatureCheck },
): boolean {
  if (!isHash(proof.root) || !isHash(entry.entry_hash) || !proof.path.every(isHash)) return false;
  const root = hashBytes(proof.root);
  const path = proof.path.map(hashBytes);
  const leaf = batchLeaf(entry.entry_hash, host.sha256);
  if (!verifyInclusion(leaf, { index: proof.index, size: proof.size, path, root }, host.sha256)) return false;
  return host.check(batchMessage(entry.log_id, root), proof.signature);
}
