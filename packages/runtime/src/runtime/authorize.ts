// The one idea: an action is understood, its effects derived, facts gathered, judged, recorded, and only then answered.
// Reads come first, then thought, then the write. Nothing is returned before it is as durable as configured.

import type { AgentContext } from "../core/agent-context.ts";
import { decideWhole, understand, type Decided, type DecideRequest, type Engine } from "../core/decide.ts";
import type { AgentIdentity } from "../core/decide.ts";
import type { UnderstoodRequest } from "../core/decide.ts";
import type { Evaluation } from "../core/decision.ts";
import type { Effect } from "../core/effects/effect.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import { CanopyError, errorText, type ErrorCode } from "../core/errors.ts";
import type { Facts } from "../core/facts.ts";
import type { StateQuery } from "../core/policy/state/state-facts.ts";
import { askEngines, type EngineAsker } from "./ask-engines.ts";
import { completeWitness } from "../identity/witness.ts";
import { authorizeEntry, refusalEntry, type EntryContext, type RecordedDecision } from "./authorize-entry.ts";
import { UNRECORDED, type Decision, type RecordingError } from "./decision.ts";
import { earlierDecision, firstOfRequest, requestId } from "./idempotency.ts";
import { unlessStopped } from "./kill-switch.ts";
import { look, withState, type Seen } from "./look.ts";
import type { Clock, Ledger } from "../ledger/ports.ts";
import { stateAppend } from "./state-append.ts";

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
 * Decide and record. The answer is DENY when the ledger can't record it (`LEDGER_UNAVAILABLE`), or can't be read.
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
  try {
    return await decideOnce(understood, parts, opened, request.idempotency_key ?? null);
  } catch (error) {
    // The log could not be read: a stop, a budget or an earlier decision in it isn't known.
    if (error instanceof CanopyError && LOG_UNREAD.includes(error.code)) {
      return notRecorded(judged(understood, look(understood, parts, null), parts, null).evaluation, error);
    }
    throw error;
  }
}

const LOG_UNREAD: readonly ErrorCode[] = ["LEDGER_UNAVAILABLE", "LEDGER_REFUSED"];

async function decideOnce(
  understood: UnderstoodRequest,
  parts: AuthorizeParts,
  opened: Opened,
  key: string | null,
): Promise<Decision> {
  if (key === null) return decideAndRecord(understood, parts, opened, null);
  const request_id = requestId(key, understood.agent.tenant_id, understood.agent_identity.avid);
  const earlier = await earlierDecision(request_id, understood, { ledger: opened.ledger, engine: parts.engine });
  return earlier ?? decideAndRecord(understood, parts, opened, request_id);
}

/** A stop that is set and released again and again must not keep a decision for ever. */
const MAX_LOOKS = 3;

async function decideAndRecord(
  understood: UnderstoodRequest,
  parts: AuthorizeParts,
  opened: Opened,
  request_id: string | null,
): Promise<Decision> {
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const decision = await lookAndRecord(understood, parts, opened, request_id);
    if (decision !== null) return decision;
  }
  return notRecorded(
    judgedWithout(understood, parts),
    new CanopyError("KILL_SWITCH", "a kill switch changes all the time"),
  );
}

/** Null when somebody stopped the agent between the look and the append: that stop is to be seen, and recorded. */
async function lookAndRecord(
  understood: UnderstoodRequest,
  parts: AuthorizeParts,
  opened: Opened,
  request_id: string | null,
): Promise<Decision | null> {
  let seen: Seen;
  try {
    seen = await withEngines(understood, look(understood, parts, opened.ledger), parts, opened.ledger);
  } catch (error) {
    if (!isOfLedger(error)) throw error;
    // What the log says can't be known: it is judged without it, and denied.
    return notRecorded(judgedWithout(understood, parts), error);
  }
  const again = judgeOf(understood, seen.effects, parts.engine);
  let conflict: CanopyError;
  try {
    return await record({ understood, again, ...seen }, request_id, opened);
  } catch (error) {
    const code = error instanceof CanopyError ? error.code : null;
    if (code === "KILL_SWITCH") return null;
    const lost = error instanceof CanopyError && code === "IDEMPOTENCY_CONFLICT";
    if (!lost || request_id === null) return notRecorded(again(seen.facts).evaluation, error);
    conflict = error;
  }
  // Another call with the same key came first between our look and our append.
  const earlier = await earlierDecision(request_id, understood, { ledger: opened.ledger, engine: parts.engine });
  return earlier ?? notRecorded(again(seen.facts).evaluation, conflict);
}

/**
 * The same decision without recording it. Without a ledger no recorded kill switch is seen, and its history is empty.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION`.
 */
