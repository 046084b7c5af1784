// The ledger entry of a decision, its payload record, and the witness that stands in it.
//
// The log never shows the payload: the entry carries an HMAC commitment over the canonical action, and findings as
// rule, verdict and severity. Evidence, arguments, facts and the salt go to the encrypted record.

import { canonicalJson } from "../core/canonical.ts";
import type { UnderstoodRequest } from "../core/decide.ts";
import type { ApprovalRequirement } from "../core/approval-requirement.ts";
import type { Evaluation, Transformed } from "../core/decision.ts";
import type { CanopyError } from "../core/errors.ts";
import { effectResources } from "../core/effects/effect-resources.ts";
import type { Facts } from "../core/facts.ts";
import type { Finding } from "../core/finding.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { entryDeltas } from "../core/policy/state/entry-deltas.ts";
import { buildWitness } from "../identity/witness.ts";
import { hmacSha256Hex, saltedHash } from "./crypto.ts";
import type { EntryDraft, PayloadRecord, Randomness } from "../ledger/ports.ts";
import { RESOURCE_KEY_DIGITS, RESOURCE_PREFIX } from "../ledger/entry-index/resource-key.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";

/** What entries need from their surroundings. */
export interface EntryContext {
  readonly key_id: string;
  readonly randomness: Randomness;
  readonly allow_ttl_ms: number;
  readonly approval_ttl_ms: number;
  /** See `Ledger.resourceKey`. */
  readonly resourceKey: (place: string) => string;
}

/** One understood, evaluated request. */
export interface DecidedRequest {
  readonly understood: UnderstoodRequest;
  /** The action as the policy edited it; absent where it is as it was asked for. What runs is this. */
  readonly edited?: UnderstoodRequest;
  readonly facts: Facts;
  readonly evaluation: Evaluation;
  /** What a repeat of the request is found by (idempotency.ts); null when it has no key. */
  readonly request_id: string | null;
}

/** A decision ready to be appended. */
export interface RecordedDecision {
  readonly entry: EntryDraft;
  readonly record: PayloadRecord;
  readonly witness: JsonObject;
  readonly expires_at: string | null;
  readonly approval_expires_at: string | null;
}

/** The entry, record and witness of a decision. */
export function authorizeEntry(decided: DecidedRequest, context: EntryContext): RecordedDecision {
  const { understood, edited, evaluation, facts } = decided;
  const key = context.randomness.bytes(32);
  const salt = Buffer.from(key.buffer, key.byteOffset, key.length).toString("hex");
  const commitment = payloadCommitment(key, edited ?? understood);
  const timestamp = instant(facts.now_ms);
  const expires_at = evaluation.decision === "ALLOW" ? instant(facts.now_ms + context.allow_ttl_ms) : null;
  const approval_expires_at =
    evaluation.decision === "REQUIRE_APPROVAL"
      ? instant(
          facts.now_ms + Math.min(context.approval_ttl_ms, evaluation.approval?.within_ms ?? Number.POSITIVE_INFINITY),
        )
      : null;
  // Findings quote paths and hosts, contexts hold names and limits: easy to guess, so their hashes are salted too.
  const witness = buildWitness({
    payload_commitment: commitment,
    decision: evaluation.decision,
    findings_hash: saltedHash(salt, evaluation.findings),
    rules_hash: evaluation.policy_snapshot.rules_hash,
    policy_hash: evaluation.policy_snapshot.policy_hash,
    context_hash: saltedHash(salt, understood.agent.raw),
    avid: evaluation.avid,
    timestamp,
    key_id: context.key_id,
  });
  const { key_id } = context;
  const parts = { commitment, timestamp, witness, expires_at, approval_expires_at, key_id };
  const { raw_action_type } = (edited ?? understood).action;
  const entry = {
    ...decisionEntry(decided, parts),
    ...promptMembers(understood.agent.raw, salt),
    ...resourceMembers(evaluation, raw_action_type, context.resourceKey),
    ...reservedMembers(evaluation, context.resourceKey),
  };
  return { entry, record: payloadRecord(decided, salt), witness, expires_at, approval_expires_at };
}

const PROMPT_MEMBERS = ["prompt_hash", "prompt_excerpt", "agent_response_excerpt"] as const;

/**
 * What an agent context says of its prompt, as the log shows it: one salted hash. The texts themselves, and a plain hash
 * of a prompt, which can be guessed, stand in the encrypted record alone. None when the context says nothing of it.
 */
function promptMembers(raw: JsonObject, salt: string): { readonly prompt_hash?: string } {
  const given = Object.fromEntries(
    PROMPT_MEMBERS.flatMap((name) => {
      const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
      return typeof value === "string" ? [[name, value] as const] : [];
    }),
  );
  return Object.keys(given).length === 0 ? {} : { prompt_hash: saltedHash(salt, given) };
}

/**
 * The member that says what an allowed action adds to the log's history; none for one that adds nothing. Only what is
 * allowed reserves: a question that waits for its approval does so when it is allowed.
 */
export function reservedMembers(
  { decision, counter_deltas = [] }: Pick<Evaluation, "decision" | "counter_deltas">,
  keyOf: (place: string) => string,
): { readonly counter_deltas?: readonly JsonObject[] } {
  if (decision !== "ALLOW" || counter_deltas.length === 0) return {};
  return { counter_deltas: entryDeltas(counter_deltas, keyOf) };
}

/**
 * The member that says what an action would touch, as keys of the log, and `unresolved` where that is not all
 * (effect-resources.ts). What it is found by later: docs/absence-proofs.md.
 */
