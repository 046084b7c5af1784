// Cosignatures (C2SP tlog-cosignature): a log witness says which checkpoint it saw, and when.
//
//   signature line = note signature by a key of type 0x04 (Ed25519) or 0x06 (ML-DSA-44)
//   its bytes      = time, u64 big-endian, seconds since 1970 ‖ signature, 64 or 2,420 bytes
//   signed, 0x04   = "cosignature/v1" LF "time " time LF text of the checkpoint's note
//   signed, 0x06   = "subtree/v1" LF 00 ‖ len8( key name ) ‖ time, u64 ‖ len8( origin ) ‖ u64 0 ‖ size, u64 ‖ root, 32 bytes
//                    len8( t ) = length of t in UTF-8, one byte, 1 to 255 ‖ t; extension lines are not in it
//
// It says: of this log's consistent states that I have seen until then, this is the largest. Nothing about the entries.

import { CanopyError } from "../../core/errors.ts";
import { putU64 } from "../entry-index/u64.ts";
import { parseCheckpoint, type Checkpoint } from "./checkpoint.ts";
import type { NoteSignature, Note, SignatureTools } from "./note.ts";
import { signaturesBy, type NoteAlgorithm, type SignatureState, type VerifierKey } from "./verifier-key.ts";

/** A cosignature as parsed; a claim until it is verified. */
export interface Cosignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly key_id: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** 64 bytes, of ML-DSA-44 2,420. */
  readonly signature: Uint8Array;
}

/** The bytes that are signed for a checkpoint's text at a time (seconds since 1970). */
export function cosignedMessage(body: string, time: number): Uint8Array {
  if (!Number.isSafeInteger(time) || time < 0)
    throw new RangeError(`a cosignature's time must be seconds, not ${time}`);
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${body}`);
}

/** The bytes that an ML-DSA-44 cosigner of that name signs; null when the name or the origin is too long for one. */
export function cosignedTree(cosigner: string, { origin, size, root }: Checkpoint, time: number): Uint8Array | null {
  const [name, log] = [cosigner, origin].map((text) => new TextEncoder().encode(text));
  if (name === undefined || log === undefined || name.length > 255 || log.length > 255) return null;
  const numbers = [time, 0, size].map((value) => {
    const bytes = new Uint8Array(8);
    putU64(bytes, 0, value);
    return bytes;
  });
  const [at = [], start = [], end = []] = numbers;
  const label = new TextEncoder().encode("subtree/v1\n\0");
  return Uint8Array.of(...label, name.length, ...name, ...at, log.length, ...log, ...start, ...end, ...root);
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

/** The cosignature in a signature line; null when its bytes are no time up to 2^53 - 1 and a signature of that kind. */
export function parseCosignature(
  { name, key_id, bytes }: NoteSignature,
  algorithm: NoteAlgorithm = "cosignature-v1",
): Cosignature | null {
  if (bytes.length !== (algorithm === "ml-dsa-44" ? 2428 : 72)) return null;
  const time = bytes.subarray(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(time) ? { name, key_id, time, signature: bytes.slice(8) } : null;
}

/** How a note's cosignatures by one key stand; `unchecked`: there are some, and this host can't check their kind. */
export interface CosignatureState {
  readonly state: SignatureState | "unchecked";
  /** The newest, null unless `good`. */
  readonly time: number | null;
}

/**
 * How a note's cosignatures by a key of type 0x04 or 0x06 stand. What can't be checked counts for nothing. Cost: one
 * verification a signature.
 */
export function cosignatureState(note: Note, key: VerifierKey, tools: SignatureTools): CosignatureState {
  const lines = signaturesBy(note, key);
  if (lines.length === 0) return { state: "absent", time: null };
  let newest = 0;
  for (const line of lines) {
    const found = parseCosignature(line, key.algorithm);
    const holds = found === null ? false : isCosigned(note, key, found, tools);
    if (found === null || holds === false) return { state: "bad", time: null };
    if (holds === null) return { state: "unchecked", time: null };
    newest = Math.max(newest, found.time);
  }
  return { state: "good", time: newest };
}

/** Null: this host can't tell. */
function isCosigned(note: Note, key: VerifierKey, found: Cosignature, tools: SignatureTools): boolean | null {
  switch (key.algorithm) {
    case "ed25519":
      return false;
    case "cosignature-v1":
      if (key.ed25519 === null) return false;
      return tools.verifySignature(key.ed25519, cosignedMessage(note.text, found.time), found.signature);
    case "ml-dsa-44": {
      const checkpoint = checkpointIn(note);
      const message = checkpoint === null ? null : cosignedTree(key.name, checkpoint, found.time);
      if (message === null) return false;
      return tools.verifyMlDsa44?.(key.public_key, message, found.signature) ?? null;
    }
    default: {
      const never: never = key.algorithm;
      return never;
    }
  }
}

function checkpointIn(note: Note): Checkpoint | null {
  try {
    return parseCheckpoint(note.text);
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

/**
 * Who cosigned a note, and when.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when the key has signed it with a signature that doesn't hold, or not at all.
 */
export function verifyCosignature(
  note: Note,
  key: VerifierKey,
  tools: SignatureTools,
): { readonly name: string; readonly time: number } {
  const { state, time } = cosignatureState(note, key, tools);
  if (state === "good" && time !== null) return { name: key.name, time };
  throw new CanopyError(
    "INVALID_CHECKPOINT",
    state === "absent"
      ? `not cosigned by ${key.name}+${key.key_id}`
      : state === "unchecked"
        ? `its cosignature by ${key.name}+${key.key_id} is of a kind that can't be checked here`
        : `its cosignature by ${key.name}+${key.key_id} does not hold`,
    { fix: "compare the log witness's verifier key with what its operator published" },
  );
}
