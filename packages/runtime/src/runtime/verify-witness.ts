// Verifying a witness with the host's cryptography: all that is needed is the public key.

import { verifyWitness as verify, type WitnessVerification } from "../identity/witness.ts";
import { CanopyError } from "../core/errors.ts";
import { readVerifierKey } from "../identity/key-id.ts";
import { sha256, verifySignature } from "./crypto.ts";

const KEY_FIX = "give what `canopy keys --vkey` prints in the home that signed, or the same key as PEM, JWK or did:key";

/**
 * Verify a witness as `authorize` and `reauthorize` return it (docs/witness.md).
 *
 * @param publicKey the log's signing key: a verifier key (`canopy keys --vkey` prints it), PEM, JWK or `did:key`.
 * @throws {CanopyError} `INVALID_KEY` when it is no usable key.
 */
export function verifyWitness(witness: unknown, publicKey: string): WitnessVerification {
  if (typeof publicKey !== "string") {
    throw new CanopyError("INVALID_KEY", "the public key of the log must be given as text", { fix: KEY_FIX });
  }
  return verify(witness, readVerifierKey(publicKey, sha256) ?? publicKey, { sha256, verifySignature });
}
