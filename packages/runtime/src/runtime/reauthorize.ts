// Turning an approval into permission: the votes are judged, the action is evaluated again as the world is now, and a
// `reauthorized` entry under the same authorization_id gives it a fresh time. A DENY is never lifted.

import { checkApproved, checkPending, executionState, type ExecutionStatus } from "../approvals/execution-state.ts";
import { judgeVotes, type VoteOutcome } from "../approvals/judge-votes.ts";
import { settleApproval } from "../approvals/settle-approval.ts";
import { parseApproval, type Approval } from "../approvals/vote.ts";
import { joinRequirements, parseRequirement, type ApprovalRequirement } from "../core/approval-requirement.ts";
import type { Evaluation } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import type { Facts } from "../core/facts.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { completeWitness } from "../identity/witness.ts";
import type { ApprovalRequest } from "./approval-prompt.ts";
import type { WaitOptions } from "./approval-modes.ts";
import { recordedRequirement } from "./authorize-entry.ts";
import { keyIdsNamed, requiredSets, type ApproverSettings } from "./approver-names.ts";
import type { Judged } from "./authorize.ts";
import { decidedEntry, instant, type ExecutionParts } from "./begin.ts";
import { saltedHash, sha256, verifySignature } from "./crypto.ts";
import { parseAuthorizationId, readDecisionRecord, type DecisionRecord } from "./decision-record.ts";
import { followUpEntry } from "./follow-up-entry.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { subjectOf, unlessStopped } from "./kill-switch.ts";
import { reauthorizedEntry, settledByVotes, type RecordedAgain } from "./reauthorized-entry.ts";
import { trustedApprovers } from "./sign-vote.ts";
import { stateAppend } from "./state-append.ts";
import { visibleText } from "./visible-text.ts";

/** What approvals work with. */
export interface ApprovalParts extends ExecutionParts {
  readonly home: string;
  /** Public keys whose votes count, besides the approver key of this home. */
  readonly approvers: readonly string[];
  /** How many distinct approvers an approval needs, 1 or more. */
  readonly approvals_required: number;
  /** Who approvers are, where a policy asks for some of them. */
  readonly approver_settings: ApproverSettings;
  /** How long a reauthorized ALLOW holds. */
  readonly allow_ttl_ms: number;
  /** Evaluates a recorded action again, with today's policy, kill switches and surroundings. */
  readonly reevaluate: (record: DecisionRecord) => Promise<Reevaluated>;
}

/** An action that was evaluated again, and what it was evaluated with. */
export type Reevaluated = Pick<Judged, "evaluation" | "facts" | "query" | "again">;

/** The decision after an approval: the members of a decision document, under the authorization_id it had. */
export interface ReauthorizedDecision extends Evaluation {
  readonly authorization_id: string;
  /** Null for a rejection, which is evidenced by the entry of the votes alone. */
  readonly witness: JsonObject | null;
  readonly expires_at: string | null;
  readonly approval_expires_at: null;
}

interface Recorded {
  readonly record: DecisionRecord;
  readonly decided: LedgerEntry;
  /** What the approval must be like, as was asked then and as is asked now; null: as the runtime is set. */
  readonly requirement: ApprovalRequirement | null;
}

const LONGEST_POLL_MS = 2000;

/**
 * Judge an approval and, when it holds, turn the REQUIRE_APPROVAL into an ALLOW. A rejection, and an action that is
 * denied by now, come back as DENY; both are recorded and final.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION`; `APPROVAL_REFUSED` when the votes don't hold, were used, or what is
 *   asked now is not what was approved; `EXPIRED`; `DIGEST_MISMATCH`; `LEDGER_UNAVAILABLE`. Then nothing is permitted.
 */
export async function reauthorize(
  authorization_id: unknown,
  approval: unknown,
  parts: ApprovalParts,
): Promise<ReauthorizedDecision> {
  const id = parseAuthorizationId(authorization_id);
  const votes = parseApproval(approval);
  const decided = await decidedEntry(parts.ledger, id);
  const history = await parts.ledger.historyOf(id);
  const { status } = executionState(id, history);
  // An approval that was recorded when its process died may be handed over again; any other answer comes too late.
  if (status !== "approved") checkPending(id, history, { now: instant(parts.clock), last: null });
  const record = await readDecisionRecord(parts.ledger, id);
  const judged = await parts.reevaluate(record);
  const { evaluation } = judged;
  const requirement = requirementNow(decided, evaluation);
  checkWithin(decided, requirement, parts);
  const outcome = judge(votes, { record, decided, requirement }, parts);
  if (evaluation.action_digest !== record.action_digest) {
    throw new CanopyError("DIGEST_MISMATCH", "the recorded action no longer has the digest that was decided");
  }
  if (outcome.verdict === "REJECTED") {
    await recordVotes(votes, outcome, { record, decided, requirement }, parts);
    return { ...settled(evaluation, "DENY", outcome), ...standing(id, null), witness: null };
  }
  settle(outcome, judged, record);
  await recordVotes(votes, outcome, { record, decided, requirement }, parts);
  return recordReauthorized(judged, { record, decided, outcome }, parts);
}

