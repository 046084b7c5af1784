// Why a request is decided as it is: the decision, and every rule's part in it, for people to read.

import { effectsIn, understand, type DecideRequest } from "../core/decide.ts";
import type { Evaluation } from "../core/decision.ts";
import { callsWithin } from "../core/evaluate.ts";
import { explainRules, type RuleTrace } from "../core/policy/explain.ts";
import type { CompiledPolicy } from "../core/policy/index.ts";
import type { RuleInput } from "../core/rule.ts";
import { evaluateNow, type AuthorizeParts } from "./authorize.ts";

/** What the policy's rules made of one action. */
export interface ExplainedAction {
  readonly action_type: string;
  readonly raw_action_type: string;
  readonly rules: readonly RuleTrace[];
}

/** A decision with every rule's part in it. */
export interface Explanation {
  readonly evaluation: Evaluation;
  /** The action that was asked for first, then each call that stands in it. */
  readonly actions: readonly ExplainedAction[];
}

/** What decides, and by which policy. */
interface Explaining {
  readonly parts: AuthorizeParts;
  readonly policy: CompiledPolicy;
}

/**
 * Decide a request without recording it, and tell why. Cost: some times that of the decision.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION`.
 */
export function explainRequest(request: DecideRequest, { parts, policy }: Explaining): Explanation {
  const understood = understand(request, parts.engine);
  const { facts, evaluation } = evaluateNow(request, parts, null);
  const { action, agent } = understood;
  const input: RuleInput = { action, effects: effectsIn(understood, facts.surroundings), agent, facts };
  return {
    evaluation,
    actions: actionsIn({ ...input, ...stateIn(input, policy) }).map((input) => ({
      action_type: input.action.action_type,
      raw_action_type: input.action.raw_action_type,
      rules: explainRules(policy.rules, input),
    })),
  };
}

function stateIn(input: RuleInput, policy: CompiledPolicy): Pick<RuleInput, "state"> {
  return policy.stateOf === undefined ? {} : { state: policy.stateOf(input) };
}

function actionsIn(input: RuleInput): readonly RuleInput[] {
  return [input, ...callsWithin(input).flatMap(actionsIn)];
}
