import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "../../core/json.ts";
import type { ExternalAnswer } from "../../core/policy/index.ts";
import { inputOf } from "./engine-input.fixture.test.ts";
import { EngineUnusable } from "./engine-verdict.ts";
import { loadRego } from "./rego-engine.ts";

const MODULE = readFileSync(fileURLToPath(new URL("../../../../../vectors/engines/decide.wasm", import.meta.url)));

async function ask(
  rule: string,
  type: string,
  payload: JsonValue,
  data: string | null = null,
): Promise<ExternalAnswer> {
  const extra = data === null ? null : Buffer.from(data);
  const rego = await loadRego({ main: MODULE, extra, entrypoint: `canopy/${rule}` });
  const [answer, ...others] = rego.ask(inputOf(type, payload));
  assert.ok(answer !== undefined && others.length === 0);
  return answer;
}

function said(decision: string, reason = ""): unknown {
  return { kind: "verdict", decision, reason, by: [] };
}

test("a decision is an object or a boolean, over the action, its effects and the engine's data", async () => {
  assert.deepEqual(await ask("decision", "look_up", { amount: 1 }), said("ALLOW"));
  assert.deepEqual(await ask("decision", "look_up", { amount: 51 }), said("REQUIRE_APPROVAL", "more than fifty"));
  assert.deepEqual(await ask("decision", "look_up", { amount: 1001 }), said("DENY", "more than a thousand"));
  assert.deepEqual(await ask("allowed", "look_up", {}), said("ALLOW"));
  assert.deepEqual(await ask("allowed", "fetch_url", { url: "https://elsewhere.net/" }), said("DENY"));
  assert.deepEqual(await ask("allowed", "fetch_url", { url: "https://api.example.com/" }), said("ALLOW"));
  assert.deepEqual(await ask("listed", "look_up", {}, '{"types":["look_up"]}'), said("ALLOW"));
});

test("a rule without a value is no opinion", async () => {
  assert.deepEqual(await ask("undefined_rule", "look_up", {}), { kind: "no_opinion" });
  assert.deepEqual(await ask("listed", "look_up", {}, '{"types":[]}'), { kind: "no_opinion" });
});

test("answers of another shape are unreadable", async () => {
  for (const rule of ["number", "unknown_word", "unknown_member"]) {
    const answer = await ask(rule, "look_up", {});
    assert.equal(answer.kind === "failed" && answer.failure, "unreadable", rule);
  }
});

test("a function that isn't there, and more memory than there is, end the evaluation", async () => {
  await assert.rejects(ask("clock", "look_up", {}));
  await assert.rejects(ask("swells", "look_up", {}), (error) => String(error).includes("opa_malloc"));
});

const unusable = (error: unknown): boolean => error instanceof EngineUnusable && error.failure === "unusable";

test("what is no module, has no such entry point, or comes with data that is none can't be used", async () => {
  await assert.rejects(
    loadRego({ main: Buffer.from("no wasm"), extra: null, entrypoint: "canopy/decision" }),
    unusable,
  );
  await assert.rejects(loadRego({ main: MODULE, extra: null, entrypoint: "canopy/nowhere" }), unusable);
  for (const data of ["[1", "1", '{"a":1,"a":2}']) {
    const files = { main: MODULE, extra: Buffer.from(data), entrypoint: "canopy/decision" };
    await assert.rejects(loadRego(files), unusable, data);
  }
});
