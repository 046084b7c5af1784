// A proof of absence or presence inside a bundle: judged as in a file of its own, and said in one line.

import type { JsonObject } from "../../core/json.ts";
import { claimText, limitsOf } from "../entry-index/describe-proof.ts";
import { verifyProofObject } from "../entry-index/verify-index-proof.ts";
import type { NoteTools } from "../tlog/note.ts";
import type { TrustPolicy } from "../tlog/trust-policy.ts";
import type { JudgedProof } from "./bundle-verdict.ts";

/** Judge a proof under the verifier's trust. Cost: linear in the proof. */
export function checkIndexProof(proof: JsonObject, trust: TrustPolicy | null, tools: NoteTools): JudgedProof {
  const { verdict, reason, at, found } = verifyProofObject(proof, trust, tools);
  const checkpoint = found?.checkpoint ?? null;
  const not_claimed = found === null ? [] : limitsOf(found).map(({ limit, text }) => `${limit}: ${text}`);
  const claim = found === null ? "" : claimText(found.statement, found.resource?.name ?? null);
  switch (verdict) {
    case "valid":
      return { state: "valid", says: claim, not_claimed, checkpoint };
    case "untrusted":
      return { state: "untrusted", says: `${claim}: ${reason ?? ""}`, not_claimed, checkpoint };
    case "false":
    case "invalid":
    case "unusable":
      return { state: "invalid", says: at === "" ? (reason ?? "") : `${at}: ${reason ?? ""}`, not_claimed, checkpoint };
    default:
      throw new TypeError(`unexpected verdict ${String(verdict satisfies never)}`);
  }
}