export function resourceMembers(
  { effects }: Pick<Evaluation, "effects">,
  tool: string,
  keyOf: (place: string) => string,
): { readonly resource_keys: readonly string[] } {
  const { names, unresolved } = effectResources(effects, tool);
  const keys = names.map((name) => keyOf(`${RESOURCE_PREFIX}${name}`).slice(0, RESOURCE_KEY_DIGITS)).sort();
  return { resource_keys: unresolved ? [...keys, "unresolved"] : keys };
}

/** HMAC-SHA-256 under the record's salt over the canonical action; the same through approval, begin and result. */
export function payloadCommitment(salt: Uint8Array, understood: UnderstoodRequest): string {
  return hmacSha256Hex(salt, understood.action.canonical);
}

interface EntryParts {
  readonly commitment: string;
  readonly timestamp: string;
  readonly witness: JsonObject;
  readonly expires_at: string | null;
  readonly approval_expires_at: string | null;
  readonly key_id: string;
}

function decisionEntry({ understood, evaluation, request_id }: DecidedRequest, parts: EntryParts): EntryDraft {
  const { trace_id, session_id, tenant_id } = understood.agent;
  const { override_key } = evaluation;
  const entry = {
    event: "authorize_action",
    timestamp: entryTimestamp(parts.timestamp),
    avid: evaluation.avid,
    identity: evaluation.identity,
    action_type: evaluation.action_type,
    decision: evaluation.decision,
    reason: recordedReason(evaluation),
    severity: evaluation.severity,
    layers: { ...evaluation.layers },
    findings: recordedFindings(evaluation.findings),
    ...recordedDemands(evaluation),
    effects: effectKinds(evaluation),
    override_possible: evaluation.override_possible,
    policy_snapshot: { ...evaluation.policy_snapshot },
    payload_commitment: parts.commitment,
    key_id: parts.key_id,
    witness: parts.witness,
  };
  const { expires_at, approval_expires_at } = parts;
  const optional = { override_key, trace_id, session_id, tenant_id, request_id, expires_at, approval_expires_at };
  return addPresent(entry, optional);
}

/** The entry of a request that could not be decided: what was wrong, nothing of what was sent. */
export function refusalEntry(error: CanopyError, now_ms: number, context: EntryContext): EntryDraft {
  return {
    event: "authorize_refused",
    timestamp: entryTimestamp(instant(now_ms)),
    avid: "",
    action_type: "",
    decision: "DENY",
    reason: `refused: ${error.code}`,
    severity: "high",
    layers: {},
    witness: null,
    key_id: context.key_id,
  };
}

// Findings' reasons may quote what was seen (a path, a host), so the log names the rule and the kinds of effect instead.
function recordedReason(evaluation: Evaluation): string {
  if (evaluation.rule_ref === null) return "nothing in any layer speaks against it";
  return `${evaluation.decision} by ${evaluation.rule_ref}`;
}

/**
 * What else of an evaluation the log shows, each only where there is something: what rules in shadow would say, how to
 * approve, what rules oblige to, and that the payload was edited: by which rules and where, never with what.
 */
export function recordedDemands({ shadow, approval, obligations, transformed }: Evaluation): JsonObject {
  const byRules = obligations.filter(({ detail }) => detail["rule_refs"] !== undefined);
  return {
    ...(shadow === undefined ? {} : { shadow: recordedFindings(shadow) }),
    ...(approval === null ? {} : { approval: recordedRequirement(approval) }),
    ...(byRules.length === 0 ? {} : { obligations: byRules.map(({ type, detail }) => ({ type, detail })) }),
    ...(transformed === undefined ? {} : { transformed: recordedTransform(transformed) }),
  };
}

/** How to approve, as the log shows it. */
export function recordedRequirement(approval: ApprovalRequirement): JsonObject {
  const by = approval.by.map(({ any, count, rule_refs }) => ({
    any: any.map((test) => ({ ...test })),
    count,
    rule_refs,
  }));
  return { ...approval, by };
}

function recordedTransform({ rule_refs, edits }: Transformed): JsonObject {
  return { rule_refs, edits: edits.map((edit) => ("set" in edit ? { set: edit.set } : { remove: edit.remove })) };
}

/** Findings as the log shows them: rule, verdict and severity, never what was seen. */
export function recordedFindings(findings: readonly Finding[]): readonly JsonObject[] {
  return findings.map(({ rule_ref, decision, severity, mode, would }) =>
    mode === undefined || would === undefined
      ? { rule_ref, decision, severity }
      : { rule_ref, decision, severity, mode, would },
  );
}

function effectKinds(evaluation: Evaluation): readonly string[] {
  return [...new Set(evaluation.effects.map((effect) => effect.kind))].toSorted();
}

function payloadRecord({ understood, edited, facts, evaluation }: DecidedRequest, salt: string): PayloadRecord {
  const { action, agent } = understood;
  const transformed =
    edited === undefined ? {} : { asked_digest: action.digest, edited_payload: edited.action.payload };
  const content = {
    salt,
    action_digest: evaluation.action_digest,
    ...transformed,
    action_type: action.raw_action_type,
    action_payload: action.payload,
    cwd: action.cwd,
    agent_ctx: copyOf(agent.raw),
    facts,
    findings: evaluation.findings,
    ...(evaluation.shadow === undefined ? {} : { shadow: evaluation.shadow }),
  };
  return { subject: evaluation.avid, content };
}

// Taken now: the integrator's object may be changed before the record is written, and an approval is judged by it.
function copyOf(context: JsonObject): JsonValue {
  const copy: JsonValue = JSON.parse(canonicalJson(context));
  return copy;
}

// Absent members are absent, not null: null would be another entry.
function addPresent(entry: EntryDraft, optional: Readonly<Record<string, string | null>>): EntryDraft {
  const whole: Record<string, JsonValue> & EntryDraft = entry;
  for (const member in optional) {
    const value = optional[member];
    if (typeof value === "string") whole[member] = value;
  }
  return whole;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
