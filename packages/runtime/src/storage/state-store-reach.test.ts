// A state store over a log in memory: its answers wherever the index ends, and how much it reads and keeps for them.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../core/json.ts";
import { SCOPES, scopeKeysOf } from "../core/policy/state/scope.ts";
import { StateBook } from "../core/policy/state/state-book.ts";
import type { StateQuery } from "../core/policy/state/state-facts.ts";
import type { EntryDraft, LedgerEntry } from "../ledger/ports.ts";
import { noIndex, type LogIndex } from "./log-index.ts";
import { parseEntry } from "./parse-entry.ts";
import { PendingState } from "./pending-state.ts";
import { authorizationOf, partsChangeOf, secondsOf } from "./state-parts.ts";
import {
  isBefore,
  LOG_START,
  type ChainPoint,
  type EntryPosition,
  type LogPoint,
  type TimedPoint,
} from "./log-point.ts";
import { StateStore, type StateLimits } from "./state-store.ts";
import { type StateRow } from "./state-tail.ts";

const T0 = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
const AMPLE: StateLimits = { rows: 1000, counters: 100, tagParts: 100, gapBytes: 1e9, tailRows: 1000 };
/** Lines of one file, so that two files are gone through. */
const PER_SEGMENT = 9;

const text = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const hashOf = (n: number): string => String(n).padStart(64, "0");
/** Before the entry of that index. */
const hashBefore = (n: number): string => (n === 0 ? LOG_START.hash : hashOf(n));

/** A log in memory that counts what is asked of it. */
class MemoryLog {
  readonly lines: { readonly line: Buffer; readonly position: EntryPosition; readonly entry: LedgerEntry }[] = [];
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly #at = new Map<string, LedgerEntry>();
  /** How many lines the index covers. */
  covered = 0;

  add(draft: JsonObject): { readonly entry: LedgerEntry; readonly position: EntryPosition; readonly line: Buffer } {
    const n = this.lines.length;
    const sealed = { ...draft, seq: n + 1, log_id: "log", prev_hash: hashBefore(n), entry_hash: hashOf(n + 1) };
    const line = Buffer.from(JSON.stringify(sealed));
    const before = this.lines.at(-1)?.position;
    const isNext = n % PER_SEGMENT === 0;
    const segment = (before?.segment ?? 0) + (isNext ? 1 : 0);
    const offset = before === undefined || isNext ? 0 : before.offset + before.length + 1;
    const position = { segment, offset, length: line.length, hash: hashOf(n + 1) };
    const added = { line, position, entry: parseEntry(line.toString()) };
    this.lines.push(added);
    this.#at.set(`${segment} ${offset}`, added.entry);
    return added;
  }

  entries(): readonly LedgerEntry[] {
    return this.lines.map(({ entry }) => entry);
  }

  store(limits: Partial<StateLimits> = {}, index: LogIndex = this.index()): StateStore {
    return new StateStore(
      {
        index,
        end: () => this.#pointAt(this.lines.length),
        bytesAfter: (point) => this.#between(point, this.#pointAt(this.lines.length)).length,
        lines: (from, to, visit) => {
          const found = this.#between(from, to);
          for (const point of [from, to]) assert.equal(point.hash, this.#hashBefore(point));
          this.asked.push(`reads ${found.length}`);
          for (const { line, position } of found) visit(line, position);
        },
        entriesAt: (positions) =>
          positions.map(({ segment, offset }) => {
            return this.#at.get(`${segment} ${offset}`) ?? assert.fail();
          }),
        resourceKey: (place) => `key of ${place}`,
      },
      { ...AMPLE, ...limits },
    );
  }

  /** What was asked since this was last called. */
  takeAsked(): readonly string[] {
    return this.asked.splice(0);
  }

  /** An index of the lines that are covered. */
  index(): LogIndex {
    return {
      ...noIndex,
      counter: (part, from) => {
        const { rows, through } = this.#indexed();
        const own = rows.filter(
          ({ entry, at }) => at >= from && partsChangeOf(entry)?.counters.some((reserved) => reserved.part === part),
        );
        const ids = new Set(own.map(({ entry }) => authorizationOf(entry)));
        const found = rows.filter((row) => own.includes(row) || ids.has(authorizationOf(row.entry)));
        this.asked.push(`counter since ${from}`);
        return { rows: found, through };
      },
      tags: (part) => {
        const { rows, through } = this.#indexed();
        const tags = new Map<string, number>();
        for (const { entry, at } of rows) {
          for (const tag of partsChangeOf(entry)?.tags ?? []) if (tag.part === part) tags.set(tag.name, at);
        }
        if (part !== "") this.asked.push("tags");
        return { tags, through };
      },
    };
  }

  #indexed(): { readonly rows: readonly (StateRow & { entry: LedgerEntry })[]; readonly through: TimedPoint } {
    let newest = 0;
    const rows = this.lines.slice(0, this.covered).map(({ position, entry }) => {
      newest = Math.max(newest, secondsOf(entry.timestamp));
      return { ...position, at: newest, entry };
    });
    return { rows, through: { ...this.#pointAt(this.covered), newest } };
  }

  #pointAt(n: number): ChainPoint {
    const next = this.lines[n]?.position;
    if (next !== undefined) return { segment: next.segment, offset: next.offset, hash: hashBefore(n) };
    const last = this.lines.at(-1)?.position;
    if (last === undefined) return LOG_START;
    return { segment: last.segment, offset: last.offset + last.length + 1, hash: last.hash };
  }

  #hashBefore(point: LogPoint): string {
    return this.lines.findLast(({ position }) => isBefore(position, point))?.position.hash ?? LOG_START.hash;
  }

