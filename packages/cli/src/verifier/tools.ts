// The verifier's cryptography in a browser: SHA-256 and Ed25519 in plain JavaScript.
//
// Ed25519 is verified as the other verifiers do it, so that all of them say the same of every signature: keys in their
// one encoding and not of small order, S below the group's order, and [S]B - [k]A encoded equals R's bytes. The library's
// own `verify` multiplies that equation by the cofactor, which lets through signatures that the others refuse.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { BundleTools } from "canopy-runtime/evidence-verifier";

/** What the verifier needs of its host. */
export const tools: BundleTools = {
  sha256: (bytes) => sha256(bytes),
  startSha256: () => {
    const running = sha256.create();
    return { update: (bytes) => void running.update(bytes), digest: () => running.digest() };
  },
  verifySignature: (key, bytes, signature) => {
    if (key.kind !== "ed25519-pub" || signature.length !== 64) return false;
    try {
      return holds(key.bytes, bytes, signature);
    } catch {
      return false;
    }
  },
};

const { Point } = ed25519;
const { ORDER } = Point.Fn;

/** @see https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7 */
function holds(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const a = Point.fromBytes(key, false);
  if (s >= ORDER || a.isSmallOrder()) return false;
  const hash = sha512.create().update(r).update(key).update(message).digest();
  const k = littleEndian(hash) % ORDER;
  const found = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes();
  return found.every((byte, index) => byte === r[index]);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
