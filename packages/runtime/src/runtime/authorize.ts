// The one idea: an action is understood, its effects derived, facts gathered, judged, recorded, and only then answered.
// Reads come first, then thought, then the write. Nothing is returned before it is as durable as configured.

import type { AgentContext } from "../core/agent-context.ts";
import {
  decideUnderstood,
  decideWhole,
  effectsIn,
  understand,
  type DecideRequest,
  type Engine,
} from "../core/decide.ts";
import type { AgentIdentity } from "../core/decide.ts";
import type { UnderstoodRequest } from "../core/decide.ts";
import type { Evaluation } from "../core/decision.ts";
import { NO_SURROUNDINGS, type Surroundings } from "../core/effects/surroundings.ts";
import { CanopyError } from "../core/errors.ts";
import type { Facts } from "../core/facts.ts";
import { askEngines, type EngineAsker, type Seen } from "./ask-engines.ts";
import { completeWitness } from "../identity/witness.ts";
import {
  authorizeEntry,
  refusalEntry,
  type DecidedRequest,
  type EntryContext,
  type RecordedDecision,
} from "./authorize-entry.ts";
import type { Decision } from "./decision.ts";
import { earlierDecision, firstOfRequest, requestId } from "./idempotency.ts";
import { gatherFacts, gatherLinks } from "./gather.ts";
import type { Clock, Ledger } from "./ports.ts";

/** What `authorize` works with. Made by `createRuntime`. */
export interface AuthorizeParts {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Where the action would run, before links are known. */
  readonly place: () => Omit<Surroundings, "links">;
  /** Whether an identity was proven in this log and is only asserted now. */
  readonly isDisputed?: (agent: AgentContext, identity: AgentIdentity) => boolean;
  /** Absent when the policy names no other engines. */
  readonly engines?: EngineAsker;
}

/** What recording needs; opened on first use. */
export interface Opened {
  readonly ledger: Ledger;
  readonly entryContext: EntryContext;
}

/** A request, and optionally the key under which a repeat of it is the same request. */
export interface AuthorizeRequest extends DecideRequest {
  readonly idempotency_key?: string | null;
}

/**
 * Decide and record. The answer is DENY when the ledger can't record it (`LEDGER_UNAVAILABLE`).
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION` when there is nothing that can be decided; the refusal is
 *   recorded. `IDEMPOTENCY_CONFLICT` when the key was used for something else.
 */
export async function authorize(
  request: AuthorizeRequest,
  parts: AuthorizeParts,
  opening: Promise<Opened>,
): Promise<Decision> {
  let opened: Opened;
  try {
    opened = await opening;
  } catch (error) {
    return notRecorded(evaluateOnly(request, parts), error);
  }
  const understood = await understandOrRecordRefusal(request, parts, opened);
  const key = request.idempotency_key ?? null;
  if (key === null) return decideAndRecord(understood, parts, opened, null);
  const request_id = requestId(key, understood.agent.tenant_id, understood.agent_identity.avid);
  const earlier = await earlierDecision(request_id, understood, { ledger: opened.ledger, engine: parts.engine });
  return earlier ?? decideAndRecord(understood, parts, opened, request_id);
}

async function decideAndRecord(
  understood: UnderstoodRequest,
  parts: AuthorizeParts,
  opened: Opened,
  request_id: string | null,
): Promise<Decision> {
  const looked = look(understood, parts, opened.ledger);
  const { effects, facts } = await withEngines(understood, looked, parts);
  const decided = decideWhole(understood, effects, facts, parts.engine);
  const { evaluation } = decided;
  try {
    return await record({ understood, facts, ...decided, request_id }, opened);
  } catch (error) {
    const lost = error instanceof CanopyError && error.code === "IDEMPOTENCY_CONFLICT";
    if (!lost || request_id === null) return notRecorded(evaluation, error);
  }
  // Another call with the same key came first between our look and our append.
  const earlier = await earlierDecision(request_id, understood, { ledger: opened.ledger, engine: parts.engine });
  return earlier ?? notRecorded(evaluation, null);
}

/**
 * The same decision without recording it. Without a ledger no recorded kill switch is seen.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION`.
 */
export function evaluateOnly(request: DecideRequest, parts: AuthorizeParts): Evaluation {
  return evaluateNow(request, parts, null).evaluation;
}

/** The same with the facts it was decided with, and the kill switches of a ledger. Throws as `evaluateOnly`. */
export function evaluateNow(
  request: DecideRequest,
  parts: AuthorizeParts,
  ledger: Ledger | null,
): { readonly evaluation: Evaluation; readonly facts: Facts } {
  const understood = understand(request, parts.engine);
  const { effects, facts } = look(understood, parts, ledger);
  return { evaluation: decideUnderstood(understood, effects, facts, parts.engine), facts };
}

