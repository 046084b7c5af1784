// For tests of policies with state: requests decided one after another, as a runtime would, with a history.

import { hash } from "node:crypto";
import { BUILT_IN_LAYERS } from "../../built-in-layers.ts";
import { decideUnderstood, effectsIn, understand, type Engine } from "../../decide.ts";
import type { Evaluation } from "../../decision.ts";
import type { Facts } from "../../facts.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { compilePolicy } from "../index.ts";
import { SimulatedHistory, type SimulatedOutcome } from "./simulated-history.ts";

const tools = { sha256Hex: (bytes: Uint8Array | string): string => hash("sha256", bytes, "hex") };

/** When requests are made, unless they say otherwise: a Sunday at noon. */
export const START: number = Date.parse("2026-03-01T12:00:00Z");

/** One request. */
export interface Request {
  readonly type: string;
  readonly payload?: JsonValue;
  readonly agent?: JsonObject;
  /** Milliseconds since the one before. */
  readonly after?: number;
  readonly outcome?: SimulatedOutcome;
  /** A person says yes. */
  readonly approve?: boolean;
  readonly zones?: Readonly<Record<string, number>>;
}

/** Decides requests one after another. */
export class World {
  readonly #engine: Engine;
  readonly #history: SimulatedHistory;
  now_ms: number = START;

  constructor(policy: string) {
    const layer = compilePolicy(policy, { file: null, source: "argument", tools });
    // The policy alone: what the built-in layers say of money and hosts would stand before it.
    const layers = BUILT_IN_LAYERS.map(({ layer: name }) => ({ layer: name, rules: [] }));
    this.#engine = {
      tools,
      layers,
      policy: layer,
      identify: ({ public_key }) => ({ avid: public_key, identity: "asserted" }),
    };
    this.#history = new SimulatedHistory(layer);
  }

  /** Decide, learn, and go on. */
  ask({ type, payload = {}, agent = {}, after = 0, outcome = "ok", approve = false, zones }: Request): Evaluation {
    this.now_ms += after;
    const request = {
      action_type: type,
      action_payload: payload,
      agent_ctx: { public_key: "a", session_id: "s", ...agent },
    };
    const understood = understand(request, this.#engine);
    const surroundings = { cwd: "/srv/app", home: "/home/u", governance: [], links: {} };
    const effects = effectsIn(understood, surroundings);
    const bare: Facts = {
      now_ms: this.now_ms,
      kill_switch: null,
      surroundings,
      ...(zones === undefined ? {} : { zones }),
    };
    const { action, agent: parsed } = understood;
    const facts = this.#history.factsFor({ action, effects, agent: parsed, facts: bare }, parsed.public_key);
    const evaluation = decideUnderstood(understood, effects, facts, this.#engine);
    const { session_id, trace_id, tenant_id } = parsed;
    const asked = evaluation.decision === "REQUIRE_APPROVAL" && approve;
    const settled: Evaluation = asked ? { ...evaluation, decision: "ALLOW" } : evaluation;
    this.#history.learn({
      evaluation: settled,
      who: { session_id, trace_id, tenant_id },
      now_ms: this.now_ms,
      outcome,
    });
    return evaluation;
  }

  /** The verdict alone. */
  verdict(request: Request): string {
    return this.ask(request).decision;
  }
}

/** A policy of one rule, or of several texts of rules. */
export function rules(...bodies: readonly string[]): string {
  return `rules:\n${bodies.map((body) => `  - ${body.trim().split("\n").join("\n    ")}\n`).join("")}`;
}
