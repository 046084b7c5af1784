// Rotation of a signing key: one statement that the old and the new key both sign, recorded as an entry.
//
//   signed bytes = UTF-8( "canopy-key-rotation-v1" ) ‖ 0x00 ‖ RFC 8785( statement )
//
// The old key says who follows it, the new key says that it holds the seat: neither can be moved without the other.

import { canonicalJson } from "../core/canonical.ts";
import { decodeBase64Url } from "./base64.ts";
import type { VerifySignature } from "./possession.ts";
import { parsePublicKey } from "./public-key.ts";

/** Which key follows which, when. Keys are `did:key`. */
export interface RotationStatement {
  readonly type: "canopy-key-rotation-v1";
  readonly old_key: string;
  readonly new_key: string;
  /** RFC 3339, UTC. */
  readonly rotated_at: string;
  /** What the keys sign: batches of the log, or its checkpoints. Absent: batches. */
  readonly purpose?: "signing" | "checkpoint";
  /** The log whose checkpoints they sign, as checkpoints name it: for another the statement says nothing. */
  readonly origin?: string;
}

/** A rotation as recorded: the statement and both signatures, base64url. */
export interface SignedRotation {
  readonly statement: RotationStatement;
  readonly old_signature: string;
  readonly new_signature: string;
}

/** The bytes that both keys sign. */
export function rotationBytes(statement: RotationStatement): Uint8Array {
  return new TextEncoder().encode(`canopy-key-rotation-v1\0${canonicalJson(statement)}`);
}

/** Whether both keys of a rotation signed it, and are two keys. Throws `INVALID_KEY` when one is no key. */
export function isRotationSigned(rotation: SignedRotation, verifySignature: VerifySignature): boolean {
  const { statement } = rotation;
  if (statement.old_key === statement.new_key) return false;
  const bytes = rotationBytes(statement);
  const signed = [
    [statement.old_key, rotation.old_signature],
    [statement.new_key, rotation.new_signature],
  ] as const;
  return signed.every(([key, text]) => {
    const signature = decodeBase64Url(text);
    return signature !== null && verifySignature(parsePublicKey(key), bytes, signature);
  });
}
