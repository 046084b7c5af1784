// Evidence bundles, for commands: written from a log, verified from a file.

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { CanopyError } from "../core/errors.ts";
import { bundleLines, type BundleContent } from "../ledger/evidence/bundle-lines.ts";
import type { BundleOptions, BundleVerdict } from "../ledger/evidence/bundle-verdict.ts";
import { checkIndexProof } from "../ledger/evidence/check-index-proof.ts";
import { BundleVerifier } from "../ledger/evidence/verify-bundle.ts";
import type { TrustPolicy } from "../ledger/tlog/trust-policy.ts";
import { sha256, startSha256, verifyMlDsa44, verifySignature } from "./crypto.ts";

export type { BundleContent, BundleLine } from "../ledger/evidence/bundle-lines.ts";
export type { BundleProofResult, BundleVerdict } from "../ledger/evidence/bundle-verdict.ts";

/** The lines of a bundle, each with its line feed. Memory: one line. Throws `RangeError` for entries outside the tree. */
export function evidenceLines(content: BundleContent): Generator<string> {
  return bundleLines(content, startSha256);
}

const CHUNK_BYTES = 262_144;

/**
 * Verify a bundle's file under a trust policy; without one nothing is `valid`. Memory: one line, and one hash for each
 * binary digit of the log's size.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when it can't be read. What it holds never throws.
 */
export async function verifyEvidence(
  file: string,
  trust: TrustPolicy | null,
  visit?: BundleOptions["visit"],
): Promise<BundleVerdict> {
  const options = { trust, checkProof: checkIndexProof, ...(visit === undefined ? {} : { visit }) };
  const verifier = new BundleVerifier(options, { sha256, verifySignature, verifyMlDsa44, startSha256 });
  try {
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await handle.stat()).isFile()) throw new CanopyError("FILE_UNUSABLE", "expected a regular file");
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(chunk, 0, chunk.length);
        if (bytesRead === 0 || !verifier.push(chunk.subarray(0, bytesRead))) break;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause)) throw cause;
    throw new CanopyError("FILE_UNUSABLE", `\`${file}\` can't be read`, { cause, fix: "name a file that is there" });
  }
  return verifier.end();
}