export function evaluateOnly(request: DecideRequest, parts: AuthorizeParts, ledger: Ledger | null = null): Evaluation {
  return evaluateNow(request, parts, ledger).evaluation;
}

/** A request as it was judged. */
export interface Judged {
  readonly facts: Facts;
  readonly evaluation: Evaluation;
  /** What the policy asked of the log's history; null when nothing. */
  readonly query: StateQuery | null;
  /** The same judged with other facts; pure. */
  readonly again: (facts: Facts) => Decided;
}

/** The same with what it was judged by. Throws as `evaluateOnly`. */
export function evaluateNow(request: DecideRequest, parts: AuthorizeParts, ledger: Ledger | null): Judged {
  const understood = understand(request, parts.engine);
  return judged(understood, look(understood, parts, ledger), parts, ledger);
}

/** The same, with the answers of the policy's other engines. Throws as `evaluateOnly`. */
export async function evaluateAsking(
  request: DecideRequest,
  parts: AuthorizeParts,
  ledger: Ledger | null,
): Promise<Judged> {
  const understood = understand(request, parts.engine);
  const seen = await withEngines(understood, look(understood, parts, ledger), parts, ledger);
  return judged(understood, seen, parts, ledger);
}

function judged(understood: UnderstoodRequest, seen: Seen, parts: AuthorizeParts, ledger: Ledger | null): Judged {
  const { effects, query } = seen;
  const facts = withState(seen.facts, query, ledger);
  const again = judgeOf(understood, effects, parts.engine);
  return { facts, evaluation: again(facts).evaluation, query, again };
}

function judgedWithout(understood: UnderstoodRequest, parts: AuthorizeParts): Evaluation {
  return judged(understood, look(understood, parts, null), parts, null).evaluation;
}

// Without engines there is nothing to wait for.
function withEngines(
  understood: UnderstoodRequest,
  seen: Seen,
  { engine, engines }: AuthorizeParts,
  ledger: Ledger | null,
): Seen | Promise<Seen> {
  if (engines === undefined) return seen;
  const facts = withState(seen.facts, seen.query, ledger);
  return askEngines(understood, { ...seen, facts }, { engine, engines }).then((asked) => ({ ...seen, ...asked }));
}

function judgeOf(understood: UnderstoodRequest, effects: readonly Effect[], engine: Engine): Judged["again"] {
  return (facts) => decideWhole(understood, effects, facts, engine);
}

interface Looked extends Omit<Judged, "evaluation"> {
  readonly understood: UnderstoodRequest;
}

// What rests on the log's history is judged when its place in the log is known, not before: one look is enough.
async function record(looked: Looked, request_id: string | null, { ledger, entryContext }: Opened): Promise<Decision> {
  const { understood, facts, query, again } = looked;
  const make = (now: Facts): DecidedAndRecorded => {
    const decided = again(now);
    const recorded = authorizeEntry({ understood, facts: now, ...decided, request_id }, entryContext);
    return { ...recorded, evaluation: decided.evaluation };
  };
  const append = stateAppend(facts, query, make);
  const guard = request_id === null ? {} : { guard: firstOfRequest(request_id) };
  const { avid } = understood.agent_identity;
  const admit =
    facts.kill_switch === null ? { admit: unlessStopped({ avid, tenant_id: understood.agent.tenant_id }) } : {};
  const receipt = await ledger.append({ ...append.request, ...guard, ...admit });
  const recorded = append.made();
  return {
    ...recorded.evaluation,
    authorization_id: receipt.entry.entry_hash,
    witness: completeWitness(recorded.witness, receipt),
    expires_at: recorded.expires_at,
    approval_expires_at: recorded.approval_expires_at,
  };
}

interface DecidedAndRecorded extends RecordedDecision {
  readonly evaluation: Evaluation;
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
  const none = { authorization_id: null, witness: null, expires_at: null, approval_expires_at: null };
  const unrecorded = { ...none, error: problem };
  if (evaluation.decision === "DENY") return { ...evaluation, ...unrecorded };
  return {
    ...evaluation,
    ...unrecorded,
    decision: "DENY",
    reason: `the decision could not be recorded, so the action is not allowed (${problem.code}: ${problem.message})`,
    severity: "critical",
    deciding_layer: "none",
    rule_ref: UNRECORDED,
    override_possible: false,
    override_key: null,
  };
}

function isOfLedger(error: unknown): boolean {
  return error instanceof CanopyError && (error.code === "LEDGER_REFUSED" || error.code === "LEDGER_UNAVAILABLE");
}

function problemOf(error: unknown): RecordingError {
  if (!(error instanceof CanopyError)) return { code: "LEDGER_UNAVAILABLE", message: errorText(error) };
  const { code, message, fix } = error;
  return { code, message, ...(fix === null ? {} : { fix }) };
}
