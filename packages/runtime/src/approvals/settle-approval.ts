// What an approval comes to: the votes' verdict, and what is decided about the action by now.

import { canonicalJson } from "../core/canonical.ts";
import type { Evaluation } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import type { VoteVerdict } from "./vote.ts";

/**
 * ALLOW or DENY. A rejection denies; a DENY of by now is never lifted; a question of by now is answered by the approval
 * only if it is one of those that the approvers saw (another policy, a link that leads elsewhere may ask anew).
 *
 * @param approved the findings that the approvers were shown.
 * @throws {CanopyError} `APPROVAL_REFUSED` when something is asked now that was not asked then.
 */
export function settleApproval(
  verdict: VoteVerdict,
  now: Pick<Evaluation, "decision" | "findings">,
  approved: readonly unknown[],
): "ALLOW" | "DENY" {
  if (verdict === "REJECTED" || now.decision === "DENY") return "DENY";
  if (now.decision === "ALLOW") return "ALLOW";
  const seen = new Set(approved.map((finding) => canonicalJson(finding)));
  const fresh = now.findings.find(
    (finding) => finding.decision === "REQUIRE_APPROVAL" && !seen.has(canonicalJson(finding)),
  );
  if (fresh === undefined) return "ALLOW";
  throw new CanopyError("APPROVAL_REFUSED", `${fresh.rule_ref} asks now, and did not when this was approved`, {
    fix: "authorize the action again, and get an approval of what is asked now",
  });
}
