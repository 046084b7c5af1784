// What other engines are given of an action: one JSON document, the same for Rego and Cedar. docs/policy-engines.md
// shows it. Its names are those of conditions: what a rule sees, an engine sees.

import type { Action } from "../../action.ts";
import type { AgentContext } from "../../agent-context.ts";
import type { AgentIdentity } from "../../decide.ts";
import { deriveEffects, surroundingsWithin } from "../../effects/derive.ts";
import type { Effect, HostTarget, PathTarget } from "../../effects/effect.ts";
import type { Facts } from "../../facts.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { isTrustedHost } from "../../trusted-host.ts";
import { isOutgoing } from "../../effects/outgoing.ts";

/** What an engine is asked about. */
export interface EngineQuestion {
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly agent: AgentContext;
  readonly agent_identity: AgentIdentity;
  readonly facts: Facts;
}

/** The most calls of one action that engines are asked about. */
const MOST_CALLS = 64;

/**
 * The documents of an action: its own, then one for each call that it holds, as each would be judged alone. Null when
 * it holds too many.
 */
export function engineInputs(question: EngineQuestion): readonly JsonObject[] | null {
  const inputs: JsonObject[] = [];
  return addInputs(question, inputs) ? inputs : null;
}

function addInputs(question: EngineQuestion, inputs: JsonObject[]): boolean {
  if (inputs.length > MOST_CALLS) return false;
  inputs.push(engineInput(question));
  if (question.action.calls.length === 0) return true;
  const surroundings = surroundingsWithin(question.action, question.facts.surroundings);
  const facts = { ...question.facts, surroundings };
  return question.action.calls.every((action) =>
    addInputs({ ...question, action, facts, effects: deriveEffects(action, surroundings) }, inputs),
  );
}

function engineInput({ action, effects, agent, agent_identity, facts }: EngineQuestion): JsonObject {
  const { action_type, raw_action_type, verb, known, digest } = action;
  const { state } = facts;
  const marks = state === undefined ? [] : [...new Set(state.marks.map(({ mark }) => mark))].toSorted();
  return {
    action: { type: action_type, raw_type: raw_action_type, verb, known, digest },
    payload: action.payload,
    effects: effects.map((effect) => flatEffect(effect, agent.trusted_domains)),
    agent: { ...agent_identity },
    ctx: contextOf(agent),
    session: { id: agent.session_id ?? agent.trace_id ?? "", labels: state?.labels ?? [], marks },
    now_ms: facts.now_ms,
  };
}

// `environment` and `env` are one setting.
function contextOf({ raw, environment }: AgentContext): JsonObject {
  const { env: _env, environment: _environment, ...others } = raw;
  return environment === null ? others : { ...others, environment, env: environment };
}

// Flat, so that a policy needs no knowledge of what stands where in which kind.
function flatEffect(effect: Effect, trusted_domains: readonly string[]): JsonObject {
  const host = "host" in effect ? effect.host : null;
  const trusted = host !== null && isTrustedHost(host, trusted_domains);
  const flat: Record<string, JsonValue> = { trusted, outgoing: isOutgoing(effect.kind) };
  const members: Readonly<Record<string, unknown>> = { ...effect };
  for (const [name, value] of Object.entries(members)) {
    if (isTarget(value)) Object.assign(flat, flatTarget(value));
    else if (isHost(value)) Object.assign(flat, flatHost(value));
    else if (isJson(value)) flat[name === "system" && effect.kind === "package.install" ? "system_wide" : name] = value;
  }
  return flat;
}

function flatTarget({ path, text, zone, glob, secret, governance, persistence }: PathTarget): JsonObject {
  return { path, path_text: text, zone, glob, secret, governance, persistence };
}

function flatHost({ host, text, class: host_class, port, domain }: HostTarget): JsonObject {
  return { host, host_text: text, host_class, port, domain };
}

function isTarget(value: unknown): value is PathTarget {
  return typeof value === "object" && value !== null && "zone" in value;
}

function isHost(value: unknown): value is HostTarget {
  return typeof value === "object" && value !== null && "class" in value && "host" in value;
}

// Members of effects are texts, numbers, truth values, and lists of them.
function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}
