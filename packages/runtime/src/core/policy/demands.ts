// What rules that apply ask of whoever proceeds, beside their verdicts.

import type { ApprovalRequirement } from "../approval-requirement.ts";
import type { Finding } from "../finding.ts";
import type { PayloadEdit } from "../payload-edit.ts";
import type { PolicyAnswer, RuleEdits, RuleObligation } from "../policy-answer.ts";
import type { RuleSource } from "./check.ts";

/** Whether a rule asks more of whoever proceeds than its verdict. */
export function hasDemands(rule: RuleSource): boolean {
  return rule.approval !== null || rule.obligations.length + rule.transform.length > 0;
}

/** What rules that apply ask, one after the other. */
export class Demands implements Pick<PolicyAnswer, "approvals" | "obligations" | "edits"> {
  readonly approvals: ApprovalRequirement[] = [];
  readonly obligations: RuleObligation[] = [];
  readonly edits: RuleEdits[] = [];

  /** Add what a rule asks that applies. How to approve counts only where the rule asks for an approval. */
  add(rule: RuleSource, finding: Finding | null, edits: readonly PayloadEdit[]): void {
    const rule_ref = `policy:${rule.id}`;
    if (finding?.decision === "REQUIRE_APPROVAL" && rule.approval !== null) {
      this.approvals.push(requirementOf(rule, rule.approval));
    }
    for (const obligation of rule.obligations) this.obligations.push({ ...obligation, rule_ref });
    if (edits.length > 0) this.edits.push({ rule_ref, edits });
  }
}

function requirementOf({ id }: RuleSource, approval: NonNullable<RuleSource["approval"]>): ApprovalRequirement {
  const { by, ...rest } = approval;
  const { count } = approval;
  return { ...rest, by: by.length === 0 ? [] : [{ any: by, count, rule_refs: [`policy:${id}`] }] };
}
