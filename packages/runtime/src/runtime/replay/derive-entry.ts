// A recorded decision made again, whole: the request is understood and evaluated with its own facts, and its entry
// built by the functions that built the recorded one. Pure but for hashing; what is compared are the line's bytes.

import { decideWhole, effectsIn, understand, type Engine, type UnderstoodRequest } from "../../core/decide.ts";
import type { Evaluation } from "../../core/decision.ts";
import { CanopyError } from "../../core/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { LEDGER_MEMBERS, prepareEntry, sealEntry } from "../../ledger/entry.ts";
import { sha256Hex } from "../../storage/chain-host.ts";
import { authorizeEntry, payloadCommitment } from "../authorize-entry.ts";
import type { EntryDraft, LedgerEntry } from "../../ledger/ports.ts";
import { reauthorizedEntry, settledByVotes } from "../reauthorized-entry.ts";
import { compareLists, firstDifference, type Difference } from "./first-difference.ts";
import type { RecordedRequest } from "./recorded-request.ts";

/** A decision as its line and its record tell it. */
export interface RecordedDecision {
  readonly entry: LedgerEntry;
  /** The line, without its line feed. */
  readonly line: string;
  readonly request: RecordedRequest;
  /** See `Ledger.resourceKey`. */
  readonly resourceKey: (place: string) => string;
}

/**
 * Make a recorded decision again and compare; null when every byte of its line, and the action and findings of its
 * record, are the same. The members of the chain (and what only recording gives: the request's id, how long an answer
 * holds) are taken from the entry.
 *
 * Cost: that of a decision and of writing its entry.
 */
export function differenceOf(recorded: RecordedDecision, engine: Engine): Difference | null {
  const { entry, line } = recorded;
  let derived: Derived;
  let text: string;
  try {
    derived = deriveEntry(recorded, engine);
    text = lineOf(derived.draft, entry);
  } catch (error) {
    return { member: "decision", recorded: entry["decision"], derived: failureText(error), secret: false };
  }
  const inRecord = compareRecord(recorded.request, derived.evaluation);
  if (text === line) return inRecord;
  const { witness, ...members } = entryMembers(entry);
  const { witness: derivedWitness, ...derivedMembers } = derived.draft;
  const found = firstDifference(members, derivedMembers) ?? inRecord;
  return found ?? firstDifference(asMember(witness), asMember(derivedWitness)) ?? spelling();
}

interface Derived {
  readonly draft: EntryDraft;
  readonly evaluation: Evaluation;
}

function deriveEntry({ entry, request, resourceKey }: RecordedDecision, engine: Engine): Derived {
  const { facts } = request;
  const understood = understand(request, engine);
  const found = decideWhole(understood, effectsIn(understood, facts.surroundings), facts, engine);
  const { evaluation } = found;
  if (entry.event === "reauthorized") {
    return deriveAgain({ entry, request, resourceKey, understood: found.edited ?? understood, evaluation });
  }
  const context = {
    key_id: textOf(entry["key_id"]),
    randomness: { bytes: () => Buffer.from(request.salt, "hex") },
    allow_ttl_ms: lifeOf(entry["expires_at"], facts.now_ms),
    approval_ttl_ms: lifeOf(entry["approval_expires_at"], facts.now_ms),
    resourceKey,
  };
  const { request_id } = entry;
  const decided = { understood, facts, ...found, request_id: typeof request_id === "string" ? request_id : null };
  return { draft: authorizeEntry(decided, context).entry, evaluation };
}

interface Again extends Omit<RecordedDecision, "line"> {
  readonly understood: UnderstoodRequest;
  readonly evaluation: Evaluation;
}

// Votes lift what asks, never what denies: that they held is the business of the entry before, `approval_granted`.
function deriveAgain({ entry, request, resourceKey, understood, evaluation }: Again): Derived {
  const settled = evaluation.decision === "DENY" ? evaluation : settledByVotes(evaluation, "ALLOW", "");
  const { trace_id, session_id, tenant_id } = understood.agent;
  const context = { trace_id, session_id, tenant_id };
  const decided: Record<string, JsonValue> = {
    avid: evaluation.avid,
    action_type: evaluation.action_type,
    payload_commitment: payloadCommitment(Buffer.from(request.salt, "hex"), understood),
    entry_hash: entry["authorization_id"] ?? null,
  };
  for (const [name, value] of Object.entries(context)) if (value !== null) decided[name] = value;
  const at_ms = request.at_ms ?? request.facts.now_ms;
  const again = { decided, record: request, evaluation: settled, facts: request.facts, at_ms };
  const ttl = { key_id: textOf(entry["key_id"]), allow_ttl_ms: lifeOf(entry["expires_at"], at_ms), resourceKey };
  return { draft: reauthorizedEntry(again, ttl).entry, evaluation: settled };
}

/** The line that a draft would have become in the place of a recorded entry. */
function lineOf(draft: EntryDraft, { log_id, prev_hash, seq, payload_ref, seq_mac }: LedgerEntry): string {
  const payloadRef = typeof payload_ref === "string" ? payload_ref : null;
  const prepared = prepareEntry(draft, log_id, payloadRef !== null);
  const seat = { prevHash: prev_hash, seq, payloadRef, ...(typeof seq_mac === "string" && { mac: () => seq_mac }) };
  return sealEntry(prepared, seat, sha256Hex).line.slice(0, -1);
}

function compareRecord({ action_digest, findings }: RecordedRequest, evaluation: Evaluation): Difference | null {
  if (action_digest !== evaluation.action_digest) {
    return { member: "record.action_digest", recorded: action_digest, derived: evaluation.action_digest, secret: true };
  }
  const text = JSON.stringify(evaluation.findings);
  if (text === JSON.stringify(findings)) return null;
  const derived: readonly JsonValue[] = JSON.parse(text);
  const found = compareLists(findings, derived, "record.findings");
  return found === null ? null : { ...found, secret: true };
}

function entryMembers(entry: LedgerEntry): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !LEDGER_MEMBERS.includes(name)));
}

function asMember(witness: JsonValue | undefined): JsonObject {
  return witness === undefined ? {} : { witness };
}

// All members are equal and the bytes are not: another writer's spelling.
function spelling(): Difference {
  return { member: "the line's spelling", recorded: undefined, derived: undefined, secret: false };
}

function failureText(error: unknown): string {
  if (error instanceof CanopyError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.name : "unknown";
}

function lifeOf(until: JsonValue | undefined, from_ms: number): number {
  const ends = typeof until === "string" ? Date.parse(until) : Number.NaN;
  return Number.isFinite(ends) ? ends - from_ms : 0;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