/** The same, with the answers of the policy's other engines. Throws as `evaluateOnly`. */
export async function evaluateAsking(
  request: DecideRequest,
  parts: AuthorizeParts,
  ledger: Ledger | null,
): Promise<{ readonly evaluation: Evaluation; readonly facts: Facts }> {
  const understood = understand(request, parts.engine);
  const { effects, facts } = await withEngines(understood, look(understood, parts, ledger), parts);
  return { evaluation: decideUnderstood(understood, effects, facts, parts.engine), facts };
}

// Without engines there is nothing to wait for.
function withEngines(
  understood: UnderstoodRequest,
  seen: Seen,
  { engine, engines }: AuthorizeParts,
): Seen | Promise<Seen> {
  return engines === undefined ? seen : askEngines(understood, seen, { engine, engines });
}

/** Derive effects, follow the links of the places they name, and derive again when a link leads elsewhere. */
export function look(understood: UnderstoodRequest, parts: AuthorizeParts, ledger: Ledger | null): Seen {
  const place = parts.place();
  const unlinked: Surroundings = { ...place, cwd: understood.action.cwd ?? place.cwd, links: NO_SURROUNDINGS.links };
  const effects = effectsIn(understood, unlinked);
  const links = gatherLinks(effects, understood.agent, unlinked);
  const surroundings = { ...unlinked, links };
  const who = { avid: understood.agent_identity.avid, tenant_id: understood.agent.tenant_id };
  const gathered = gatherFacts(parts.clock, ledger, who, surroundings);
  const isDisputed = parts.isDisputed?.(understood.agent, understood.agent_identity) === true;
  const facts = isDisputed ? { ...gathered, identity_disputed: true } : gathered;
  const linked = Object.keys(links).length === 0 ? effects : effectsIn(understood, surroundings);
  return lookAgain(understood, { effects: linked, facts }, parts);
}

// An action that the policy edits may name other places: where their links lead is a fact too.
function lookAgain(understood: UnderstoodRequest, seen: Seen, { engine }: AuthorizeParts): Seen {
  if (engine.policy.edits !== true) return seen;
  const { edited } = decideWhole(understood, seen.effects, seen.facts, engine);
  if (edited === undefined) return seen;
  const known = seen.facts.surroundings;
  const links = { ...known.links, ...gatherLinks(effectsIn(edited, known), edited.agent, known) };
  const surroundings = { ...known, links };
  return { effects: effectsIn(understood, surroundings), facts: { ...seen.facts, surroundings } };
}

async function record(decided: DecidedRequest, { ledger, entryContext }: Opened): Promise<Decision> {
  const recorded: RecordedDecision = authorizeEntry(decided, entryContext);
  const { entry, record: kept } = recorded;
  const guard = decided.request_id === null ? {} : { guard: firstOfRequest(decided.request_id) };
  const receipt = await ledger.append({ entry, record: kept, ...guard });
  return {
    ...decided.evaluation,
    authorization_id: receipt.entry.entry_hash,
    witness: completeWitness(recorded.witness, receipt),
    expires_at: recorded.expires_at,
    approval_expires_at: recorded.approval_expires_at,
  };
}

async function understandOrRecordRefusal(
  request: DecideRequest,
  parts: AuthorizeParts,
  { ledger, entryContext }: Opened,
): Promise<UnderstoodRequest> {
  try {
    return understand(request, parts.engine);
  } catch (error) {
    // The caller gets the reason either way, and nothing runs; a ledger that fails here has nothing to protect.
    if (error instanceof CanopyError) {
      await ledger.append({ entry: refusalEntry(error, parts.clock.now(), entryContext) }).catch(() => null);
    }
    throw error;
  }
}

/** What can't be recorded is not allowed: the evaluation's findings stay, the verdict is DENY. */
function notRecorded(evaluation: Evaluation, error: unknown): Decision {
  const problem = problemOf(error);
  const unrecorded = { authorization_id: null, witness: null, expires_at: null, approval_expires_at: null };
  if (evaluation.decision === "DENY") return { ...evaluation, ...unrecorded };
  return {
    ...evaluation,
    ...unrecorded,
    decision: "DENY",
    reason: `the decision could not be recorded, so the action is not allowed (${problem})`,
    severity: "critical",
    deciding_layer: "none",
    rule_ref: "ledger",
    override_possible: false,
    override_key: null,
  };
}

function problemOf(error: unknown): string {
  if (error instanceof CanopyError) return `${error.code}: ${error.message}`;
  return `LEDGER_UNAVAILABLE: ${error instanceof Error ? error.message : "the append failed"}`;
}
