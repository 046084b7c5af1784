// What another policy would have decided: every recorded request of a log judged again by a new policy, with the facts
// that were recorded and the history that the new policy's own decisions make. docs/replay.md says how.

import { decideUnderstood, effectsIn, understand, type Engine } from "../../core/decide.ts";
import type { Evaluation } from "../../core/decision.ts";
import { CanopyError } from "../../core/errors.ts";
import { stricter, type Verdict } from "../../core/finding.ts";
import type { JsonValue } from "../../core/json.ts";
import { createIdentify } from "../../identity/identify.ts";
import { KeptRecords } from "../../storage/kept-records.ts";
import { logOf } from "../../storage/segment-files.ts";
import { verifyLog, type VerifyResult } from "../../storage/verify-log.ts";
import { sha256 } from "../crypto.ts";
import { createEngine, type PolicySource } from "../engine.ts";
import { homeOf } from "../home.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { KeptEngines } from "./kept-engines.ts";
import { readDecisions, type DecisionFilter, type LogItem, type MissingRequest } from "./read-decisions.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import { refuseInvalid } from "./refuse-invalid.ts";
import { idOf, SimulatedHistory } from "./simulated-history.ts";

/** Why a decision could not be simulated. */
export type NotSimulated = MissingRequest | "not_understood";

/** A recorded decision, and what the new policy would have decided. */
export interface SimulatedDecision {
  readonly authorization_id: string;
  readonly entry: LedgerEntry;
  readonly outcome: "same" | "flipped" | "not_replayable";
  /** What was decided then. */
  readonly recorded: Verdict;
  /** What is decided now; null when it can't be told. */
  readonly simulated: Verdict | null;
  /** The rule that explains a flip: of a stricter one the rule that decides now, of a looser one that which decided then. */
  readonly rule_ref: string | null;
  /** The rule that decides now; null when nothing speaks against it, or when it can't be told. */
  readonly deciding_rule: string | null;
  /** Whether the policy that decided then would decide so today: then it is the engine's rules that changed. Null: not flipped. */
  readonly cause: "policy" | "engine" | null;
  /** The reason of what decides now: it may quote the payload. */
  readonly reason: string | null;
  readonly why: NotSimulated | null;
  /** What was asked, from the encrypted record; null when it can't be read. */
  readonly request: Pick<RecordedRequest, "action_type" | "action_payload" | "agent_ctx" | "cwd"> | null;
}

/** How a log is simulated. */
export interface SimulateOptions extends DecisionFilter {
  /** The new policy. */
  readonly policy: Pick<PolicySource, "bytes" | "file">;
  /** The folder that holds `payload.key`; default CANOPY_HOME. */
  readonly home?: string;
  /** Told first whether the chain holds. Without it, a log whose chain doesn't is refused. */
  readonly verified?: (verification: VerifyResult) => void;
  /** Told from time to time how many characters were verified and then read, and of how many. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Verify a log, then judge each of its recorded requests by a new policy, in order: one item for each decision that is
 * meant. Decisions made again after an approval are not given; they count for the history. Reads only.
 *
 * Cost: about 0.1 ms a decision, in constant memory but for the new policy's own history.
 *
 * @throws {CanopyError} `INVALID_POLICY`; `FILE_UNUSABLE`; `LEDGER_REFUSED` when the chain doesn't hold and nobody is
 *   `verified` told.
 */
export async function* simulateLog(
  path: string,
  options: SimulateOptions,
): AsyncGenerator<SimulatedDecision, void, void> {
  const { home = homeOf(process.env, process.cwd()), verified = refuseInvalid, progress = () => undefined } = options;
  const { engine } = createEngine({ ...options.policy, source: "argument" });
  let total = 0;
  const verification = await verifyLog(path, {
    home,
    progress: (done, all) => {
      total = all;
      progress(done, 2 * all);
    },
  });
  verified(verification);
  const kept = new KeptRecords(logOf(verification.path), home);
  const simulation = new Simulation(engine, new KeptEngines(kept));
  try {
    const read = (done: number): void => progress(total + done, 2 * total);
    const all = simulation.history.counts;
    for await (const item of readDecisions(verification, { kept, filter: options, all, progress: read })) {
      const simulated = simulation.next(item);
      if (simulated !== null) yield simulated;
    }
  } finally {
    kept.close();
  }
}

class Simulation {
  readonly history: SimulatedHistory;
  readonly #engine: Engine;
  readonly #proven: Engine["identify"] = createIdentify({ sha256, isProven: () => true });
  readonly #kept: KeptEngines;
  /** What waits for an approval in the simulation; empty while no history is kept. */
  readonly #waiting = new Set<string>();

  constructor(engine: Engine, kept: KeptEngines) {
    this.#engine = engine;
    this.#kept = kept;
    this.history = new SimulatedHistory(engine.policy);
  }