  #between(from: LogPoint, to: LogPoint): readonly MemoryLog["lines"][number][] {
    return this.lines.filter(({ position }) => !isBefore(position, from) && isBefore(position, to));
  }
}

const WHO = [
  { avid: "A", session_id: "s", trace_id: "t", tenant_id: "org" },
  { avid: "A", session_id: null, trace_id: null, tenant_id: null },
  { avid: "B", session_id: "s", trace_id: null, tenant_id: null },
] as const;

function decision(who: number, seconds: number, more: JsonObject = {}): EntryDraft {
  const members = Object.entries(WHO[who] ?? {}).filter(([, value]) => value !== null);
  const now = T0 + seconds * 1000;
  const times = { timestamp: text(now), expires_at: text(now + 300_000) };
  const amount = `${who + 1}.25`;
  return {
    event: "authorize_action",
    ...times,
    ...Object.fromEntries(members),
    decision: "ALLOW",
    counter_deltas: [
      { counter: "spend", amount },
      { counter: "calls", amount: "1", attempt: true },
      { mark: `m${who}` },
      { label: `l${who}` },
      { label: `f${who}`, resource: "key of fs:/a/b", within: ["key of in:/a", "key of in:/"] },
    ],
    ...more,
  };
}

/** What follows up the entry of that number, which is of that agent. */
function follow(
  [of, who]: readonly [number, number],
  event: string,
  seconds: number,
  more: JsonObject = {},
): EntryDraft {
  const members = Object.entries(WHO[who] ?? {}).filter(([, value]) => value !== null);
  const timestamp = text(T0 + seconds * 1000);
  return { event, timestamp, ...Object.fromEntries(members), authorization_id: hashOf(of), ...more };
}

const withDeltas = [0, 1, 2].map((who) => ({ counter_deltas: decision(who, 0)["counter_deltas"] ?? [] }));
const onlySpend = { counter_deltas: [{ counter: "spend", amount: "0.5" }] };

/** A history of 27 entries that goes on for a day: what is reserved, begun, given back, refused, too late, out of order. */
const HISTORY: readonly EntryDraft[] = [
  decision(0, 0),
  decision(1, 10),
  follow([1, 0], "tool_start", 20, withDeltas[0]),
  decision(2, 30, { decision: "DENY" }),
  follow([1, 0], "tool_result", 40, { outcome: "error" }),
  decision(2, 50, onlySpend),
  follow([6, 2], "approval_rejected", 60),
  decision(2, 55, onlySpend),
  { event: "incident", timestamp: text(T0 + 3_000_000) },
  decision(0, 30_100, onlySpend),
  follow([10, 0], "tool_start", 30_200, onlySpend),
  decision(1, 30_300),
  follow([12, 1], "approval_skipped", 30_400),
  follow([2, 1], "tool_start", 30_500, withDeltas[1]),
  decision(0, 30_600, { expires_at: text(T0 + 30_601_000) }),
  { event: "incident", timestamp: "then" },
  decision(2, 20_000),
  follow([17, 2], "tool_start", 60_000, withDeltas[2]),
  follow([17, 2], "tool_result", 60_100, { outcome: "ok" }),
  decision(0, 86_000),
  decision(1, 86_100, onlySpend),
  follow([20, 0], "reauthorized", 86_150, { decision: "ALLOW", ...onlySpend }),
  decision(0, 86_200, onlySpend),
  follow([23, 0], "tool_result", 86_250, { outcome: "error" }),
  decision(2, 86_260),
  follow([25, 2], "tool_start", 86_270, withDeltas[2]),
  { event: "incident", timestamp: text(T0 + 86_400_000) },
];

