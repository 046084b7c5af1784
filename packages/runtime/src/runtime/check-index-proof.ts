// Checking an index proof offline, with this host's cryptography.

import { verifyIndexProof, type IndexProofResult } from "../ledger/entry-index/verify-index-proof.ts";
import type { TrustPolicy } from "../ledger/tlog/trust-policy.ts";
import { sha256, verifySignature, verifyMlDsa44 } from "./crypto.ts";

/** Whether a file's text claims to be an index proof. */
export function isIndexProof(text: string): boolean {
  return /^\s*\{\s*"canopy_proof"/u.test(text);
}

/** Verify an index proof; null trusts nobody, and then it is never valid. Never throws. */
export function checkIndexProof(bytes: Uint8Array, trust: TrustPolicy | null): IndexProofResult {
  return verifyIndexProof(bytes, trust, { sha256, verifySignature, verifyMlDsa44 });
}
