// The history that a log would have, had another policy decided: what that policy allows is reserved, and what the log
// says of the same action's start and result settles it. An action that the log refused has no outcome there: its
// reservation lapses as that of a permission that nobody used.

import { effectsIn, type UnderstoodRequest } from "../../core/decide.ts";
import type { Evaluation } from "../../core/decision.ts";
import type { Effect } from "../../core/effects/effect.ts";
import type { PolicyLayer } from "../../core/evaluate.ts";
import type { Facts } from "../../core/facts.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { entryDeltas } from "../../core/policy/state/entry-deltas.ts";
import { StateBook } from "../../core/policy/state/state-book.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { zoneOffsets } from "../time-zones.ts";

/** How long an ALLOW holds that the log has no end for: the setting's default. */
const ALLOW_TTL_MS = 300_000;
/** Permissions whose outcome may still come; the oldest is given up. */
const MAX_OPEN = 100_000;

/** After these nothing more comes of a permission. */
const ENDS: ReadonlySet<string> = new Set(["tool_result", "approval_rejected", "approval_skipped"]);

/** What is known of a request before it is judged. */
export interface Looked {
  readonly effects: readonly Effect[];
  readonly facts: Facts;
}

/** The history of one simulation. */
export class SimulatedHistory {
  readonly #policy: PolicyLayer;
  readonly #book: StateBook | null;
  /** What each permission adds, until its result is known. */
  readonly #open = new Map<string, readonly JsonObject[]>();

  constructor(policy: PolicyLayer) {
    this.#policy = policy;
    this.#book = policy.needs === undefined ? null : new StateBook(policy.needs);
  }

  /** Whether every decision of the log has a part in it, and not only those that are asked for. */
  get counts(): boolean {
    return this.#book !== null;
  }

  /** The effects and facts of a recorded request, with what this history says instead of what the log's did. */
  look(understood: UnderstoodRequest, recorded: Facts): Looked {
    const effects = effectsIn(understood, recorded.surroundings);
    const { state: _state, ...others } = recorded;
    const zones = this.#policy.needs?.zones ?? [];
    const facts = zones.length === 0 ? others : { ...others, zones: zoneOffsets(zones, others.now_ms) };
    const { action, agent, agent_identity } = understood;
    const query = this.#policy.queryState?.({ action, effects, agent, facts }, agent_identity.avid) ?? null;
    if (query === null || this.#book === null) return { effects, facts };
    return { effects, facts: { ...facts, state: this.#book.answer(query, facts.now_ms, keyOf) } };
  }

  /** Learn a simulated decision in the place of the recorded entry. */
  decided(entry: LedgerEntry, evaluation: Evaluation): void {
    if (this.#book === null) return;
    const deltas = evaluation.decision === "ALLOW" ? (evaluation.counter_deltas ?? []) : [];
    if (deltas.length === 0) {
      this.#book.tell(entry.timestamp);
      return;
    }
    const counter_deltas = entryDeltas(deltas, keyOf);
    this.#book.learn({ ...membersOf(entry), decision: "ALLOW", expires_at: endOf(entry), counter_deltas });
    this.#remember(idOf(entry), counter_deltas);
  }

  /** Learn what the log says after a decision: that it began, how it ended, that nobody approved. */
  followed(entry: LedgerEntry): void {
    const id = idOf(entry);
    const counter_deltas = this.#open.get(id);
    if (counter_deltas === undefined) {
      this.#book?.tell(entry.timestamp);
      return;
    }
    this.#book?.learn(entry.event === "tool_start" ? { ...entry, counter_deltas } : entry);
    if (ENDS.has(entry.event)) this.#open.delete(id);
  }

  #remember(id: string, deltas: readonly JsonObject[]): void {
    const oldest = this.#open.keys().next();
    if (this.#open.size >= MAX_OPEN && oldest.done !== true) this.#open.delete(oldest.value);
    this.#open.set(id, deltas);
  }
}

// Nothing of a simulated history is written anywhere, so places go by their own names.
function keyOf(place: string): string {
  return place;
}

/** What a book reads of a decision, but for what the new policy decides. */
function membersOf(entry: LedgerEntry): Record<string, JsonValue> {
  const { event, timestamp, entry_hash } = entry;
  const members: Record<string, JsonValue> = { event, timestamp, entry_hash };
  for (const name of ["authorization_id", "avid", "session_id", "trace_id", "tenant_id"]) {
    const value = entry[name];
    if (value !== undefined) members[name] = value;
  }
  return members;
}

/** The id that an entry's decision has throughout. */
export function idOf(entry: LedgerEntry): string {
  const { authorization_id } = entry;
  return typeof authorization_id === "string" ? authorization_id : entry.entry_hash;
}

function endOf(entry: LedgerEntry): string {
  const { expires_at } = entry;
  if (typeof expires_at === "string") return expires_at;
  return new Date(Date.parse(entry.timestamp) + ALLOW_TTL_MS).toISOString();
}
