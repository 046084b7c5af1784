import assert from "node:assert/strict";
import { test } from "node:test";
import { inputOf, inputsOf } from "./engine-input.fixture.test.ts";

test("a document says what the action is, who asks, and flatly what it would do", () => {
  const { effects, action, ctx, session, now_ms } = inputOf("fetch_url", { url: "https://api.example.com/x" });
  assert.deepEqual(effects, [
    {
      kind: "net.connect",
      via: "payload.url",
      trusted: true,
      outgoing: true,
      host: "api.example.com",
      host_text: "https://api.example.com/x",
      host_class: "public",
      port: null,
      domain: "example.com",
      sends: false,
      origin: "action",
      scheme: "https",
    },
  ]);
  assert.equal(JSON.stringify(action).includes('"type":'), true);
  assert.deepEqual(
    [ctx, session, now_ms],
    [
      {
        public_key: "agent-1",
        trace_id: "trace-1",
        trusted_domains: ["example.com"],
        environment: "production",
        env: "production",
      },
      { id: "trace-1", labels: [], marks: [] },
      1_800_000_000_000,
    ],
  );
});

test("calls in a batch have documents of their own, and too many have none", () => {
  const call = { name: "look_up", arguments: { q: "x" } };
  assert.equal(inputsOf("batch", { calls: [call, call] })?.length, 3);
  assert.equal(inputsOf("batch", { calls: Array.from({ length: 70 }, () => call) }), null);
});
