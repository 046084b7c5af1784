// Proof of possession: the holder of a key signs a challenge that this runtime made.
//
//   signed bytes = UTF-8( "canopy-possession-v1" ) ‖ 0x00 ‖ RFC 8785( challenge )
//   challenge    = {"type":"canopy-possession-v1","avid","audience","nonce","expires_at"}
//   signature    = base64url; Ed25519: 64 bytes; P-256: ECDSA with SHA-256, r ‖ s, 64 bytes
//
// Refused: another audience, another AVID, a nonce that wasn't issued or was used, a time past `expires_at`.

import { canonicalJson } from "../core/canonical.ts";
import { decodeBase64Url } from "./base64.ts";
import { avidOfKey } from "./identify.ts";
import { parsePublicKey, type PublicKey } from "./public-key.ts";

/** Verifies a signature by a key over some bytes: Ed25519 (RFC 8032), or ECDSA P-256 with SHA-256 as `r ‖ s`. Never throws. */
export type VerifySignature = (key: PublicKey, bytes: Uint8Array, signature: Uint8Array) => boolean;

/** What a holder signs to show that it has the key. */
export interface PossessionChallenge {
  readonly type: "canopy-possession-v1";
  readonly avid: string;
  /** Who asks: a signature for one audience is nothing to another. */
  readonly audience: string;
  /** Base64url of 16 or more random bytes, used once. */
  readonly nonce: string;
  /** RFC 3339, UTC. */
  readonly expires_at: string;
}

/** What the verifier holds against an answer. */
export interface PossessionCheck {
  /** The challenge as issued, from the verifier's own memory; never the copy that the holder sent. */
  readonly issued: PossessionChallenge;
  /** The key that is claimed, in any accepted form. */
  readonly public_key: string;
  readonly signature: string;
  /** RFC 3339, UTC. */
  readonly now: string;
}

/** The outcome of a check: the AVID that is proven, or why it is not. */
export type PossessionResult =
  | { readonly proven: true; readonly avid: string }
  | { readonly proven: false; readonly reason: "expired" | "other_key" | "bad_signature" };

/** The bytes that the holder signs. */
export function possessionBytes(challenge: PossessionChallenge): Uint8Array {
  return new TextEncoder().encode(`canopy-possession-v1\0${canonicalJson(challenge)}`);
}

/**
 * Check an answer to a challenge.
 *
 * @throws {CanopyError} `INVALID_KEY` when `public_key` is no usable key: an opaque id can't be proven.
 */
export function checkPossession(
  check: PossessionCheck,
  tools: { readonly sha256: (bytes: Uint8Array) => Uint8Array; readonly verifySignature: VerifySignature },
): PossessionResult {
  const key = parsePublicKey(check.public_key);
  const avid = avidOfKey(key, tools.sha256);
  // Both times are RFC 3339 in UTC with milliseconds, so their texts sort as they do.
  if (check.now >= check.issued.expires_at) return { proven: false, reason: "expired" };
  if (avid !== check.issued.avid) return { proven: false, reason: "other_key" };
  const signature = decodeBase64Url(check.signature);
  if (signature?.length !== 64) return { proven: false, reason: "bad_signature" };
  const holds = tools.verifySignature(key, possessionBytes(check.issued), signature);
  return holds ? { proven: true, avid } : { proven: false, reason: "bad_signature" };
}
