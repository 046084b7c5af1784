import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json.ts";
import { CoverageFold, type Coverage, type CoverageOptions } from "./coverage.ts";

const id = (n: number): string => n.toString(16).padStart(64, "0");
const START = Date.parse("2026-01-01T00:00:00Z");

function entry(second: number, event: string, members: JsonObject): JsonObject {
  return { event, timestamp: `${new Date(START + second * 1000).toISOString().slice(0, 19)}Z`, avid: "A", ...members };
}

const allow = (second: number, n: number, ttl = 60): JsonObject =>
  entry(second, "authorize_action", {
    entry_hash: id(n),
    decision: "ALLOW",
    expires_at: new Date(START + (second + ttl) * 1000).toISOString(),
  });
const start = (second: number, n: number): JsonObject => entry(second, "tool_start", { authorization_id: id(n) });
const result = (second: number, n: number): JsonObject => entry(second, "tool_result", { authorization_id: id(n) });

const ask = (second: number, n: number): JsonObject =>
  entry(second, "authorize_action", { entry_hash: id(n), decision: "REQUIRE_APPROVAL" });
const answer = (second: number, n: number, members: JsonObject): JsonObject =>
  entry(second, "approval_granted", { authorization_id: id(n), ...members });

function coverage(entries: readonly JsonObject[], options: CoverageOptions = {}): Coverage {
  const fold = new CoverageFold(options);
  for (const each of entries) fold.add(each);
  return fold.finish();
}

test("a log in which every authorization has its result has no faults, and says what it can't see", () => {
  const found = coverage([allow(0, 1), start(1, 1), result(2, 1)]);
  assert.deepEqual(Object.values(found.faults), [0, 0, 0, 0]);
  assert.deepEqual([found.authorized, found.executions, found.results, found.pending], [1, 1, 1, 0]);
  assert.equal(found.cannot_see_ungoverned_calls, true);
});

test("an authorization without result counts once it is past its time, before that it is pending", () => {
  assert.equal(coverage([allow(0, 1)]).pending, 1);
  const late = coverage([allow(0, 1), allow(100, 2)]);
  assert.deepEqual([late.faults.authorized_without_result, late.pending], [1, 1]);
  assert.equal(late.findings[0]?.authorization_id, id(1));
});

test("a start without result, a result without authorization, and a start past expiry are told apart", () => {
  const found = coverage([
    allow(0, 1),
    start(1, 1),
    result(2, 7),
    allow(3, 2, 1),
    start(9, 2),
    result(10, 2),
    entry(11, "authorize_action", { entry_hash: id(3), decision: "DENY" }),
    start(12, 3),
  ]);
  assert.deepEqual(found.faults, {
    authorized_without_result: 0,
    begun_without_result: 2,
    result_without_authorization: 2,
    executed_past_expiry: 1,
  });
});

test("a second start and a second result are without a standing authorization", () => {
  const found = coverage([allow(0, 1), start(1, 1), start(2, 1), result(3, 1), result(4, 1)]);
  assert.equal(found.faults.result_without_authorization, 2);
});

test("approvals: an answered question counts as authorized, a rejected one does not, an open one is no fault", () => {
  const found = coverage([
    ask(0, 1),
    answer(1, 1, { decision: "APPROVED" }),
    answer(1, 1, { event: "reauthorized", decision: "ALLOW", expires_at: "2026-01-01T00:01:00.000Z" }),
    start(2, 1),
    result(3, 1),
    ask(4, 2),
    answer(5, 2, { event: "approval_rejected", decision: "REJECTED" }),
    ask(6, 3),
    ask(7, 4),
    answer(8, 4, { event: "approval_rejected", decision: "REJECTED" }),
    result(9, 4),
  ]);
  assert.equal(found.authorized, 1);
  assert.deepEqual(found.faults, {
    authorized_without_result: 0,
    begun_without_result: 0,
    result_without_authorization: 1,
    executed_past_expiry: 0,
  });
});

test("times without entries and without heartbeats are counted, the longest is named, and clocks that go back too", () => {
  const beat = (second: number): JsonObject => entry(second, "checkpoint_meta", {});
  const found = coverage([beat(0), beat(60), beat(1000), entry(1010, "x", {}), entry(1005, "x", {})], {
    gap_ms: 120_000,
  });
  assert.deepEqual([found.heartbeats, found.heartbeat_gaps, found.entry_gaps, found.clock_went_back], [3, 1, 1, 1]);
  assert.deepEqual(found.longest_heartbeat_gap, { from_ms: START + 60_000, to_ms: START + 1_000_000 });
});

test("since a time, what began before is known and what happened before isn't counted", () => {
  const found = coverage([allow(0, 1), start(1, 1), result(90, 1), result(91, 9)], { from_ms: START + 90_000 });
  assert.deepEqual([found.entries, found.authorized, found.results], [2, 0, 2]);
  assert.equal(found.faults.result_without_authorization, 1);
});

test("findings are listed up to a number, and counted beyond it", () => {
  const found = coverage([result(0, 1), result(1, 2), result(2, 3)], { listed: 2 });
  assert.deepEqual([found.findings.length, found.faults.result_without_authorization], [2, 3]);
});

test("what is long over is settled, and counted all the same", () => {
  const fold = new CoverageFold({ listed: 0 });
  for (let day = 0; day < 8; day += 1)
    for (let n = 0; n < 40_000; n += 1) fold.add(allow(day * 90_000, day * 40_000 + n));
  const { faults, pending } = fold.finish();
  assert.equal(faults.authorized_without_result + pending, 320_000);
});
