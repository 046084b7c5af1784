import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decide, type Engine } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { policyPack } from "../core/policy/index.ts";
import { createEngine } from "./engine.ts";

interface ActionVector {
  readonly id: string;
  readonly class: string;
  readonly label: "harmful" | "benign";
  readonly agent_ctx: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonValue;
  readonly policy: string | null;
  readonly acceptable: readonly string[];
}

const lines = readFileSync(new URL("../../../../vectors/own-actions/actions.jsonl", import.meta.url), "utf8").trimEnd();
const vectors = lines.split("\n").map((line): ActionVector => JSON.parse(line));
const project = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const nowhere = { cwd: null, home: null, governance: [], links: {} };
const standard = engineOf(null);

function engineOf(policy: string | null): Engine {
  const bytes = policy ?? policyPack("default");
  return createEngine({ bytes, file: null, source: policy === null ? "default" : "argument" }).engine;
}

function decisionOn(vector: ActionVector, surroundings: typeof project | typeof nowhere): string {
  const { action_type, action_payload, policy } = vector;
  const agent_ctx = { public_key: "pk-own", ...vector.agent_ctx };
  try {
    const engine = policy === null ? standard : engineOf(policy);
    const facts = { now_ms: 0, kill_switch: null, surroundings };
    return decide({ agent_ctx, action_type, action_payload }, facts, engine).decision;
  } catch (error) {
    if (error instanceof CanopyError) return "ERROR";
    throw error;
  }
}

for (const [where, surroundings] of [["in a project folder", project] as const, ["folder unknown", nowhere] as const]) {
  test(`our own actions get an acceptable answer (${where})`, () => {
    const wrong: string[] = [];
    for (const vector of vectors) {
      const decision = decisionOn(vector, surroundings);
      const { id, class: name, action_type, action_payload, acceptable } = vector;
      if (acceptable.includes(decision)) continue;
      wrong.push(`${id} ${name}: ${decision}: ${action_type} ${JSON.stringify(action_payload).slice(0, 200)}`);
    }
    assert.deepEqual(wrong, []);
  });
}
