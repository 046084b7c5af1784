// From a request to an evaluation, pure: normalize → effects → evaluate. The shell around it gathers facts and records.

import { parseAgentContext, type AgentContext, type GivenContext } from "./agent-context.ts";
import type { Action } from "./action.ts";
import type { Evaluation } from "./decision.ts";
import { deriveEffects } from "./effects/derive.ts";
import type { Effect } from "./effects/effect.ts";
import type { Surroundings } from "./effects/surroundings.ts";
import { evaluate, judge, type BuiltInLayer, type EvaluateInput, type PolicyLayer } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { normalizeAction, type NormalizeTools } from "./normalize.ts";
import { transformAction, withTransform } from "./transform.ts";

/** A request as it comes from outside: nothing about it is believed yet. */
export interface DecideRequest {
  readonly agent_ctx: GivenContext;
  readonly action_type: unknown;
  readonly action_payload: unknown;
  /** The working folder the action would run in; null or absent when unknown. */
  readonly cwd?: string | null;
}

/** Who the agent is, as `identify` (identity/) tells. */
export interface AgentIdentity {
  readonly avid: string;
  readonly identity: "proven" | "asserted";
}

/** What stays the same from one request to the next. */
export interface Engine {
  readonly tools: NormalizeTools;
  readonly layers: readonly BuiltInLayer[];
  readonly policy: PolicyLayer;
  readonly identify: (agent: AgentContext) => AgentIdentity;
}

/** A request that has been understood: typed, frozen, with the effects it would have. */
export interface UnderstoodRequest {
  readonly agent: AgentContext;
  readonly agent_identity: AgentIdentity;
  readonly action: Action;
}

/**
 * Parse a request at the door.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION` when it can't be decided.
 */
export function understand(request: DecideRequest, engine: Engine): UnderstoodRequest {
  const agent = parseAgentContext(request.agent_ctx);
  const agent_identity = engine.identify(agent);
  const { action_type, action_payload } = request;
  const action = normalizeAction({ action_type, action_payload, cwd: request.cwd ?? null }, engine.tools);
  return { agent, agent_identity, action };
}

/** The effects of an understood request in its surroundings. */
export function effectsIn(request: UnderstoodRequest, surroundings: Surroundings): readonly Effect[] {
  return deriveEffects(request.action, surroundings);
}

/** What was decided: the action as it was asked for, or as the policy edited it. */
export interface Decided {
  readonly evaluation: Evaluation;
  /** The request as the policy edited it; absent where it is as it was asked for. What runs is this. */
  readonly edited?: UnderstoodRequest;
}

/**
 * Decide an understood request under facts. Where the policy edits the payload, the edited action is decided anew, once.
 * Never throws.
 */
export function decideWhole(
  request: UnderstoodRequest,
  effects: readonly Effect[],
  facts: Facts,
  engine: Engine,
): Decided {
  const input = evaluateInput(request, effects, facts, engine);
  if (engine.policy.edits !== true) return { evaluation: evaluate(input) };
  const judgement = judge(input);
  if (judgement.edits.length === 0) return { evaluation: judgement.evaluation };
  const transform = transformAction(request.action, judgement.edits, engine.tools);
  if (transform === null) return { evaluation: judgement.evaluation };
  if ("refusal" in transform) return { evaluation: evaluate({ ...input, findings: [transform.refusal] }) };
  const edited = { ...request, action: transform.action };
  const again = evaluate(evaluateInput(edited, effectsIn(edited, facts.surroundings), facts, engine));
  return { evaluation: withTransform(again, transform.transformed, judgement.obligations), edited };
}

/** The evaluation of `decideWhole`. */
export function decideUnderstood(
  request: UnderstoodRequest,
  effects: readonly Effect[],
  facts: Facts,
  engine: Engine,
): Evaluation {
  return decideWhole(request, effects, facts, engine).evaluation;
}

function evaluateInput(
  { agent, agent_identity, action }: UnderstoodRequest,
  effects: readonly Effect[],
  facts: Facts,
  { layers, policy }: Engine,
): EvaluateInput {
  return { action, effects, agent, ...agent_identity, facts, layers, policy };
}

/**
 * The whole pure decision in one call.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION` when the request can't be decided.
 */
export function decide(request: DecideRequest, facts: Facts, engine: Engine): Evaluation {
  const understood = understand(request, engine);
  return decideUnderstood(understood, effectsIn(understood, facts.surroundings), facts, engine);
}
