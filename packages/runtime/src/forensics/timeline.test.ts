import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../core/json.ts";
import { Selector, selectionText } from "./selection.ts";
import { DestroyedRecordsFold, TimelineBuilder, type Timeline } from "./timeline.ts";
import { timelineSvg } from "./timeline-svg.ts";
import { entryMs } from "./entry-members.ts";

const hash = (digit: string): string => digit.repeat(64);

const pad = (value: number): string => String(value).padStart(2, "0");

function at(second: number, members: JsonObject): JsonObject {
  const [minute, rest] = [Math.floor(second / 60), second % 60];
  return { timestamp: `2026-01-01T00:${pad(minute)}:${pad(rest)}Z`, avid: "A", trace_id: "t", ...members };
}

function decision(second: number, id: string, decision: string, more: JsonObject = {}): JsonObject {
  return at(second, { event: "authorize_action", decision, entry_hash: hash(id), action_type: "shell", ...more });
}

function follow(second: number, id: string, event: string, more: JsonObject = {}): JsonObject {
  return at(second, { event, authorization_id: hash(id), ...more });
}

function timelineOf(entries: readonly JsonObject[], options = {}): Timeline {
  const builder = new TimelineBuilder(options);
  for (const [index, entry] of entries.entries()) {
    builder.pass(entryMs(entry));
    builder.add(entry, { index });
  }
  return builder.finish();
}

test("rows tell how long each step of an authorization took", () => {
  const { rows, summary } = timelineOf([
    decision(0, "a", "REQUIRE_APPROVAL"),
    follow(40, "a", "approval_granted", { decision: "APPROVED", approvers: [{ approver: "alice", key_id: "k" }] }),
    follow(41, "a", "reauthorized", { decision: "ALLOW" }),
    follow(42, "a", "tool_start"),
    follow(59, "a", "tool_result", { ok: true, outcome: "ok" }),
  ]);
  assert.deepEqual(
    rows.map(({ what, duration_ms }) => [what, duration_ms]),
    [
      ["REQUIRE_APPROVAL", null],
      ["APPROVED", 40_000],
      ["ALLOW", 1000],
      ["started", 1000],
      ["done", 17_000],
    ],
  );
  assert.deepEqual(rows[1]?.by, ["alice"]);
  assert.ok(rows.every(({ marks }) => marks.length === 0));
  assert.deepEqual([summary.asked, summary.approved, summary.started, summary.no_result], [1, 1, 1, 0]);
});

test("what should have followed and didn't is marked where it is missing", () => {
  const { rows, summary } = timelineOf([
    decision(0, "a", "ALLOW"),
    decision(1, "b", "ALLOW"),
    follow(2, "b", "tool_start"),
    decision(3, "c", "REQUIRE_APPROVAL"),
    decision(4, "d", "DENY"),
    decision(5, "e", "REQUIRE_APPROVAL"),
    follow(6, "e", "approval_rejected"),
  ]);
  assert.deepEqual(
    rows.map(({ marks }) => marks.join()),
    ["never_begun", "", "no_result", "unanswered", "", "", ""],
  );
  assert.equal(summary.no_result, 1);
});

test("what ran without an authorization, after a refusal, or past its time is marked", () => {
  const { rows } = timelineOf([
    follow(0, "9", "tool_result", { ok: true }),
    decision(1, "a", "DENY"),
    follow(2, "a", "tool_start"),
    decision(3, "b", "ALLOW", { expires_at: "2026-01-01T00:00:05.500Z" }),
    follow(9, "b", "tool_start"),
    follow(10, "b", "tool_result", { ok: false }),
  ]);
  assert.deepEqual(
    rows.map(({ marks }) => marks.join()),
    ["no_authorization", "", "no_result,no_authorization", "", "past_expiry", ""].map((marks, index) =>
      index === 2 ? "no_authorization,no_result" : marks,
    ),
  );
});

test("a result of 0.4.2, which has no start, belongs to its decision", () => {
  const { rows } = timelineOf([
    decision(0, "a", "ALLOW"),
    follow(1, "a", "tool_result", { ok: true }),
    decision(2, "b", "REQUIRE_APPROVAL"),
    follow(3, "b", "approval_granted"),
    follow(4, "b", "tool_result", { ok: true }),
  ]);
  assert.ok(rows.every(({ marks }) => marks.length === 0));
});

test("silence and a clock that goes back are rows of their own, only between what is shown", () => {
  const builder = new TimelineBuilder({ silence_ms: 60_000 });
  const entries = [
    decision(0, "a", "DENY"),
    decision(100, "b", "DENY"),
    decision(400, "c", "DENY"),
    decision(390, "d", "DENY"),
  ];
  for (const [index, entry] of entries.entries()) {
    builder.pass(entryMs(entry));
    if (index > 0) builder.add(entry, { index });
  }
  builder.pass(Date.parse("2026-01-01T02:00:00Z"));
  const { rows, summary } = builder.finish();
  assert.deepEqual(
    rows.map(({ kind, duration_ms }) => [kind, duration_ms]),
    [
      ["decision", null],
      ["silence", 300_000],
      ["decision", null],
      ["clock", 10_000],
      ["decision", null],
    ],
  );
  assert.deepEqual([summary.silences, summary.clock_went_back, summary.events], [1, 1, 3]);
});

