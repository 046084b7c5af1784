// One request decided under two policies, and what differs for whoever asked.

import { canonicalJson } from "../../canonical.ts";
import { decideUnderstood, effectsIn, understand, type Engine } from "../../decide.ts";
import type { Evaluation } from "../../decision.ts";
import { CanopyError } from "../../errors.ts";
import type { Facts } from "../../facts.ts";
import { stricter, type Verdict } from "../../finding.ts";
import { StateBook } from "../state/state-book.ts";
import type { DiffCase } from "./generate-cases.ts";

/** What one policy says of a request. */
export interface Answer {
  /** A verdict, or the code of the error when it can't be decided. */
  readonly decision: string;
  readonly rule_ref: string | null;
  /** What whoever proceeds must do, as canonical JSON. */
  readonly demands: string;
}

/** A request that the policies answer differently. */
export interface Disagreement {
  readonly request: DiffCase;
  readonly from: Answer;
  readonly to: Answer;
  /** The rule that explains it: the stricter policy's, or of equal verdicts the new one's. */
  readonly rule_ref: string | null;
}

/** Both engines. */
export interface EnginePair {
  readonly from: Engine;
  readonly to: Engine;
  /** Minutes by which time zones are ahead of UTC at a time. */
  readonly zonesAt: (names: readonly string[], now_ms: number) => Readonly<Record<string, number>>;
}

/** How the policies disagree on a request, or null when they agree. Cost: two decisions. */
export function compareOn(request: DiffCase, engines: EnginePair): Disagreement | null {
  const from = answer(request, engines.from, engines.zonesAt);
  const to = answer(request, engines.to, engines.zonesAt);
  if (from.decision === to.decision && from.demands === to.demands) return null;
  const isLooser = from.decision !== to.decision && stricterOf(from.decision, to.decision) === from.decision;
  return { request, from, to, rule_ref: isLooser ? from.rule_ref : to.rule_ref };
}

function answer(request: DiffCase, engine: Engine, zonesAt: EnginePair["zonesAt"]): Answer {
  try {
    return answerOf(decide(request, engine, zonesAt));
  } catch (error) {
    if (error instanceof CanopyError) return { decision: error.code, rule_ref: null, demands: "" };
    throw error;
  }
}

/** What whoever asked sees of a decision. */
export function answerOf(evaluation: Evaluation): Answer {
  const { decision, rule_ref, obligations } = evaluation;
  const demands: Record<string, unknown> = { obligations };
  for (const member of ["approval", "transformed"]) {
    const value: unknown = Reflect.get(evaluation, member);
    if (value !== undefined && value !== null) demands[member] = value;
  }
  return { decision, rule_ref, demands: canonicalJson(demands) };
}

function decide(request: DiffCase, engine: Engine, zonesAt: EnginePair["zonesAt"]): Evaluation {
  const { action_type, action_payload, agent_ctx, cwd, now_ms } = request;
  const understood = understand({ action_type, action_payload, agent_ctx, cwd }, engine);
  const surroundings = { cwd, home: null, governance: [], links: {} };
  const effects = effectsIn(understood, surroundings);
  const zones = engine.policy.needs?.zones ?? [];
  const bare: Facts = { now_ms, kill_switch: null, surroundings };
  const facts = zones.length === 0 ? bare : { ...bare, zones: zonesAt(zones, now_ms) };
  const { action, agent, agent_identity } = understood;
  const query = engine.policy.queryState?.({ action, effects, agent, facts }, agent_identity.avid) ?? null;
  if (query === null || engine.policy.needs === undefined) return decideUnderstood(understood, effects, facts, engine);
  const state = new StateBook(engine.policy.needs).answer(query, now_ms, (place) => place);
  return decideUnderstood(understood, effects, { ...facts, state }, engine);
}

function stricterOf(left: string, right: string): string {
  return isVerdict(left) && isVerdict(right) ? stricter(left, right) : right;
}

function isVerdict(text: string): text is Verdict {
  return text === "ALLOW" || text === "REQUIRE_APPROVAL" || text === "DENY";
}
