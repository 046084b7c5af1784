// Verifying a witness with the host's cryptography: all that is needed is the public key.

import { verifyWitness as verify, type WitnessVerification } from "../identity/witness.ts";
import { sha256, verifySignature } from "./crypto.ts";

/**
 * Verify a witness as `authorize` and `reauthorize` return it (docs/witness.md).
 *
 * @param publicKey the log's signing key: PEM, JWK or `did:key` (`canopy keys` prints it).
 * @throws {CanopyError} `INVALID_KEY` when it is no usable key.
 */
export function verifyWitness(witness: unknown, publicKey: string): WitnessVerification {
  return verify(witness, publicKey, { sha256, verifySignature });
}
