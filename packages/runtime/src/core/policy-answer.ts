// What a policy says of one action: its findings, and what it asks of whoever proceeds.

import type { ApprovalRequirement } from "./approval-requirement.ts";
import type { Obligation } from "./decision.ts";
import type { Finding } from "./finding.ts";
import type { PayloadEdit } from "./payload-edit.ts";

/** What a policy says of one action. */
export interface PolicyAnswer {
  /** The findings of rules in force, then of rules that warn. */
  readonly findings: readonly Finding[];
  /** What rules in shadow mode would say. They stand beside the decision, never in it. */
  readonly shadow: readonly Finding[];
  /** What approvals must be like, by the rules that ask. */
  readonly approvals: readonly ApprovalRequirement[];
  /** What the executor must do if it proceeds, by the rules that apply. */
  readonly obligations: readonly RuleObligation[];
  /** How the payload is to be edited, by the rules that apply. */
  readonly edits: readonly RuleEdits[];
}

/** An obligation, and the rule it comes from. */
export interface RuleObligation extends Obligation {
  readonly rule_ref: string;
}

/** The edits of one rule. */
export interface RuleEdits {
  readonly rule_ref: string;
  readonly edits: readonly PayloadEdit[];
}

/** The answer of a policy that has nothing to say. */
export const NO_ANSWER: PolicyAnswer = { findings: [], shadow: [], approvals: [], obligations: [], edits: [] };
