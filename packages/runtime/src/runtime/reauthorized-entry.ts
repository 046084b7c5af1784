// The entry of a decision that was made again after an approval, its record, and the witness that stands in it. The
// record holds what the decision's own does, and the facts of the second look, so that it can be replayed alone.

import type { Evaluation } from "../core/decision.ts";
import type { Facts } from "../core/facts.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { buildWitness } from "../identity/witness.ts";
import {
  recordedDemands,
  recordedFindings,
  reservedMembers,
  resourceMembers,
  type EntryContext,
} from "./authorize-entry.ts";
import { saltedHash } from "./crypto.ts";
import { followUpEntry, type FollowUp } from "./follow-up-entry.ts";
import type { EntryDraft, PayloadRecord } from "../ledger/ports.ts";

/** What was decided again. */
export interface DecidedAgain {
  /** The members of the decision's entry that follow-ups take over. */
  readonly decided: JsonObject;
  /** The record of the decision. */
  readonly record: RecordedAction;
  /** As the votes settled it. */
  readonly evaluation: Evaluation;
  readonly facts: Facts;
  /** When it is recorded; milliseconds since 1970. */
  readonly at_ms: number;
}

/** What a decision's record tells of the action. */
export interface RecordedAction {
  readonly salt: string;
  readonly action_digest: string;
  readonly action_type: JsonValue;
  readonly action_payload: JsonValue;
  readonly cwd: string | null;
  readonly agent_ctx: JsonValue;
}

/** A decision made again, ready to be appended. */
export interface RecordedAgain {
  readonly entry: EntryDraft;
  readonly record: PayloadRecord;
  readonly witness: JsonObject;
  readonly expires_at: string | null;
}

/** The entry, record and witness of a decision that was made again. */
export function reauthorizedEntry(
  { decided, record, evaluation, facts, at_ms }: DecidedAgain,
  context: Pick<EntryContext, "key_id" | "allow_ttl_ms" | "resourceKey">,
): RecordedAgain {
  const { key_id, allow_ttl_ms } = context;
  const { salt, action_digest, action_type, action_payload, cwd, agent_ctx } = record;
  const timestamp = new Date(at_ms).toISOString();
  const expires_at = evaluation.decision === "ALLOW" ? new Date(at_ms + allow_ttl_ms).toISOString() : null;
  const witness = buildWitness({
    payload_commitment: text(decided["payload_commitment"]),
    decision: evaluation.decision,
    findings_hash: saltedHash(salt, evaluation.findings),
    rules_hash: evaluation.policy_snapshot.rules_hash,
    policy_hash: evaluation.policy_snapshot.policy_hash,
    context_hash: saltedHash(salt, agent_ctx),
    avid: evaluation.avid,
    timestamp,
    key_id,
  });
  const entry = followUpEntry(decided, "reauthorized", timestamp, {
    ...recordedMembers(evaluation),
    ...resourceMembers(evaluation, text(action_type), context.resourceKey),
    ...reservedMembers(evaluation, context.resourceKey),
    witness,
    key_id,
    ...(expires_at === null ? {} : { expires_at }),
  });
  const { findings } = evaluation;
  const content = { salt, action_digest, action_type, action_payload, cwd, agent_ctx, facts, findings, at_ms };
  return { entry, record: { subject: evaluation.avid, content }, witness, expires_at };
}

function recordedMembers(evaluation: Evaluation): FollowUp {
  return {
    decision: evaluation.decision,
    reason: `${evaluation.decision} by ${evaluation.rule_ref ?? "approval"}`,
    severity: evaluation.severity,
    layers: { ...evaluation.layers },
    findings: recordedFindings(evaluation.findings),
    ...recordedDemands(evaluation),
    policy_snapshot: { ...evaluation.policy_snapshot },
  };
}

/** An evaluation whose question was answered by people, who are named in `reason`. */
export function settledByVotes(evaluation: Evaluation, decision: "ALLOW" | "DENY", names: string): Evaluation {
  return {
    ...evaluation,
    decision,
    reason: `${decision === "ALLOW" ? "approved" : "rejected"} by ${names}`,
    deciding_layer: "none",
    rule_ref: "approval",
    override_possible: false,
    override_key: null,
  };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
