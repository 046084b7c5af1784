// From a request to an evaluation, pure: normalize → effects → evaluate. The shell around it gathers facts and records.

import { parseAgentContext, type AgentContext, type GivenContext } from "./agent-context.ts";
import type { Action } from "./action.ts";
import type { Evaluation } from "./decision.ts";
import { deriveEffects } from "./effects/derive.ts";
import type { Effect } from "./effects/effect.ts";
import type { Surroundings } from "./effects/surroundings.ts";
import { evaluate, type BuiltInLayer, type PolicyLayer } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { normalizeAction, type NormalizeTools } from "./normalize.ts";

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

/** Decide an understood request under facts. Never throws. */
export function decideUnderstood(
  request: UnderstoodRequest,
  effects: readonly Effect[],
  facts: Facts,
  engine: Engine,
): Evaluation {
  const { agent, agent_identity, action } = request;
  const { layers, policy } = engine;
  return evaluate({ action, effects, agent, ...agent_identity, facts, layers, policy });
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
