// The keys that sign a log's checkpoints, as the ledger is given them.

import { spkiOf, type PublicKey } from "../../identity/public-key.ts";
import { openCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { formatNote, type NoteTools } from "../../ledger/tlog/note.ts";
import { parseVerifierKey, verifierKey, type VerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { CanopyError } from "../../core/errors.ts";
import type { Signer } from "../../ledger/ports.ts";
import { nodeSha256 } from "./node-sha256.ts";

const { createPublicKey, verify } = process.getBuiltinModule("node:crypto");

/** The key that signs checkpoints now. */
export interface CheckpointSigner extends Signer {
  readonly public_key: PublicKey;
}

/** The checkpoint keys of a home. Asked each time: a key may be rotated while a log is open. */
export interface CheckpointKeys {
  /** The key in force; made on first use. Throws when it is not safe to use. */
  readonly signer: () => CheckpointSigner;
  /** Verifier keys under that name, of the key in force and of retired ones. */
  readonly vkeys: (origin: string) => readonly string[];
}

/** Whether an Ed25519 signature holds; false for anything malformed. */
export const verifyEd25519: NoteTools["verifySignature"] = (key, bytes, signature) => {
  if (key.kind !== "ed25519-pub" || signature.length !== 64) return false;
  try {
    const object = createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" });
    return verify(null, bytes, object, signature);
  } catch {
    return false;
  }
};

/** Sign a checkpoint's text as a note by the key whose name is the origin. Cost: one signature. */
export function signCheckpoint(text: string, origin: string, signer: CheckpointSigner): string {
  const { name, key_id } = verifierKey(origin, "ed25519", signer.public_key.bytes, nodeSha256);
  return formatNote(text, [{ name, key_id, bytes: signer.sign(new TextEncoder().encode(text)) }]);
}

/** Tells whether a note is a checkpoint signed by one of these keys. Parses them once. Throws `INVALID_KEY`. */
export function signedByOneOf(vkeys: readonly string[]): (note: string) => boolean {
  const keys: readonly VerifierKey[] = vkeys.map((vkey) => parseVerifierKey(vkey, nodeSha256));
  return (note) => {
    if (keys.length === 0) return false;
    try {
      openCheckpoint(note, keys, verifyEd25519);
      return true;
    } catch (error) {
      if (error instanceof CanopyError) return false;
      throw error;
    }
  };
}