const WINDOWS = [60_000, HOUR, 24 * HOUR, null];

function queryOf(who: (typeof WHO)[number], window_ms: number | null, counter: string): StateQuery {
  const keys = scopeKeysOf(who);
  const [wide, narrow] = [
    { path: "/a", within: true },
    { path: "/a/b", within: false },
  ];
  return {
    counters: [{ counter, scope: "session", key: keys.session, window_ms }],
    marks: SCOPES.flatMap((scope) => ["m2", "m0"].map((mark) => ({ mark, scope, key: keys[scope] }))),
    labels: keys.session,
    resources: [narrow, wide, { path: "/", within: true }, { path: "/c", within: false }],
  };
}

const QUERIES = WHO.flatMap((who) =>
  WINDOWS.flatMap((window_ms) => ["spend", "calls"].map((counter) => queryOf(who, window_ms, counter))),
);

function truth(entries: readonly JsonObject[], query: StateQuery, now: number): unknown {
  const book = new StateBook({ longest_window_ms: null });
  for (const entry of entries) book.learn(entry);
  return book.answer(query, now, (place) => `key of ${place}`);
}

function agrees(store: StateStore, entries: readonly JsonObject[], now: number, why: string): void {
  const answers = QUERIES.map((query) => store.answer(query, now));
  const whole = QUERIES.map((query) => truth(entries, query, now));
  assert.deepEqual(answers, whole, why);
}

test("wherever the index ends and however little is kept, a store answers as a book that learned the whole log", () => {
  const kept: readonly Partial<StateLimits>[] = [
    {},
    { gapBytes: 0 },
    { gapBytes: 4, tailRows: 3 },
    { rows: 2, counters: 2, tagParts: 2, tailRows: 1 },
    { gapBytes: 0, tailRows: 1, counters: 1 },
  ];
  const log = new MemoryLog();
  for (const entry of HISTORY) log.add(entry);
  const whole = QUERIES.map((query) => truth(log.entries(), query, T0));
  for (const [at, limits] of kept.entries()) {
    for (let covered = at % 2; covered <= HISTORY.length; covered += 2) {
      log.covered = covered;
      const store = log.store(limits);
      const answers = QUERIES.map((query) => store.answer(query, T0));
      assert.deepEqual(answers, whole, `${covered} are covered, kept as in ${at}`);
    }
  }
});

test("a store that follows, while the index catches up or not, answers as a book does at each step", () => {
  for (const [limits, lag] of [
    [{}, 30],
    [{ tailRows: 2 }, 3],
    [{ tailRows: 2, gapBytes: 0 }, 5],
    [{ counters: 2, rows: 3, tagParts: 2 }, 0],
  ] as const) {
    const log = new MemoryLog();
    const store = log.store(limits);
    const bySight = log.store(limits);
    for (const each of [store, bySight]) each.answer(QUERIES[0] ?? assert.fail(), 0);
    for (const [n, draft] of HISTORY.entries()) {
      const { entry, position, line } = log.add(draft);
      store.learn(entry, position);
      bySight.learnLine(line, position);
      log.covered = Math.max(0, n + 1 - lag);
      const query = QUERIES[n % QUERIES.length] ?? assert.fail();
      for (const asked of [query, ...QUERIES.slice(0, 2)]) {
        const expected = truth(log.entries(), asked, T0);
        assert.deepEqual(store.answer(asked, T0), expected, `${n} of ${lag}`);
        assert.deepEqual(bySight.answer(asked, T0), expected, `${n} of ${lag}, by its line`);
      }
    }
    agrees(store, log.entries(), T0 + 100 * HOUR, "later");
    agrees(bySight, log.entries(), T0, "by lines");
  }
});

