// Verifier keys (C2SP signed-note): how a key that signs notes is handed on as one line of text.
//
//   <name> "+" <key id, 8 hex digits> "+" base64( type, 1 byte ‖ public key )
//   key id = first 4 bytes of SHA-256( name ‖ 0x0a ‖ type ‖ public key )
//
//   type 0x01  Ed25519 over the note's text                               32 bytes
//   type 0x04  Ed25519 over a checkpoint and a time (cosignature/v1)      32 bytes
//   type 0x06  ML-DSA-44 over a checkpoint and a time                     1,312 bytes; checked where the host can
//
// Worked sample: PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW

import { CanopyError } from "../../core/errors.ts";
import { decodeBase64, encodeBase64 } from "../../identity/base64.ts";
import { isEd25519Point } from "../../identity/curve.ts";
import { encodeHex } from "../../identity/hex.ts";
import type { PublicKey } from "../../identity/public-key.ts";
import type { Sha256 } from "../merkle.ts";
import { isKeyName, type Note, type NoteSignature, type NoteTools } from "./note.ts";

/** How a key signs. */
export type NoteAlgorithm = "ed25519" | "cosignature-v1" | "ml-dsa-44";

/** A key that signs notes. */
export interface VerifierKey {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly key_id: string;
  readonly algorithm: NoteAlgorithm;
  readonly public_key: Uint8Array;
  /** The same as the host's verifier takes it; null for a kind that isn't verified here. */
  readonly ed25519: PublicKey | null;
}

const TYPES: Readonly<Record<NoteAlgorithm, { readonly byte: number; readonly length: number }>> = {
  ed25519: { byte: 0x01, length: 32 },
  "cosignature-v1": { byte: 0x04, length: 32 },
  "ml-dsa-44": { byte: 0x06, length: 1312 },
};
const ALGORITHMS: readonly NoteAlgorithm[] = ["ed25519", "cosignature-v1", "ml-dsa-44"];
const VKEY = /^([^+]{1,512})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{4,2048}={0,2})$/u;

/**
 * The verifier key of a public key under a name.
 *
 * @throws {CanopyError} `INVALID_KEY` for a name that can't stand in notes, or bytes that are no usable key.
 */
export function verifierKey(
  name: string,
  algorithm: NoteAlgorithm,
  publicKey: Uint8Array,
  sha256: Sha256,
): VerifierKey {
  if (!isKeyName(name)) throw invalid("its name must be 1 to 512 characters without white space and `+`");
  const { byte, length } = TYPES[algorithm];
  if (publicKey.length !== length) throw invalid(`an ${algorithm} key has ${length} bytes`);
  if (length === 32 && !isEd25519Point(publicKey)) throw invalid("its bytes must be a point that is safe to use");
  const typed = Uint8Array.of(byte, ...publicKey);
  const hash = sha256(Uint8Array.of(...new TextEncoder().encode(`${name}\n`), ...typed));
  return {
    name,
    key_id: encodeHex(hash.subarray(0, 4)),
    algorithm,
    public_key: publicKey,
    ed25519: length === 32 ? { kind: "ed25519-pub", bytes: publicKey } : null,
  };
}

/**
 * Parse a verifier key; white space around it is dropped. Cost: one hash and about 0.2 ms for the check of the point.
 *
 * @throws {CanopyError} `INVALID_KEY` when it is none, of an unknown type, or its id is of another name or key.
 * @see https://c2sp.org/signed-note
 */
export function parseVerifierKey(vkey: string, sha256: Sha256): VerifierKey {
  const [, name = "", id = "", encoded = ""] = VKEY.exec(vkey.trim()) ?? [];
  const typed = decodeBase64(encoded);
  const type = typed?.[0];
  if (typed === null || type === undefined) throw invalid("it must be `<name>+<8 hex digits>+<base64>`");
  const algorithm = ALGORITHMS.find((one) => TYPES[one].byte === type);
  if (algorithm === undefined) throw invalid("its type must be 1 (Ed25519), 4 (cosignature/v1) or 6 (ML-DSA-44)");
  const key = verifierKey(name, algorithm, typed.slice(1), sha256);
  if (key.key_id !== id) throw invalid(`its id must be \`${key.key_id}\` for that name and key, not \`${id}\``);
  return key;
}

/** The text of a verifier key. */
export function formatVerifierKey({ name, key_id, algorithm, public_key }: VerifierKey): string {
  return `${name}+${key_id}+${encodeBase64(Uint8Array.of(TYPES[algorithm].byte, ...public_key))}`;
}

/** How a note's signatures by one key stand. `absent`: it has none; `bad`: one of them does not hold. */
export type SignatureState = "good" | "bad" | "absent";

/** The signature lines that claim to be by a key. */
export function signaturesBy(note: Note, key: VerifierKey): readonly NoteSignature[] {
  return note.signatures.filter(({ name, key_id }) => name === key.name && key_id === key.key_id);
}

/** How a note's signatures by an Ed25519 key (type 0x01) stand. Cost: one verification a signature. */
export function noteSignatureState(note: Note, key: VerifierKey, verify: NoteTools["verifySignature"]): SignatureState {
  const signatures = signaturesBy(note, key);
  if (signatures.length === 0) return "absent";
  const publicKey = key.ed25519;
  if (key.algorithm !== "ed25519" || publicKey === null) return "bad";
  const text = new TextEncoder().encode(note.text);
  const good = signatures.every(({ bytes }) => bytes.length === 64 && verify(publicKey, text, bytes));
  return good ? "good" : "bad";
}

function invalid(expected: string): CanopyError {
  return new CanopyError("INVALID_KEY", `not a verifier key: ${expected}`, {
    fix: "give the line as its owner printed it (`canopy keys --vkey --log LOG`)",
  });
}
