// A proof of absence or presence inside a bundle: judged as in a file of its own, and said in one line.

import type { JsonObject } from "../../core/json.ts";
import { claimText, limitsOf } from "../entry-index/describe-proof.ts";
import { verifyProofObject, type IndexProofResult } from "../entry-index/verify-index-proof.ts";
import type { NoteTools } from "../tlog/note.ts";
import type { TrustPolicy } from "../tlog/trust-policy.ts";
import type { JudgedProof } from "./bundle-verdict.ts";

/**
 * Judge a proof under the verifier's trust. One whose checkpoint nobody trusted signed is `untrusted` when the rest of
 * it holds. Cost: linear in the proof.
 */
export function checkIndexProof(proof: JsonObject, trust: TrustPolicy | null, tools: NoteTools): JudgedProof {
  const result = verifyProofObject(proof, trust, tools);
  if (result.verdict !== "invalid" || result.at !== "checkpoint" || trust === null) return told(result, null);
  const alone = verifyProofObject(proof, null, tools);
  return alone.verdict === "untrusted" ? told(alone, result.reason) : told(result, null);
}

function told({ verdict, reason, at, found }: IndexProofResult, why: string | null): JudgedProof {
  const checkpoint = found?.checkpoint ?? null;
  const not_claimed = found === null ? [] : limitsOf(found).map(({ limit, text }) => `${limit}: ${text}`);
  const claim = found === null ? "" : claimText(found.statement, found.resource?.name ?? null);
  switch (verdict) {
    case "valid":
      return { state: "valid", says: claim, not_claimed, checkpoint };
    case "untrusted":
      return { state: "untrusted", says: `${claim}: ${why ?? reason ?? ""}`, not_claimed, checkpoint };
    case "false":
    case "invalid":
    case "unusable":
      return { state: "invalid", says: at === "" ? (reason ?? "") : `${at}: ${reason ?? ""}`, not_claimed, checkpoint };
    default:
      throw new TypeError(`unexpected verdict ${String(verdict satisfies never)}`);
  }
}