/** Record that a call was skipped for want of an approval; final. Throws as `reauthorize`. */
export async function skipApproval(authorization_id: unknown, parts: ApprovalParts): Promise<string> {
  const id = parseAuthorizationId(authorization_id);
  const decided = await decidedEntry(parts.ledger, id);
  const receipt = await parts.ledger.append({
    entry: followUpEntry(decided, "approval_skipped", instant(parts.clock), {
      decision: "SKIP",
      reason: "skipped without an approval",
      key_id: parts.key_id,
    }),
    guard: {
      authorization_id: id,
      check: (history, last) => checkPending(id, history, { now: instant(parts.clock), last }),
    },
  });
  return receipt.entry.entry_hash;
}

/** The request that an approver answers. @throws {CanopyError} `UNKNOWN_AUTHORIZATION`, `APPROVAL_REFUSED`, `EXPIRED`. */
export async function approvalRequest(authorization_id: unknown, parts: ApprovalParts): Promise<ApprovalRequest> {
  const id = parseAuthorizationId(authorization_id);
  const history = await parts.ledger.historyOf(id);
  checkPending(id, history, { now: instant(parts.clock), last: null });
  const record = await readDecisionRecord(parts.ledger, id);
  const { evaluation } = await parts.reevaluate(record);
  if (evaluation.action_digest !== record.action_digest) {
    throw new CanopyError("DIGEST_MISMATCH", "the recorded action no longer has the digest that was decided");
  }
  const { until } = executionState(id, history);
  const approval = requirementNow(await decidedEntry(parts.ledger, id), evaluation);
  const { avid, action_type, reason, severity, findings, effects, transformed } = evaluation;
  return {
    log_id: parts.ledger.log_id,
    authorization_id: id,
    action_digest: record.action_digest,
    avid,
    action_type,
    reason,
    severity,
    findings,
    effects,
    action_payload: record.decided_payload,
    cwd: record.cwd,
    approval,
    ...(transformed === undefined ? {} : { transformed }),
    approval_expires_at: until,
  };
}

/**
 * Wait until a request for approval is answered, by whichever process, or is past its time.
 *
 * Cost: a look into the ledger every 50 ms at first, every two seconds later.
 */
export async function waitForApproval(
  authorization_id: unknown,
  options: WaitOptions,
  parts: ApprovalParts,
): Promise<ExecutionStatus> {
  const id = parseAuthorizationId(authorization_id);
  const deadline = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let pause = 50; ; pause = Math.min(pause * 1.5, LONGEST_POLL_MS)) {
    const { status, until } = executionState(id, await parts.ledger.historyOf(id));
    const open = status === "pending" || status === "approved";
    const over = until === null || instant(parts.clock) >= until || performance.now() >= deadline;
    if (!open || over || options.signal?.aborted === true) return status;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, Math.max(deadline - performance.now(), 1))));
  }
}

function judge(votes: Approval, { record, decided, requirement }: Recorded, parts: ApprovalParts): VoteOutcome {
  const settings = parts.approver_settings;
  const question = {
    log_id: parts.ledger.log_id,
    authorization_id: decided.entry_hash,
    action_digest: record.action_digest,
    agent_avid: typeof decided["avid"] === "string" ? decided["avid"] : "",
    trusted: trustedApprovers(parts.home, parts.approvers),
    required: Math.max(parts.approvals_required, requirement?.count ?? 1),
    sets: requirement === null ? [] : requiredSets(requirement, settings),
    requester: requirement?.not_requester === true ? requesterOf(record, settings) : [],
    reason_required: requirement?.reason_required === true,
    now: instant(parts.clock),
  };
  return judgeVotes(votes, question, { sha256, verifySignature });
}

// A policy may have become stricter since, and what was asked then was promised: both hold.
function requirementNow(decided: LedgerEntry, { approval }: Evaluation): ApprovalRequirement | null {
  const then = decided["approval"] === undefined ? [] : [parseRequirement(decided["approval"])];
  return joinRequirements(approval === null ? then : [...then, approval]);
}

