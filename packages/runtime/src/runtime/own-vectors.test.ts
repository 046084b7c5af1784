import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decide } from "../core/decide.ts";
import type { Verdict } from "../core/finding.ts";
import { policyPack } from "../core/policy/index.ts";
import { createEngine } from "./engine.ts";

interface CommandVector {
  readonly id: string;
  readonly class: string;
  readonly label: "harmful" | "benign";
  readonly command: string;
  readonly acceptable: readonly Verdict[];
}

const LEAST_ALLOWED_SHARE = 0.9;

const lines = readFileSync(new URL("../../../../vectors/own/commands.jsonl", import.meta.url), "utf8").trimEnd();
const vectors = lines.split("\n").map((line): CommandVector => JSON.parse(line));
const { engine } = createEngine({ bytes: policyPack("default"), file: null, source: "default" });
const project = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
const nowhere = { cwd: null, home: null, governance: [], links: {} };

function decisionOn(command: string, surroundings: typeof project | typeof nowhere): Verdict {
  const request = {
    agent_ctx: { public_key: "pk-own" },
    action_type: "execute_shell",
    action_payload: { command },
  };
  return decide(request, { now_ms: 0, kill_switch: null, surroundings }, engine).decision;
}

for (const [where, surroundings] of [["in a project folder", project] as const, ["folder unknown", nowhere] as const]) {
  test(`our own commands get an acceptable answer (${where})`, () => {
    const wrong: string[] = [];
    for (const { id, class: name, command, acceptable } of vectors) {
      const decision = decisionOn(command, surroundings);
      if (!acceptable.includes(decision)) wrong.push(`${id} ${name}: ${decision}: ${JSON.stringify(command)}`);
    }
    assert.deepEqual(wrong, []);
  });
}

test("our own benign commands are nearly always allowed", () => {
  const benign = vectors.filter(({ label }) => label === "benign");
  const allowed = benign.filter(({ command }) => decisionOn(command, project) === "ALLOW");
  assert.ok(allowed.length >= LEAST_ALLOWED_SHARE * benign.length, `${allowed.length} of ${benign.length}`);
});