test("an agent that first appears in a trace after another spawned one is shown to come from it", () => {
  const { agents, rows } = timelineOf([
    decision(0, "a", "ALLOW", { effects: ["agent.spawn"] }),
    decision(1, "b", "ALLOW", { avid: "B" }),
    decision(2, "c", "DENY", { avid: "C", trace_id: "other" }),
  ]);
  assert.deepEqual(
    agents.map(({ avid, spawned_by }) => [avid, spawned_by]),
    [
      ["A", null],
      ["B", "A"],
      ["C", null],
    ],
  );
  assert.ok(rows[1]?.marks.includes("spawned_agent"));
  const denied = timelineOf([
    decision(0, "a", "DENY", { effects: ["agent.spawn"] }),
    decision(1, "b", "ALLOW", { avid: "B" }),
  ]);
  assert.equal(denied.agents[1]?.spawned_by, null);
});

test("records that the log says were destroyed are marked, those made after an erasure are not", () => {
  const destroyed = new DestroyedRecordsFold();
  destroyed.add({ event: "records_erased", avid: "A" }, 1);
  destroyed.add({ event: "records_expired", days: ["2026-01-02"] }, 2);
  const builder = new TimelineBuilder({}, destroyed);
  builder.add(decision(0, "a", "DENY", { payload_ref: "2026-01-01:0:10:0" }), { index: 0 });
  builder.add(decision(0, "b", "DENY", { payload_ref: "2026-01-01:9:10:0" }), { index: 3 });
  builder.add(decision(0, "c", "DENY", { payload_ref: "2026-01-02:9:10:0", avid: "B" }), { index: 4 });
  assert.deepEqual(
    builder.finish().rows.map(({ marks }) => marks.join()),
    ["record_erased", "", "record_expired"],
  );
});

test("a selection takes what follows a decision with it, and concerns of everybody as context", () => {
  const selector = new Selector({ trace_id: "t" });
  assert.equal(selector.judge(decision(0, "a", "REQUIRE_APPROVAL")), "own");
  assert.equal(selector.judge({ event: "approval_granted", authorization_id: hash("a") }), "own");
  assert.equal(selector.judge({ event: "approval_granted", authorization_id: hash("b") }), "no");
  assert.equal(selector.judge(at(1, { event: "kill_switch", trace_id: "" })), "context");
  assert.equal(new Selector({ trace_id: "t", avid: "B" }).judge(decision(0, "a", "ALLOW")), "no");
  assert.equal(new Selector({ from_ms: Date.parse("2026-01-01T00:00:05Z") }).judge(decision(4, "a", "ALLOW")), "no");
  assert.equal(selectionText({}, String), "every entry");
});

const TEXTS = { timeText: (ms: number) => `at ${ms}`, durationText: (ms: number) => `${ms} ms`, title: "t" };

test("a picture keeps hostile text inert and is well-formed", () => {
  const hostile = `</title><script>alert(1)</script><a href='javascript:x'>&"\u0000\u001b[31m\u202e\ud800`;
  const svg = timelineSvg(
    timelineOf([
      decision(0, "a", "ALLOW", { avid: hostile, action_type: hostile, reason: hostile }),
      decision(1, "b", "DENY", { avid: hostile }),
    ]),
    { ...TEXTS, title: hostile },
  );
  const tags = new Set([...svg.matchAll(/<\/?([a-z!]+)/giu)].map(([, name]) => name));
  assert.deepEqual(
    [...tags].toSorted((left = "", right = "") => left.localeCompare(right)),
    ["circle", "g", "line", "path", "polygon", "rect", "svg", "text", "title"],
  );
  assert.doesNotMatch(svg, /[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u);
  assert.doesNotMatch(svg.replaceAll(/&(?:amp|lt|gt|quot|#39);/gu, ""), /&/u);
});

test("a picture of many entries stays small, and says how many a shape stands for", () => {
  const many = Array.from({ length: 20_000 }, (_, index) =>
    decision(index % 3000, "a", index % 2 === 0 ? "ALLOW" : "DENY"),
  );
  const svg = timelineSvg(timelineOf(many), TEXTS);
  assert.ok(svg.length < 1_500_000, `${svg.length}`);
  assert.match(svg, /and \d+ more of its kind/u);
});

test("whatever entries hold, there is a timeline and a picture of it", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.constantFrom(
      "authorize_action",
      "tool_start",
      "tool_result",
      "ALLOW",
      "reauthorized",
      "2026-01-01T00:00:00Z",
      "a",
    ),
  );
  const names = [
    "event",
    "decision",
    "timestamp",
    "avid",
    "trace_id",
    "effects",
    "findings",
    "approvers",
    "entry_hash",
    "authorization_id",
    "__proto__",
  ];
  const entry = fc.dictionary(fc.constantFrom(...names), value);
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      const timeline = timelineOf(entries);
      assert.equal(timeline.summary.events, entries.length);
      assert.match(timelineSvg(timeline, TEXTS), /^<svg .*<\/svg>\n$/su);
    }),
  );
});