test("a line's entry is read without the witness that ends it, whatever its members hold", () => {
  const log = new MemoryLog();
  const store = log.store();
  const query = QUERIES[0] ?? assert.fail();
  store.answer(query, 0);
  const members: readonly JsonObject[] = [
    {},
    { witness: { path: [] } },
    { note: ',"witness":{', witness: { path: [], note: ',"witness":' } },
    { note: { witness: { counter_deltas: [] } } },
    { witness: "seen" },
  ];
  for (const more of members) {
    const { position, line } = log.add({ ...decision(0, 1), ...more });
    store.learnLine(line, position);
  }
  assert.deepEqual(store.answer(query, T0), truth(log.entries(), query, T0));
  assert.equal(store.answer(query, T0).counters["spend"]?.count, members.length);
});

const spend = (window_ms: number | null, key = '["agent","A"]', counter = "spend"): StateQuery => ({
  counters: [{ counter, scope: "agent", key, window_ms }],
  marks: [],
  labels: null,
  resources: [],
});

test("a counter is filled once for each window that reaches further back, and then followed", () => {
  const log = new MemoryLog();
  for (const entry of HISTORY) log.add(entry);
  log.covered = HISTORY.length;
  const store = log.store();
  const since = (window_ms: number, now = T0 + 86_400_000): string =>
    `counter since ${Math.floor((now - window_ms) / 1000) - 3600}`;
  const steps: readonly [window_ms: number | null, now: number, asked: readonly string[]][] = [
    [HOUR, T0, ["reads 0", since(HOUR)]],
    [HOUR, T0, []],
    [60_000, T0, []],
    [24 * HOUR, T0, [since(24 * HOUR)]],
    [HOUR, T0, []],
    [null, T0, ["counter since 0"]],
    [24 * HOUR, T0, []],
    [HOUR, T0 + 500 * HOUR, []],
    [25 * HOUR, T0, [since(25 * HOUR)]],
    [null, T0, ["counter since 0"]],
    [1e15, T0, ["counter since 0"]],
  ];
  for (const [at, [window_ms, now, asked]] of steps.entries()) {
    const query = spend(window_ms);
    assert.deepEqual(store.answer(query, now), truth(log.entries(), query, now), String(at));
    assert.deepEqual(log.takeAsked(), asked, String(at));
  }
  // A clock that was ahead and is set right needs what was too old before.
  const other = log.store();
  const query = spend(HOUR);
  other.answer(query, T0 + 200 * HOUR);
  assert.deepEqual(log.takeAsked(), ["reads 0", since(HOUR, T0 + 200 * HOUR)]);
  assert.deepEqual(other.answer(query, T0), truth(log.entries(), query, T0));
  assert.deepEqual(log.takeAsked(), [since(HOUR)]);
});

test("what is kept is bounded by counters, by their rows and by parts, and what was asked longest ago goes", () => {
  const log = new MemoryLog();
  for (let n = 0; n < 12; n += 1) {
    log.add(decision(0, n, { avid: `A${n % 4}`, counter_deltas: [{ counter: "spend", amount: "1" }, { label: "x" }] }));
  }
  log.covered = log.lines.length;
  const asks = (store: StateStore, agents: string): string => {
    const refilled = agents.split("").filter((agent) => {
      store.answer(spend(null, `["agent","A${agent}"]`), T0);
      return log.takeAsked().includes("counter since 0");
    });
    return refilled.join("");
  };
  assert.equal(asks(log.store(), "01230123"), "0123");
  assert.equal(asks(log.store({ counters: 2 }), "0101"), "01");
  assert.equal(asks(log.store({ counters: 2 }), "0102001"), "0121");
  // Three rows each: what is let go of makes room.
  assert.equal(asks(log.store({ rows: 6 }), "0101"), "01");
  assert.equal(asks(log.store({ rows: 6 }), "01020212"), "0121");
  assert.equal(asks(log.store({ rows: 5 }), "0011"), "01");
  assert.equal(asks(log.store({ rows: 5 }), "010"), "010");
  assert.equal(asks(log.store({ rows: 1 }), "00110"), "010");
  // Rows that are learned later count too, at the next filling.
  const grows = log.store({ rows: 9 });
  assert.equal(asks(grows, "0101"), "01");
  for (let n = 0; n < 3; n += 1) {
    const { entry, position } = log.add(decision(0, 20 + n, { avid: "A0", ...onlySpend }));
    grows.learn(entry, position);
  }
  log.covered = log.lines.length;
  assert.equal(asks(grows, "101"), "");
  assert.equal(asks(grows, "2"), "2");
  assert.equal(asks(grows, "12"), "");
  assert.equal(asks(grows, "0"), "0");
  const labels = (store: StateStore, keys: string): string => {
    const refilled = keys.split("").filter((key) => {
      store.answer({ ...spend(null), counters: [], labels: `["agent","A${key}"]` }, T0);
      return log.takeAsked().includes("tags");
    });
    return refilled.join("");
  };
  assert.equal(labels(log.store({ tagParts: 2 }), "0010201"), "0121");
});

