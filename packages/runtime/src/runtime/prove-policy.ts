// Proofs about a policy, with the engine that decides real requests.

import { proveLives } from "../approvals/prove-lives.ts";
import { understand } from "../core/decide.ts";
import { NO_SURROUNDINGS } from "../core/effects/index.ts";
import type { Facts } from "../core/facts.ts";
import {
  proveArticles,
  proveCan,
  proveDecisions,
  type AnyAction,
  type CanAnswer,
  type ProvedSpace,
} from "../core/policy/prove/index.ts";
import { createEngine, type PolicySource } from "./engine.ts";

export type { CanAnswer, ProvedSpace } from "../core/policy/prove/index.ts";

/** What was proved. */
export interface ProofReport {
  readonly policy_hash: string;
  readonly rule_count: number;
  /** The floor: each space that was gone through. It holds when none is broken. */
  readonly floor: { readonly holds: boolean; readonly spaces: readonly ProvedSpace[] };
  /** The answer to the question; null when none was asked. */
  readonly can: CanAnswer | null;
}

// A fixed time: a proof says the same whenever it is made.
const FACTS: Facts = { now_ms: Date.UTC(2026, 0, 1, 12), kill_switch: null, surroundings: NO_SURROUNDINGS };

/**
 * Prove the floor for a policy, and answer whether a request with a condition can be allowed. Cost: a second or so for
 * the floor; a question at most some seconds.
 *
 * @throws {CanopyError} `INVALID_POLICY` when the policy does not load, or the condition can't be compiled.
 */
export function provePolicy(source: PolicySource, question: string | null): ProofReport {
  const { engine, policy } = createEngine(source);
  const { agent, agent_identity, action } = understand(
    { agent_ctx: { public_key: "agent-1" }, action_type: "note", action_payload: {} },
    engine,
  );
  const any: AnyAction = { action, effects: [], agent, ...agent_identity, facts: FACTS };
  const provable = { rules: policy.rules, engine, facts: FACTS, action: any, edits: policy.edits === true };
  const can = question === null ? null : proveCan(question, provable);
  const spaces = [...proveArticles(any), proveDecisions(any), ...proveLives(any)];
  const holds = spaces.every(({ broken }) => broken === null);
  const { policy_hash } = policy.snapshot;
  return { policy_hash, rule_count: policy.rule_count, floor: { holds, spaces }, can };
}
