// Checking a proof file that an entry is in a log: offline, against the keys that the verifier trusts.

import { CanopyError } from "../core/errors.ts";
import { entryData } from "../ledger/tlog/entry-data.ts";
import { readCheckpoint, type Checkpoint } from "../ledger/tlog/checkpoint.ts";
import { parseTlogProof, verifyTlogProof } from "../ledger/tlog/tlog-proof.ts";
import { parseTrustPolicy, trustKeys, type TrustPolicy } from "../ledger/tlog/trust-policy.ts";
import { parseVerifierKey } from "../ledger/tlog/verifier-key.ts";
import { sha256, verifyMlDsa44, verifySignature } from "./crypto.ts";

/** Whom a verifier trusts: a trust policy's text, or verifier keys. */
export type TrustSource = { readonly policy: string } | { readonly vkeys: readonly string[] };

/** What a proof of inclusion shows. */
export interface IncludedCheck {
  readonly kind: "included";
  readonly valid: boolean;
  /** `untrusted`: it holds together, and nobody whom the verifier trusts vouches for its checkpoint. */
  readonly verdict: "valid" | "untrusted" | "invalid";
  /** Why it isn't valid, or null. */
  readonly reason: string | null;
  readonly index: number;
  readonly origin: string;
  readonly size: number;
  /** The key that signed the checkpoint, `<name>+<id>`, when it is trusted and holds. */
  readonly signed_by: string | null;
  /** Log witnesses of the policy whose cosignatures hold. */
  readonly cosigned_by: readonly string[];
  readonly quorum: "none" | "reached" | "missing";
  /** The entry's line as recorded. */
  readonly line: string;
}

/** Whether a file's text claims to be such a proof. */
export function isTlogProof(text: string): boolean {
  return text.startsWith("c2sp.org/tlog-proof@v1\n");
}

/** A trust policy from what a user gave. Throws `INVALID_TRUST`, `INVALID_KEY`. */
export function trustFrom(source: TrustSource): TrustPolicy {
  if ("policy" in source) return parseTrustPolicy(source.policy, sha256);
  return trustKeys(source.vkeys.map((vkey) => parseVerifierKey(vkey, sha256)));
}

/**
 * Check a proof of inclusion that carries its entry (`proveIncluded`). Never valid without a key in `trust`.
 *
 * @throws {CanopyError} `INVALID_PROOF` when the file is malformed, the checkpoint in it too.
 */
export function checkIncluded(text: string, trust: TrustPolicy): IncludedCheck {
  const proof = parseTlogProof(text);
  if (proof.extra === undefined) {
    throw new CanopyError("INVALID_PROOF", "the proof doesn't carry its entry: expected an `extra` line with it", {
      fix: "give a file as `canopy prove included` writes it",
    });
  }
  const { origin, size } = checkpointOf(proof.checkpoint);
  const verdict = verifyTlogProof(proof, entryData(proof.extra, sha256), trust, {
    sha256,
    verifySignature,
    verifyMlDsa44,
  });
  const about = {
    kind: "included",
    index: proof.index,
    origin,
    size,
    line: new TextDecoder().decode(proof.extra),
  } as const;
  if (!verdict.valid) {
    const { valid, reason, verdict: word } = verdict;
    return { ...about, valid, verdict: word, reason, signed_by: null, cosigned_by: [], quorum: "missing" };
  }
  const { key, names, quorum } = verdict.trusted;
  const signed_by = `${key.name}+${key.key_id}`;
  return { ...about, valid: true, verdict: "valid", reason: null, signed_by, cosigned_by: names, quorum };
}

function checkpointOf(note: string): Checkpoint {
  try {
    return readCheckpoint(note).checkpoint;
  } catch (cause) {
    const why = cause instanceof CanopyError ? cause.message : "it can't be read";
    throw new CanopyError("INVALID_PROOF", `the proof's checkpoint is none: ${why}`, {
      cause,
      fix: "give the file as it was written",
    });
  }
}
