import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { policyPack } from "../core/policy/index.ts";
import { decide } from "../core/decide.ts";
import { stricter, type Verdict } from "../core/finding.ts";
import type { JsonObject } from "../core/json.ts";
import { createEngine } from "./engine.ts";

interface RuleVector {
  readonly rule: string;
  readonly agent_ctx: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonObject;
  readonly facts?: JsonObject;
  readonly expect: { readonly speaks: Verdict | null };
}

const lines = readFileSync(new URL("../../../../vectors/layers/rules.jsonl", import.meta.url), "utf8").trimEnd();
const vectors = lines.split("\n").map((line): RuleVector => JSON.parse(line));
const surroundings = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const { engine } = createEngine({ bytes: policyPack("default"), file: null, source: "default" });

test("each rule says of its vectors what they expect", () => {
  const wrong: string[] = [];
  for (const { rule, expect, facts, ...request } of vectors) {
    const known = { now_ms: 0, kill_switch: null, surroundings, ...facts };
    const { findings } = decide(request, known, engine);
    let speaks: Verdict | null = null;
    for (const finding of findings) {
      if (finding.rule_ref === rule) speaks = stricter(speaks ?? "ALLOW", finding.decision);
    }
    if (speaks !== expect.speaks) wrong.push(`${rule}: ${speaks}, not ${expect.speaks}: ${JSON.stringify(request)}`);
  }
  assert.deepEqual(wrong, []);
});