function checkWithin(decided: LedgerEntry, requirement: ApprovalRequirement | null, { clock }: ApprovalParts): void {
  const within_ms = requirement?.within_ms ?? null;
  if (within_ms === null || clock.now() < Date.parse(decided.timestamp) + within_ms) return;
  throw new CanopyError("EXPIRED", "the approval comes after the time that the policy gives for one", {
    fix: "authorize the action again",
  });
}

// The person for whom the agent acts, where the integrator's code names one: by key, or by name.
function requesterOf({ agent_ctx }: DecisionRecord, settings: ApproverSettings): readonly string[] {
  const requester = isJsonObject(agent_ctx) ? agent_ctx["requester"] : undefined;
  return typeof requester === "string" ? [requester, ...keyIdsNamed(requester, settings)] : [];
}

/** What votes and the decision of by now come to. Throws as `settleApproval`. */
function settle(
  outcome: VoteOutcome,
  { evaluation, facts }: Pick<Reevaluated, "evaluation" | "facts">,
  record: DecisionRecord,
): Evaluation {
  const counters = Object.keys(facts.state?.counters ?? {});
  const decision = settleApproval(outcome.verdict, evaluation, record.findings, counters);
  return decision === "DENY" ? evaluation : settled(evaluation, decision, outcome);
}

async function recordVotes(
  votes: Approval,
  outcome: VoteOutcome,
  { record, decided, requirement }: Recorded,
  parts: ApprovalParts,
): Promise<void> {
  const { ledger, clock } = parts;
  const required = Math.max(parts.approvals_required, requirement?.count ?? 1);
  const id = decided.entry_hash;
  const approval_hash = saltedHash(record.salt, votes);
  const history = await ledger.historyOf(id);
  if (history.some((entry) => entry["approval_hash"] === approval_hash)) return;
  const approved = outcome.verdict === "APPROVED";
  await ledger.append({
    entry: followUpEntry(decided, approved ? "approval_granted" : "approval_rejected", instant(clock), {
      decision: outcome.verdict,
      reason: `${outcome.verdict.toLowerCase()} by ${outcome.approvers.length} of ${required} required`,
      approvers: outcome.approvers.map(({ approver, key_id }) => ({ approver, key_id })),
      ...(requirement === null ? {} : { approval: recordedRequirement(requirement) }),
      approval_hash,
      key_id: parts.key_id,
    }),
    record: { subject: text(decided["avid"]), content: { votes: votes.votes } },
    guard: { authorization_id: id, check: (history, last) => checkPending(id, history, { now: instant(clock), last }) },
  });
}

async function recordReauthorized(
  { evaluation, facts, query, again }: Reevaluated,
  { record, decided, outcome }: Omit<Recorded, "requirement"> & { readonly outcome: VoteOutcome },
  parts: ApprovalParts,
): Promise<ReauthorizedDecision> {
  const { ledger, clock } = parts;
  const id = decided.entry_hash;
  const at_ms = clock.now();
  const context = { ...parts, resourceKey: (place: string) => ledger.resourceKey(place) };
  const make = (now: Facts, judged: Evaluation): DecidedAgain => {
    const final = settle(outcome, { evaluation: judged, facts: now }, record);
    const made = reauthorizedEntry({ decided, record, evaluation: final, facts: now, at_ms }, context);
    return { ...made, evaluation: final };
  };
  const append = stateAppend(facts, query, (now) => make(now, again(now).evaluation), make(facts, evaluation));
  const receipt = await ledger.append({
    ...append.request,
    ...(facts.kill_switch === null ? { admit: unlessStopped(subjectOf(decided)) } : {}),
    guard: {
      authorization_id: id,
      check: (history, last) => checkApproved(id, history, { now: instant(clock), last }),
    },
  });
  const made = append.made();
  return { ...made.evaluation, ...standing(id, made.expires_at), witness: completeWitness(made.witness, receipt) };
}

interface DecidedAgain extends RecordedAgain {
  readonly evaluation: Evaluation;
}

/** An evaluation whose question was answered by people. */
function settled(evaluation: Evaluation, decision: "ALLOW" | "DENY", outcome: VoteOutcome): Evaluation {
  const names = outcome.approvers.map(({ approver }) => visibleText(approver)).join(", ");
  return settledByVotes(evaluation, decision, names);
}

function standing(
  authorization_id: string,
  expires_at: string | null,
): Pick<ReauthorizedDecision, "authorization_id" | "expires_at" | "approval_expires_at"> {
  return { authorization_id, expires_at, approval_expires_at: null };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
