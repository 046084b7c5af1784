// What the engine answers to a request of the record, whole.
import { decide, type Engine } from "../core/decide.ts";
import type { Surroundings } from "../core/effects/surroundings.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { policyPack } from "../core/policy/index.ts";
import { createEngine } from "./engine.ts";

/** A request as the record asks it. */
export interface RecordedRequest {
  readonly agent_ctx?: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonValue;
  readonly policy?: string | null;
  readonly cwd?: string | null;
  /** What of the surroundings is otherwise than usual. */
  readonly surroundings?: Partial<Surroundings>;
}

/** `said` is the decision or the error's code; `whole` has everything: reasons, findings, effects, or the error's words. */
export interface RecordedAnswer {
  readonly said: string;
  readonly whole: string;
}

const SURROUNDINGS: Surroundings = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const engines = new Map<string | null, Engine>();

/** The engine's answer. What is thrown and no error of ours is thrown on. */
export function answerTo(one: RecordedRequest): RecordedAnswer {
  const { agent_ctx = {}, action_type, action_payload, cwd = null, surroundings = {} } = one;
  const request = { agent_ctx: { public_key: "pk-record", ...agent_ctx }, action_type, action_payload, cwd };
  try {
    const facts = { now_ms: 0, kill_switch: null, surroundings: { ...SURROUNDINGS, ...surroundings } };
    const { policy_snapshot: _, ...evaluation } = decide(request, facts, engineOf(one.policy ?? null));
    return { said: evaluation.decision, whole: JSON.stringify(evaluation) };
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    return { said: error.code, whole: `${error.message} ${error.fix ?? ""}` };
  }
}

function engineOf(policy: string | null): Engine {
  const known = engines.get(policy);
  if (known !== undefined) return known;
  const bytes = policy === null || policy === "production" ? policyPack(policy ?? "default") : policy;
  const { engine } = createEngine({ bytes, file: null, source: "argument" });
  engines.set(policy, engine);
  return engine;
}