  /** Go on by one line of the log. Null when it is no decision that is asked for. */
  next(item: LogItem): SimulatedDecision | null {
    switch (item.kind) {
      case "other":
        if (item.entry !== null) this.history.followed(item.entry);
        return null;
      case "passed":
        return null;
      case "unknown":
        return item.meant && item.entry.event !== "reauthorized" ? notReplayable(item.entry, item.why) : null;
      case "decision":
        return this.#decide(item);
      default:
        return item satisfies never;
    }
  }

  #decide(item: Extract<LogItem, { readonly kind: "decision" }>): SimulatedDecision | null {
    const { entry, request, meant } = item;
    const again = entry.event === "reauthorized";
    // In the simulation nobody asked for an approval: what was allowed stays so, what was denied too.
    if (again && !this.#waiting.delete(idOf(entry))) return null;
    const evaluation = this.#evaluate(entry, request);
    if (evaluation === null) return meant && !again ? notReplayable(entry, "not_understood") : null;
    // What was approved is allowed now, unless something denies it.
    const approved = again && evaluation.decision !== "DENY" && entry["decision"] === "ALLOW";
    this.history.decided(entry, approved ? { ...evaluation, decision: "ALLOW" } : evaluation);
    if (again) return null;
    if (this.history.counts && evaluation.decision === "REQUIRE_APPROVAL") this.#wait(entry.entry_hash);
    return meant ? this.#compare(item, evaluation) : null;
  }

  #evaluate(entry: LedgerEntry, request: RecordedRequest): Evaluation | null {
    const identify = entry["identity"] === "proven" ? this.#proven : this.#engine.identify;
    const engine = { ...this.#engine, identify };
    try {
      const understood = understand(request, engine);
      const { effects, facts } = this.history.look(understood, request.facts);
      return decideUnderstood(understood, effects, facts, engine);
    } catch (error) {
      if (error instanceof CanopyError) return null;
      throw error;
    }
  }

  #compare({ entry, request }: Extract<LogItem, { readonly kind: "decision" }>, now: Evaluation): SimulatedDecision {
    const recorded = verdictOf(entry["decision"]);
    const flipped = recorded !== now.decision;
    const { action_type, action_payload, agent_ctx, cwd } = request;
    return {
      authorization_id: entry.entry_hash,
      entry,
      outcome: flipped ? "flipped" : "same",
      recorded,
      simulated: now.decision,
      rule_ref: flipped ? ruleOf(recorded, now, recordedRule(entry["reason"])) : null,
      deciding_rule: now.rule_ref,
      cause: flipped ? this.#causeOf(entry, request, now.decision) : null,
      reason: flipped ? now.reason : null,
      why: null,
      request: { action_type, action_payload, agent_ctx, cwd },
    };
  }

  #causeOf(entry: LedgerEntry, request: RecordedRequest, now: Verdict): "policy" | "engine" {
    const found = this.#kept.engineFor(entry["policy_snapshot"], entry["identity"]);
    if (typeof found === "string" || found.other_engine === null) return "policy";
    try {
      const understood = understand(request, found.engine);
      const effects = effectsIn(understood, request.facts.surroundings);
      return decideUnderstood(understood, effects, request.facts, found.engine).decision === now ? "engine" : "policy";
    } catch {
      return "policy";
    }
  }

  #wait(id: string): void {
    const oldest = this.#waiting.values().next();
    if (this.#waiting.size >= MAX_WAITING && oldest.done !== true) this.#waiting.delete(oldest.value);
    this.#waiting.add(id);
  }
}

const MAX_WAITING = 100_000;

function notReplayable(entry: LedgerEntry, why: NotSimulated): SimulatedDecision {
  const recorded = verdictOf(entry["decision"]);
  const none = { simulated: null, rule_ref: null, deciding_rule: null, cause: null, reason: null, request: null };
  return { authorization_id: entry.entry_hash, entry, outcome: "not_replayable", recorded, ...none, why };
}

function verdictOf(value: JsonValue | undefined): Verdict {
  return value === "ALLOW" || value === "REQUIRE_APPROVAL" ? value : "DENY";
}

/** What became stricter is the new rule's doing, what became looser that of the rule that no longer speaks. */
function ruleOf(recorded: Verdict, now: Evaluation, recordedRef: string | null): string | null {
  return stricter(recorded, now.decision) === recorded ? recordedRef : now.rule_ref;
}

/** From `DENY by policy:no-curl`, as entries give their reasons. */
function recordedRule(reason: JsonValue | undefined): string | null {
  return typeof reason === "string" ? (/^(?:DENY|REQUIRE_APPROVAL|ALLOW) by (.+)$/.exec(reason)?.[1] ?? null) : null;
}
