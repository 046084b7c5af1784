// The host's cryptography, as the pure folders take it: hashes and signature checks from node:crypto.

import { createHash, createPublicKey, hash, verify, type KeyObject } from "node:crypto";
import { canonicalJson } from "../core/canonical.ts";
import { spkiOf, type PublicKey } from "../identity/public-key.ts";

const keyObjects = new WeakMap<PublicKey, KeyObject>();

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

export { verifyMlDsa44 } from "../storage/tlog/verify-ml-dsa.ts";

/** SHA-256 of bytes that come in pieces. */
export function startSha256(): { update(bytes: Uint8Array): void; digest(): Uint8Array } {
  const running = createHash("sha256");
  return { update: (bytes) => void running.update(bytes), digest: () => running.digest() };
}

/**
 * HMAC-SHA-256 of a text under a key of at most 64 bytes, hex. The same as `createHmac`, whose set-up costs four times
 * as much as hashing a short text does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104 section 2
 */
export function hmacSha256Hex(key: Uint8Array, text: string): string {
  const inner = Buffer.alloc(64 + Buffer.byteLength(text), 0x36);
  const outer = Buffer.alloc(96, 0x5c);
  for (let index = 0; index < key.length; index += 1) {
    const byte = key[index] ?? 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  inner.write(text, 64);
  hash("sha256", inner, "buffer").copy(outer, 64);
  return hash("sha256", outer, "hex");
}

/**
 * A salted hash of a JSON value: hex SHA-256(salt ‖ LF ‖ RFC 8785 text). Hides and binds the value while the salt,
 * 64 random hex digits, is kept.
 */
export function saltedHash(salt: string, value: unknown): string {
  return hash("sha256", `${salt}\n${canonicalJson(value)}`, "hex");
}

/** Whether a signature holds: Ed25519, or ECDSA P-256 with SHA-256 as `r ‖ s`. False for anything malformed. */
export function verifySignature(key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    const object = keyObjectOf(key);
    return key.kind === "ed25519-pub"
      ? verify(null, bytes, object, signature)
      : verify("sha256", bytes, { key: object, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    return false;
  }
}

function keyObjectOf(key: PublicKey): KeyObject {
  let object = keyObjects.get(key);
  if (object === undefined) {
    object = createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" });
    keyObjects.set(key, object);
  }
  return object;
}
