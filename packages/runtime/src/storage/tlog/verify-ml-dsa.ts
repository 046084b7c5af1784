// ML-DSA-44 (FIPS 204) as the host has it: Node 24.6 or later, built with OpenSSL 3.5.

import type { VerifyMlDsa44 } from "../../ledger/tlog/note.ts";

const { createPublicKey, verify } = process.getBuiltinModule("node:crypto");

/** SubjectPublicKeyInfo of an ML-DSA-44 key, before its 1,312 bytes (RFC 9881). */
const SPKI_HEAD = Buffer.from("30820532300b06096086480165030403110382052100", "hex");

/**
 * Whether an ML-DSA-44 signature holds; null where this Node has no ML-DSA. Cost: about 0.1 ms.
 *
 * @see https://csrc.nist.gov/pubs/fips/204/final
 */
export const verifyMlDsa44: VerifyMlDsa44 = (publicKey, message, signature) => {
  if (publicKey.length !== 1312 || signature.length !== 2420) return false;
  let key: ReturnType<typeof createPublicKey>;
  try {
    key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: "der", type: "spki" });
  } catch {
    // Any 1,312 bytes are a key, so it is this Node that has none of the kind.
    return null;
  }
  try {
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
};
