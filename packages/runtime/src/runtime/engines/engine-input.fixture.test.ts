// What engines are given of a request, made as a runtime makes it.

import assert from "node:assert/strict";
import { effectsIn, understand } from "../../core/decide.ts";
import { NO_SURROUNDINGS } from "../../core/effects/surroundings.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { engineInputs, policyPack } from "../../core/policy/index.ts";
import { createEngine } from "../engine.ts";

const { engine } = createEngine({ bytes: policyPack("default"), file: null, source: "default" });
const AGENT = { public_key: "agent-1", trace_id: "trace-1", trusted_domains: ["example.com"], env: "production" };

/** The documents of a request. */
export function inputsOf(action_type: string, action_payload: JsonValue): readonly JsonObject[] | null {
  const understood = understand({ agent_ctx: AGENT, action_type, action_payload }, engine);
  const surroundings = { ...NO_SURROUNDINGS, cwd: "/project" };
  const facts = { now_ms: 1_800_000_000_000, kill_switch: null, surroundings };
  return engineInputs({ ...understood, effects: effectsIn(understood, surroundings), facts });
}

/** The document of a request without calls in it. */
export function inputOf(action_type: string, action_payload: JsonValue): JsonObject {
  const [input, ...others] = inputsOf(action_type, action_payload) ?? [];
  assert.ok(input !== undefined && others.length === 0);
  return input;
}
