// The decision document: what is returned, recorded, shown and signed. Members as in docs/decision-document.md.

import type { ApprovalRequirement } from "./approval-requirement.ts";
import type { Effect } from "./effects/effect.ts";
import type { Finding, Layer, Severity, Verdict } from "./finding.ts";
import type { Verb } from "./action.ts";
import type { JsonObject } from "./json.ts";
import type { PayloadEdit } from "./payload-edit.ts";
import type { StateDelta } from "./policy/state/state-facts.ts";

/** Which policy and which built-in rules were in force. */
export interface PolicySnapshot {
  readonly policy_file: string | null;
  /** `sha256:<hex>` over the very bytes that were compiled. */
  readonly policy_hash: string;
  readonly policy_source: "argument" | "env" | "config" | "default";
  /** Hash over the built-in layers' rule data. */
  readonly rules_hash: string;
  readonly engine_version: string;
}

/** What the executor must do if it proceeds. */
export interface Obligation {
  readonly type: string;
  readonly detail: JsonObject;
}

/** How the policy edited a payload. */
export interface Transformed {
  /** The digest of the action as it was asked for. */
  readonly from_digest: string;
  readonly rule_refs: readonly string[];
  readonly edits: readonly PayloadEdit[];
}

/** The part of a decision that pure evaluation gives. */
export interface Evaluation {
  readonly decision: Verdict;
  readonly reason: string;
  readonly severity: Severity;
  readonly deciding_layer: Layer | "none";
  readonly rule_ref: string | null;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly findings: readonly Finding[];
  readonly override_possible: boolean;
  readonly override_key: string | null;
  readonly avid: string;
  readonly identity: "proven" | "asserted";
  readonly trace_id: string | null;
  readonly action_type: string;
  readonly verb: Verb;
  readonly action_digest: string;
  readonly effects: readonly Effect[];
  readonly obligations: readonly Obligation[];
  /** What an approval must be like, by the rules that ask; null: as the runtime is set, or none is needed. */
  readonly approval: ApprovalRequirement | null;
  /** Present when the payload was edited: all else is about the action as it is now. */
  readonly transformed?: Transformed;
  readonly policy_snapshot: PolicySnapshot;
  /** What rules in shadow mode would say; absent when they say nothing. */
  readonly shadow?: readonly Finding[];
  /**
   * What the action adds to the log's history when it is allowed, now or by an approval: budgets, rates, marks and
   * labels. Absent when nothing. Holds paths: entries carry `entryDeltas` of it.
   */
  readonly counter_deltas?: readonly StateDelta[];
}