test("of a part that was let go nothing is learned, and the scope of a counter that stays still is", () => {
  const log = new MemoryLog();
  const store = log.store({ counters: 2 });
  const asks = (counter: string): unknown => store.answer(spend(null, '["agent","A"]', counter), T0).counters[counter];
  asks("spend");
  asks("calls");
  const add = (draft: JsonObject): void => {
    const { entry, position } = log.add(draft);
    store.learn(entry, position);
  };
  add(decision(1, 0));
  asks("calls");
  // This lets `spend` go; `calls` of the same scope stays, and must still learn what names no counter.
  asks("other");
  add(follow([1, 1], "approval_skipped", 1));
  log.takeAsked();
  assert.deepEqual(asks("calls"), { used: "0", count: 0 });
  assert.deepEqual(log.takeAsked(), []);
  assert.deepEqual(asks("spend"), { used: "0", count: 0 });
});

test("a gap that is short is read once; one that is long, for each new question until the index has caught up", () => {
  const log = new MemoryLog();
  for (const entry of HISTORY) log.add(entry);
  const near = log.store({ gapBytes: HISTORY.length });
  const asked = (store: StateStore): readonly string[] => {
    for (const who of ["A", "B", "A"]) store.answer(spend(null, `["agent","${who}"]`), T0);
    return log.takeAsked();
  };
  assert.deepEqual(asked(near), ["reads 27", "counter since 0", "counter since 0"]);
  const far = log.store({ gapBytes: HISTORY.length - 1 });
  assert.deepEqual(asked(far), ["reads 27", "counter since 0", "reads 27", "counter since 0", "reads 27"]);
  log.covered = 1;
  far.answer(spend(null, '["all"]'), T0);
  // Near enough now: read into the tail, and never again.
  assert.deepEqual(log.takeAsked(), ["counter since 0", "reads 26"]);
  far.answer(spend(null, '["agent","C"]'), T0);
  assert.deepEqual(log.takeAsked(), ["counter since 0"]);
});

test("before the first question nothing is learned; then the version and the newest time tell what may have changed", () => {
  const log = new MemoryLog();
  const store = log.store();
  const learn = (draft: JsonObject): readonly number[] => {
    const { entry, position } = log.add(draft);
    store.learn(entry, position);
    return [store.version, store.newest - T0 / 1000];
  };
  const see = (draft: JsonObject): readonly number[] => {
    const { line, position } = log.add(draft);
    store.learnLine(line, position);
    return [store.version, store.newest - T0 / 1000];
  };
  const none = [0, -T0 / 1000];
  assert.deepEqual(learn(decision(0, 5)), none);
  assert.deepEqual(see(decision(0, 5)), none);
  const incident = (seconds: number): JsonObject => ({ event: "incident", timestamp: text(T0 + seconds * 1000) });
  store.answer(spend(null), 0);
  assert.deepEqual([store.version, store.newest], [0, T0 / 1000 + 5]);
  assert.equal(store.answer(spend(null), 0).now_ms, T0 + 5000);
  assert.equal(store.answer(spend(null), T0 + 5001).now_ms, T0 + 5001);
  assert.deepEqual(learn(incident(5)), [0, 5]);
  assert.deepEqual(see(incident(4)), [0, 5]);
  assert.deepEqual(see({ event: "incident" }), [0, 5]);
  assert.deepEqual(see({ event: "incident", timestamp: "then" }), [0, 5]);
  assert.deepEqual(see(incident(6)), [1, 6]);
  assert.deepEqual(learn(incident(7)), [2, 7]);
  assert.deepEqual(learn(decision(0, 7)), [3, 7]);
  assert.deepEqual(see(decision(0, 8)), [5, 8]);
  assert.deepEqual(learn(decision(0, 9, { decision: "DENY" })), [6, 9]);
  assert.deepEqual(learn(decision(0, 9, { decision: "DENY" })), [6, 9]);
  assert.equal(store.resourceKey("fs:/a"), "key of fs:/a");
});

