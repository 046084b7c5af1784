// Cosignatures (C2SP tlog-cosignature, cosignature/v1): a log witness says which checkpoint it saw, and when.
//
//   signature line = note signature by a key of type 0x04
//   its bytes      = time, u64 big-endian, seconds since 1970 ‖ Ed25519 signature, 64 bytes
//   signed         = "cosignature/v1" LF "time " time LF text of the checkpoint's note
//
// It says: of this log's consistent states that I have seen until then, this is the largest. Nothing about the entries.

import { CanopyError } from "../../core/errors.ts";
import type { NoteSignature, Note, NoteTools } from "./note.ts";
import { signaturesBy, type SignatureState, type VerifierKey } from "./verifier-key.ts";

/** A cosignature as parsed; a claim until it is verified. */
export interface Cosignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly key_id: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** The bytes that are signed for a checkpoint's text at a time (seconds since 1970). */
export function cosignedMessage(body: string, time: number): Uint8Array {
  if (!Number.isSafeInteger(time) || time < 0)
    throw new RangeError(`a cosignature's time must be seconds, not ${time}`);
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${body}`);
}

/** The signature line of a cosignature. */
export function formatCosignature({ name, key_id, time, signature }: Cosignature): NoteSignature {
  const bytes = new Uint8Array(8 + signature.length);
  let rest = time;
  for (let at = 7; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(signature, 8);
  return { name, key_id, bytes };
}

/** The cosignature in a signature line; null when its bytes are no time up to 2^53 - 1 and a signature. */
export function parseCosignature({ name, key_id, bytes }: NoteSignature): Cosignature | null {
  if (bytes.length !== 72) return null;
  const time = bytes.subarray(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(time) ? { name, key_id, time, signature: bytes.slice(8) } : null;
}

/** What a note's cosignatures by one key say; `time` is the newest, null unless `good`. */
export interface CosignatureState {
  readonly state: SignatureState;
  readonly time: number | null;
}

/**
 * How a note's cosignatures by a key of type 0x04 stand. Those by ML-DSA-44 keys aren't verified here and count as
 * absent. Cost: one verification a signature.
 */
export function cosignatureState(note: Note, key: VerifierKey, verify: NoteTools["verifySignature"]): CosignatureState {
  const lines = signaturesBy(note, key);
  if (lines.length === 0 || key.algorithm === "ml-dsa-44") return { state: "absent", time: null };
  const publicKey = key.ed25519;
  if (key.algorithm !== "cosignature-v1" || publicKey === null) return { state: "bad", time: null };
  let newest = 0;
  for (const line of lines) {
    const found = parseCosignature(line);
    if (found === null) return { state: "bad", time: null };
    if (!verify(publicKey, cosignedMessage(note.text, found.time), found.signature))
      return { state: "bad", time: null };
    newest = Math.max(newest, found.time);
  }
  return { state: "good", time: newest };
}

/**
 * Who cosigned a note, and when.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when the key has signed it with a signature that doesn't hold, or not at all.
 */
export function verifyCosignature(
  note: Note,
  key: VerifierKey,
  verify: NoteTools["verifySignature"],
): { readonly name: string; readonly time: number } {
  const { state, time } = cosignatureState(note, key, verify);
  if (state === "good" && time !== null) return { name: key.name, time };
  throw new CanopyError(
    "INVALID_CHECKPOINT",
    state === "absent"
      ? `not cosigned by ${key.name}+${key.key_id}`
      : `its cosignature by ${key.name}+${key.key_id} does not hold`,
    { fix: "compare the log witness's verifier key with what its operator published" },
  );
}
