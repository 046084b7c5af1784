// What an approval comes to: the votes' verdict, and what is decided about the action by now.

import { canonicalJson } from "../core/canonical.ts";
import type { Evaluation } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import type { VoteVerdict } from "./vote.ts";

/**
 * ALLOW or DENY. A rejection denies; a DENY of by now is never lifted; a question of by now is answered by the approval
 * only if it is one of those that the approvers saw (another policy, a link that leads elsewhere may ask anew). A budget
 * that asked then and asks now is the same question, whatever was spent in between.
 *
 * @param approved the findings that the approvers were shown.
 * @param counters ids of the rules whose figures the log's history gives.
 * @throws {CanopyError} `APPROVAL_REFUSED` when something is asked now that was not asked then.
 */
export function settleApproval(
  verdict: VoteVerdict,
  now: Pick<Evaluation, "decision" | "findings">,
  approved: readonly { readonly rule_ref?: unknown }[],
  counters: readonly string[] = [],
): "ALLOW" | "DENY" {
  if (verdict === "REJECTED" || now.decision === "DENY") return "DENY";
  if (now.decision === "ALLOW") return "ALLOW";
  const counted = new Set<unknown>(counters.map((id) => `policy:${id}`));
  const questionOf = (finding: { readonly rule_ref?: unknown }): string =>
    canonicalJson(counted.has(finding.rule_ref) ? { ...finding, reason: "", evidence: [] } : finding);
  const seen = new Set(approved.map(questionOf));
  const fresh = now.findings.find(
    (finding) => finding.decision === "REQUIRE_APPROVAL" && !seen.has(questionOf(finding)),
  );
  if (fresh === undefined) return "ALLOW";
  throw new CanopyError("APPROVAL_REFUSED", `${fresh.rule_ref} asks now, and did not when this was approved`, {
    fix: "authorize the action again, and get an approval of what is asked now",
  });
}
