// HMAC-SHA-256 over a given SHA-256, where no host's own is at hand: in the verifier, for a disclosed key.

import type { Sha256 } from "./merkle.ts";

/**
 * HMAC-SHA-256 of bytes under a key of at most 64 bytes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104 section 2
 */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array, sha256: Sha256): Uint8Array {
  if (key.length > 64) throw new RangeError("the key must have at most 64 bytes");
  const inner = new Uint8Array(64 + bytes.length).fill(0x36, 0, 64);
  const outer = new Uint8Array(96).fill(0x5c, 0, 64);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  inner.set(bytes, 64);
  outer.set(sha256(inner), 64);
  return sha256(outer);
}