test("behind a batch the state is that of a book that learned its earlier entries, at every place of it", () => {
  for (let first = 0; first <= HISTORY.length; first += 3) {
    const log = new MemoryLog();
    for (const entry of HISTORY.slice(0, first)) log.add(entry);
    const store = log.store();
    store.answer(spend(null), 0);
    const pending = new PendingState(store);
    const learned: JsonObject[] = [...log.entries()];
    for (const [n, draft] of HISTORY.slice(first).entries()) {
      // What follows up rests on what stands in the log already.
      if (draft["event"] !== "authorize_action") continue;
      pending.add(draft);
      learned.push({ ...draft, entry_hash: hashOf(1000 + n) });
      const query = QUERIES[n % QUERIES.length] ?? assert.fail();
      for (const now of [
        T0,
        T0 + 86_260_000,
        T0 + 86_320_998,
        T0 + 86_320_999,
        T0 + 86_559_999,
        T0 + 86_560_999,
        T0 + 86_561_000,
      ]) {
        assert.deepEqual(pending.read(query, now), truth(learned, query, now), `${first} + ${n}`);
      }
    }
    const now = T0 + 86_300_000;
    for (const query of QUERIES) assert.deepEqual(pending.read(query, now), truth(learned, query, now));
  }
});

test("a batch of entries without amounts asks nothing more, and tells the time", () => {
  const log = new MemoryLog();
  log.add(decision(1, 0));
  const store = log.store();
  const pending = new PendingState(store);
  const quiet: readonly EntryDraft[] = [
    { event: "incident", timestamp: text(T0 + 7000) },
    { event: "tool_start", timestamp: text(T0 + 6000), counter_deltas: [{ counter: "spend", amount: "1" }] },
    decision(1, 8, { decision: "DENY" }),
  ];
  for (const entry of quiet) pending.add(entry);
  const query = spend(null);
  assert.deepEqual(pending.read(query, 0), truth([...log.entries(), { timestamp: text(T0 + 8000) }], query, 0));
  assert.equal(pending.read(query, T0 + 8001).now_ms, T0 + 8001);
});

test("lines that another wrote before ours, whatever their members, tell their time and nothing else", () => {
  const log = new MemoryLog();
  log.add(decision(1, 0));
  const foreign = [
    JSON.stringify(decision(1, 700)),
    `["counter_deltas":`,
    JSON.stringify({ counter_deltas: [], event: "tool_start" }),
  ].map((line) => Buffer.from(line));
  const point = { segment: 1, offset: 0, hash: hashOf(1) };
  for (const gapBytes of [0, 1e9]) {
    const store = new StateStore(
      {
        index: noIndex,
        end: () => ({ ...point, offset: 10_000 }),
        bytesAfter: () => 10_000,
        lines: (_from, _to, visit) => {
          for (const [at, line] of [...foreign, ...log.lines.map((known) => known.line)].entries()) {
            visit(line, { ...point, offset: at * 1000, length: line.length });
          }
        },
        entriesAt: (positions) => positions.map(() => log.entries()[0] ?? assert.fail()),
        resourceKey: (place) => place,
      },
      { ...AMPLE, gapBytes },
    );
    const answer = store.answer({ ...spend(null), labels: '["agent","A"]' }, 0);
    assert.deepEqual(answer.counters, { spend: { used: "2.25", count: 1 } });
    assert.deepEqual(answer.labels, ["l1"]);
    assert.equal(store.newest, T0 / 1000 + 700);
    for (const line of foreign) store.learnLine(line, { ...point, length: 1 });
    assert.deepEqual([store.version, store.newest], [0, T0 / 1000 + 700]);
  }
});
