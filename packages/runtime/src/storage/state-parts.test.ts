import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json.ts";
import { SCOPES, scopeKeysOf } from "../core/policy/state/scope.ts";
import type { MarkSet } from "../core/policy/state/state-facts.ts";
import {
  byName,
  counterPart,
  endOfSecond,
  labelsPart,
  marksInOrder,
  marksPart,
  mayChangeState,
  partsChangeOf,
  resourcePart,
  secondsOf,
  secondText,
  takesFromState,
} from "./state-parts.ts";

const ID = "1".repeat(64);
const TIME = "2026-01-01T00:00:05Z";
const DELTAS = [
  { counter: "spend", amount: "1.50" },
  { mark: "seen" },
  { label: "secret" },
  { label: "pii", resource: "f1", within: ["d1", "d2"] },
];
const ALLOWED = {
  event: "authorize_action",
  timestamp: TIME,
  entry_hash: ID,
  decision: "ALLOW",
  avid: "A",
  session_id: "s",
  expires_at: "2026-01-01T00:01:05Z",
  counter_deltas: DELTAS,
};
const KEYS = scopeKeysOf({ avid: "A", session_id: "s", trace_id: null, tenant_id: null });

test("a permission adds its amounts and marks to every scope, its labels to the session and to what it read", () => {
  const found = partsChangeOf(ALLOWED);
  // A trace that isn't known is the session: one history, counted once.
  const keys = [KEYS.session, KEYS.agent, KEYS.tenant, KEYS.all];
  assert.equal(KEYS.trace, KEYS.session);
  assert.equal(found?.change.kind, "reserve");
  assert.deepEqual(
    found.counters,
    keys.map((key) => ({ part: counterPart("spend", key), amount: { digits: 150n, scale: 2 } })),
  );
  assert.deepEqual(found.tags, [
    ...keys.map((key) => ({ part: marksPart(key), name: "seen" })),
    ...[KEYS.session, KEYS.agent].map((key) => ({ part: labelsPart(key), name: "secret" })),
    ...["f1", "d1", "d2"].map((key) => ({ part: resourcePart(key), name: "pii" })),
  ]);
});

test("a start counts again and sets nothing; a result and a refusal touch no part; all else changes nothing", () => {
  const of = { authorization_id: ID, timestamp: TIME, avid: "A", session_id: "s" };
  const started = partsChangeOf({ ...of, event: "tool_start", counter_deltas: DELTAS });
  assert.equal(started?.change.kind, "begin");
  assert.equal(started.counters.length, 4);
  assert.deepEqual(started.tags, []);
  assert.equal(partsChangeOf({ ...ALLOWED, event: "reauthorized", authorization_id: ID })?.tags.length, 9);
  for (const [event, kind] of [
    ["tool_result", "settle"],
    ["approval_rejected", "void"],
    ["approval_skipped", "void"],
  ]) {
    const change = partsChangeOf({ ...of, event: event ?? "", outcome: "error", counter_deltas: DELTAS });
    assert.deepEqual([change?.change.kind, change?.counters, change?.tags], [kind, [], []]);
  }
  const nothing: readonly JsonObject[] = [
    { ...ALLOWED, decision: "DENY" },
    { ...of, event: "incident", counter_deltas: DELTAS },
    { event: "tool_start", timestamp: TIME },
  ];
  for (const entry of nothing) assert.equal(partsChangeOf(entry), null);
});

test("the parts of a state have names that no two share", () => {
  const names = [
    counterPart("a", "b"),
    counterPart("b", "a"),
    counterPart("ab", ""),
    ...[marksPart, labelsPart, resourcePart].map((name) => name("a")),
    ...SCOPES.map((scope) => counterPart("a", KEYS[scope])),
  ];
  assert.equal(new Set(names).size, names.length - 1);
  assert.deepEqual(names.slice(0, 6), [
    '["counter","a","b"]',
    '["counter","b","a"]',
    '["counter","ab",""]',
    '["marks","a"]',
    '["labels","a"]',
    '["resource","a"]',
  ]);
});

test("times are whole seconds, and a second ends with its last millisecond", () => {
  const at = Date.parse(TIME) / 1000;
  const cases: readonly [unknown, number][] = [
    [TIME, at],
    ["2026-01-01T00:00:05.999Z", at],
    ["1970-01-01T00:00:00Z", 0],
    ["then", 0],
    [undefined, 0],
    [at, 0],
  ];
  for (const [text, seconds] of cases) assert.equal(secondsOf(text), seconds);
  assert.equal(secondText(at), TIME);
  assert.equal(endOfSecond(at), Date.parse("2026-01-01T00:00:05.999Z"));
});

const set = (mark: string, scope: MarkSet["scope"]): MarkSet => ({ mark, scope, at_ms: 0 });

test("marks stand by name, then by scope; members by name", () => {
  const sorted = [set("a", "agent"), set("a", "all"), set("a", "trace"), set("b", "agent"), set("b", "session")];
  assert.deepEqual(marksInOrder(sorted.toReversed()), sorted);
  assert.deepEqual(marksInOrder(sorted), sorted);
  assert.deepEqual([byName(["a", 2], ["b", 1]), byName(["b", 1], ["a", 2]), byName(["a", 1], ["a", 2])], [-1, 1, 0]);
});

test("what takes something back is a failure or a refusal", () => {
  const taking: readonly JsonObject[] = [
    { event: "tool_result", outcome: "error" },
    { event: "approval_rejected" },
    { event: "approval_skipped" },
  ];
  const keeping: readonly JsonObject[] = [
    { event: "tool_result", outcome: "ok" },
    { event: "tool_result" },
    { event: "tool_start", outcome: "error" },
    { event: "authorize_action", outcome: "error" },
    {},
  ];
  for (const entry of taking) assert.equal(takesFromState(entry), true, JSON.stringify(entry));
  for (const entry of keeping) assert.equal(takesFromState(entry), false, JSON.stringify(entry));
});

const may = (entry: object): boolean => mayChangeState(Buffer.from(JSON.stringify(entry)));

test("a line that changes the state is never passed over, and others mostly are", () => {
  for (const event of ["tool_start", "tool_result", "approval_rejected", "approval_skipped"]) {
    assert.ok(may({ event }), event);
  }
  assert.ok(may(ALLOWED));
  assert.ok(may({ event: "reauthorized", counter_deltas: [] }));
  assert.ok(!may({ event: "authorize_action", reason: "counter_deltas" }));
  assert.ok(!may({ event: "incident" }));
  assert.ok(!may({ event: "tool_starts" }));
});
