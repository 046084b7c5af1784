// The shapes in which tools are called, decided by the whole engine: harm is seen in each, and what looks alike passes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide } from "../core/decide.ts";
import type { Evaluation } from "../core/decision.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { policyPack } from "../core/policy/index.ts";
import { createEngine } from "./engine.ts";

const { engine } = createEngine({ bytes: policyPack("default"), file: null, source: "argument" });
const surroundings = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };

function decided(action_type: string, action_payload: JsonValue, agent: JsonObject = {}): Evaluation {
  const facts = { now_ms: 0, kill_switch: null, surroundings };
  return decide({ agent_ctx: { public_key: "pk", ...agent }, action_type, action_payload }, facts, engine);
}

type Case = readonly [type: string, payload: JsonValue];

function expect(verdict: Evaluation["decision"], cases: readonly Case[]): void {
  for (const [type, payload] of cases) {
    it(`${verdict}: ${type} ${JSON.stringify(payload).slice(0, 120)}`, () =>
      assert.equal(decided(type, payload).decision, verdict));
  }
}

const wipe = { command: "rm -rf /" };
const wipeText = JSON.stringify(wipe);

describe("calls inside of a call", () => {
  expect("DENY", [
    ["multi_tool_use.parallel", { tool_uses: [{ recipient_name: "functions.bash", parameters: wipe }] }],
    [
      "multi_tool_use.parallel",
      {
        tool_uses: [
          { recipient_name: "functions.read_file", parameters: { path: "a" } },
          { recipient_name: "functions.bash", parameters: wipe },
        ],
      },
    ],
    ["batch", { calls: [{ tool: "bash", args: wipe }] }],
    ["batch", { batch: [{ batch: [{ tool: "bash", args: wipe }] }] }],
    ["batch", { invocations: [{ bash: wipe }] }],
    ["batch", { calls: [["bash", wipe]] }],
    ["batch", { calls: [{ tool: "bash", ...wipe }] }],
    ["batch", [{ tool: "bash", input: wipe }]],
    ["multi_tool_use.parallel", { tool_uses: JSON.stringify([{ recipient_name: "exec", parameters: wipe }]) }],
    ["tool_calls", { tool_calls: [{ type: "function", function: { name: "bash", arguments: wipeText } }] }],
    ["tools/call", { name: "bash", arguments: wipe }],
    ["json_rpc", { jsonrpc: "2.0", method: "tools/call", params: { name: "shell", arguments: wipe } }],
    ["tool_use", { type: "tool_use", name: "bash", input: wipe }],
    ["agent_step", { tool: "bash", tool_input: "rm -rf /" }],
    ["react_step", { thought: "…", action: "bash", action_input: "rm -rf /" }],
    ["workflow", { steps: [{ tool: "http_get", args: { url: "http://169.254.169.254/" } }] }],
    ["workflow", { steps: [{ name: "clean", run: "rm -rf /" }] }],
    ["process_queue", { jobs: [{ handler: "shell", data: wipe }] }],
    ["dispatch", { event: { tool: "bash", args: ["rm -rf /"] } }],
    ["noop", { tool_calls: [{ function: { name: "bash", arguments: wipeText } }] }],
    ["batch", { calls: [{ tool: "bash", args: { command: "ls" } }], ...wipe }],
    ["batch", { cwd: "/", calls: [{ tool: "bash", args: { command: "rm -rf *" } }] }],
  ]);

  expect("REQUIRE_APPROVAL", [
    ["parallel", { calls: [{ name: "frobnicate_delete_everything", arguments: {} }] }],
    ["function_call", { name: "transfer_funds", arguments: '{"amount": 5000}' }],
    ["parallel_tools", { tools: [{ name: "send_email", args: { to: "a@b.example", body: "x" } }] }],
    ["batch", { calls: ["bash(command='ls')"] }],
    [
      "batch",
      { calls: [{ tool: "read_file", args: { path: "a" }, next: [{ tool: "bash", args: { command: "sudo ls" } }] }] },
    ],
    ["batch", { calls: [{ tool: "read_file", args: { path: "a" } }, { what: "is this" }] }],
    ["batch", { calls: [{ tool: "a\nb", args: {} }] }],
    ["batch", Array.from({ length: 300 }, () => ({ tool: "read_file", args: { path: "a" } }))],
  ]);

  expect("ALLOW", [
    [
      "multi_tool_use.parallel",
      { tool_uses: [{ recipient_name: "functions.grep", parameters: { pattern: "rm -rf /" } }] },
    ],
    [
      "batch",
      {
        calls: [
          { tool: "bash", args: { command: "ls -la" } },
          { tool: "read_file", args: { path: "a.txt" } },
        ],
      },
    ],
    ["parallel", { calls: [{ name: "get_weather", arguments: { city: "Paris" } }] }],
    ["tool_calls", { tool_calls: [{ type: "function", function: { name: "get_weather", arguments: "{}" } }] }],
    ["tools/call", { name: "search_docs", arguments: { query: "how to delete a file" } }],
    ["tools/list", {}],
    ["batch", { calls: [] }],
    ["call_tool", { name: "bash", arguments: { command: "git status" } }],
    ["plan", { steps: ["read the file", "delete the old folder", "run the tests"] }],
    ["get_recipe", { steps: [{ name: "Mix", input: "flour" }] }],
    ["validate_form", { fields: [{ name: "email", type: "text" }] }],
    ["track_event", { name: "purchase", params: { value: 99 } }],
    ["think", { thought: "I should run rm -rf build", action: "think harder" }],
    ["render_chart", { series: [{ name: "sales", data: [1, 2, 3] }] }],
  ]);

  it("count as one spending", () => {
    const pay = { tool: "pay", args: { amount: 8 } };
    assert.equal(decided("batch", { calls: [pay] }).decision, "ALLOW");
    assert.equal(decided("batch", { calls: [pay, pay] }).rule_ref, "Title II");
  });

  it("are read to a depth, and ask beyond it", () => {
    let payload: JsonObject = { calls: [{ tool: "read_file", args: { path: "a" } }] };
    for (let depth = 0; depth < 40; depth += 1) payload = { calls: [{ tool: "batch", args: payload }] };
    assert.equal(decided("batch", payload).decision, "REQUIRE_APPROVAL");
  });
});
