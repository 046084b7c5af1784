// Resource keys: names of what an action would touch, which the log carries in place of the names themselves.
//
//   K            = HMAC-SHA-256( payload.key, "canopy-resource-v1" ‖ 0x00 ‖ log_id ), 32 bytes
//   resource key = first 16 bytes, hex, of HMAC-SHA-256( K, "res:" ‖ kind ‖ ":" ‖ target )
//   commitment   = SHA-256( "canopy-resource-commit-v1" ‖ 0x00 ‖ K ), hex; stands in every `checkpoint_meta`
//
// Kinds and their targets: core/effects/effect-resources.ts, docs/absence-proofs.md.

import { encodeHex } from "../../identity/hex.ts";
import { hmacSha256 } from "../hmac.ts";
import type { Sha256 } from "../merkle.ts";

/** What stands before a resource's name in what is hashed. */
export const RESOURCE_PREFIX = "res:";

/** Hex digits of a resource key. */
export const RESOURCE_KEY_DIGITS = 32;

/** The key of a resource's name, `kind:target`. */
export function resourceKeyOf(name: string, key: Uint8Array, sha256: Sha256): string {
  const bytes = new TextEncoder().encode(`${RESOURCE_PREFIX}${name}`);
  return encodeHex(hmacSha256(key, bytes, sha256)).slice(0, RESOURCE_KEY_DIGITS);
}

/** The commitment to K, hex. */
export function resourceCommitment(key: Uint8Array, sha256: Sha256): string {
  const prefix = new TextEncoder().encode("canopy-resource-commit-v1\0");
  const bytes = new Uint8Array(prefix.length + key.length);
  bytes.set(prefix);
  bytes.set(key, prefix.length);
  return encodeHex(sha256(bytes));
}
