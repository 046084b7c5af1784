import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../json.ts";
import { addAmounts, amountText, exceeds, parseAmount, subtractAmounts, ZERO, type Amount } from "./amount.ts";
import { entryDeltas, foldersOf, parseEntryDeltas } from "./entry-deltas.ts";
import { parseEntryTime } from "./entry-time.ts";
import { scopeKeysOf, type Scope } from "./scope.ts";
import { StateBook } from "./state-book.ts";
import type { StateQuery } from "./state-facts.ts";

const WINDOW = 60_000;
const START = Date.parse("2026-03-01T12:00:00Z");
const plain = (place: string): string => place;

interface Who {
  readonly avid?: string;
  readonly session_id?: string;
  readonly trace_id?: string;
  readonly tenant_id?: string;
}

const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function allow(id: string, ms: number, deltas: readonly JsonObject[], who: Who = {}): JsonObject {
  return {
    event: "authorize_action",
    decision: "ALLOW",
    entry_hash: id,
    timestamp: stamp(ms),
    expires_at: new Date(ms + 30_000).toISOString(),
    avid: "agent",
    counter_deltas: deltas,
    ...who,
  };
}

function later(event: string, id: string, ms: number, more: JsonObject = {}): JsonObject {
  return { event, authorization_id: id, timestamp: stamp(ms), avid: "agent", ...more };
}

function spend(amount: string): readonly JsonObject[] {
  return [{ counter: "c", amount }];
}

function ask(window_ms: number | null, scope: Scope = "agent", who: Who = {}): StateQuery {
  const keys = scopeKeysOf({ avid: "agent", session_id: null, trace_id: null, tenant_id: null, ...who });
  return { counters: [{ counter: "c", scope, key: keys[scope], window_ms }], marks: [], labels: null, resources: [] };
}

function bookOf(...entries: readonly JsonObject[]): StateBook {
  const book = new StateBook({ longest_window_ms: WINDOW });
  for (const entry of entries) book.learn(entry);
  return book;
}

const used = (book: StateBook, ms: number, query = ask(WINDOW)): string | undefined =>
  book.answer(query, ms, plain).counters["c"]?.used;

test("an allowed action holds its amount until its permission ends, and then gives it back", () => {
  const book = bookOf(allow("a", START, spend("9.99")));
  assert.equal(used(book, START), "9.99");
  assert.equal(used(book, START + 29_999), "9.99");
  assert.equal(used(book, START + 31_000), "0");
});

test("what was begun stands, and its result decides: ok and unknown keep it, an error gives it back", () => {
  const begun = [allow("a", START, spend("9.99")), later("tool_start", "a", START + 1000)];
  assert.equal(used(bookOf(...begun), START + 50_000), "9.99");
  for (const [outcome, expected] of [
    ["ok", "9.99"],
    ["unknown", "9.99"],
    ["cancelled", "9.99"],
    ["error", "0"],
  ] as const) {
    const book = bookOf(...begun, later("tool_result", "a", START + 2000, { outcome }));
    assert.equal(used(book, START + 50_000), expected, outcome);
  }
});

test("an attempt counts even when it fails, but not when it was never made", () => {
  const attempt = allow("a", START, [{ counter: "c", amount: "1", attempt: true }]);
  const failed = [later("tool_start", "a", START), later("tool_result", "a", START, { outcome: "error" })];
  assert.equal(used(bookOf(attempt, ...failed), START + 1000), "1");
  assert.equal(used(bookOf(attempt), START + 40_000), "0");
});

test("a denial and a question hold nothing; the approval's permission does", () => {
  const asked = { ...allow("a", START, spend("5")), decision: "REQUIRE_APPROVAL" };
  assert.equal(used(bookOf({ ...asked, decision: "DENY" }), START), "0");
  assert.equal(used(bookOf(asked), START), "0");
  const granted = {
    ...later("reauthorized", "a", START + 5000),
    decision: "ALLOW",
    expires_at: new Date(START + 35_000).toISOString(),
    counter_deltas: spend("5"),
  };
  assert.equal(used(bookOf(asked, granted), START + 6000), "5");
});

test("a permission that people take back is given back, unless it has begun", () => {
  const allowed = allow("a", START, spend("5"));
  const skipped = later("approval_skipped", "a", START + 1000);
  assert.equal(used(bookOf(allowed, skipped), START + 2000), "0");
  assert.equal(used(bookOf(allowed, later("tool_start", "a", START), skipped), START + 2000), "5");
});

test("what starts after its reservation has lapsed counts by what its start says", () => {
  const late = later("tool_start", "a", START + 40_000, { counter_deltas: spend("5") });
  assert.equal(used(bookOf(allow("a", START, spend("5")), late), START + 90_000), "5");
});

test("a clock that is set back frees nothing early", () => {
  const spent = [later("tool_start", "a", START), later("tool_start", "b", START - 3_600_000)];
  const book = bookOf(allow("a", START, spend("5")), spent[0] ?? {});
  book.learn(allow("b", START - 3_600_000, spend("7")));
  book.learn(spent[1] ?? {});
  assert.equal(used(book, START - 3_599_000), "12");
  assert.equal(used(book, START + 30_000), "12");
  assert.equal(used(book, START + 61_000), "0");
});

test("a second is counted from its end, as an entry says no more than the second", () => {
  const book = bookOf(allow("a", START + 999, spend("5")), later("tool_start", "a", START + 999));
  assert.equal(used(book, START + WINDOW + 998), "5");
  assert.equal(used(book, START + WINDOW + 999), "0");
});

test("scopes are told apart, and a scope that isn't known is the next wider one", () => {
  const book = new StateBook({ longest_window_ms: null });
  book.learn(allow("1", START, spend("1"), { session_id: "s", trace_id: "t", tenant_id: "x" }));
  book.learn(allow("2", START, spend("2"), { session_id: "s", tenant_id: "y" }));
  book.learn(allow("3", START, spend("4"), { avid: "other", tenant_id: "x" }));
  const figures = (scope: Scope, who: Who): string | undefined => used(book, START, ask(WINDOW, scope, who));
  assert.equal(figures("session", { session_id: "s", tenant_id: "x" }), "1");
  assert.equal(figures("session", { session_id: "s", tenant_id: "y" }), "2");
  assert.equal(figures("trace", { session_id: "s", tenant_id: "y" }), "2");
  assert.equal(figures("agent", {}), "3");
  assert.equal(figures("session", { avid: "other" }), "4");
  assert.equal(figures("tenant", { tenant_id: "x" }), "5");
  assert.equal(figures("tenant", {}), "0");
  assert.equal(figures("all", {}), "7");
});

test("marks keep their newest time, labels stay with their session, and labels of files reach the folders around", () => {
  const deltas = entryDeltas([{ mark: "m" }, { label: "secret" }, { label: "secret", path: "/srv/out/a.txt" }], plain);
  const book = bookOf(allow("a", START, deltas, { session_id: "s" }), allow("b", START + 9000, [{ mark: "m" }]));
  const keys = scopeKeysOf({ avid: "agent", session_id: "s", trace_id: null, tenant_id: null });
  const answer = book.answer(
    {
      counters: [],
      marks: [
        { mark: "m", scope: "session", key: keys.session },
        { mark: "m", scope: "agent", key: keys.agent },
        { mark: "never", scope: "agent", key: keys.agent },
      ],
      labels: keys.session,
      resources: [
        { path: "/srv/out/a.txt", within: false },
        { path: "/srv/out/b.txt", within: false },
        { path: "/srv", within: true },
        { path: "/etc", within: true },
      ],
    },
    START,
    plain,
  );
  assert.deepEqual(answer.marks, [
    { mark: "m", scope: "agent", at_ms: START + 9999 },
    { mark: "m", scope: "session", at_ms: START + 999 },
  ]);
  assert.deepEqual(answer.labels, ["secret"]);
  assert.deepEqual(answer.resources, { "/srv/**": ["secret"], "/srv/out/a.txt": ["secret"] });
  assert.deepEqual(foldersOf("/srv/out/a.txt"), ["/srv/out", "/srv", "/"]);
});

test("deltas that can't be read are refused: what isn't counted would be spent twice", () => {
  for (const bad of [
    { counter: "c", amount: "-1" },
    { counter: "c", amount: 1 },
    { counter: "c" },
    {},
    "x",
    { label: 1 },
  ]) {
    const entry = { ...allow("a", START, []), counter_deltas: [bad] };
    assert.throws(() => bookOf(entry), { code: "INVALID_ENTRY" }, JSON.stringify(bad));
  }
});

test("a window that is longer than what is kept is refused, not answered too small", () => {
  assert.throws(() => used(bookOf(), START, ask(WINDOW + 1)), { code: "INVALID_ENTRY" });
});

test("entry times are those of the calendar, for every day and second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = stamp(seconds * 1000);
      assert.deepEqual(parseEntryTime(text), { from_ms: seconds * 1000, to_ms: seconds * 1000 + 999 });
    }),
  );
  for (const bad of ["2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01", "", null, 5]) {
    assert.equal(parseEntryTime(bad), null);
  }
});

test("amounts add and subtract exactly, and one value has one text", () => {
  const amount = fc
    .tuple(fc.bigInt(0n, 10n ** 30n), fc.integer({ min: 0, max: 20 }))
    .map(([digits, scale]): Amount => ({ digits, scale }));
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      const sum = addAmounts(a, b);
      assert.equal(amountText(subtractAmounts(sum, b)), amountText(a));
      assert.equal(amountText(sum), amountText(addAmounts(b, a)));
      assert.equal(exceeds(sum, a), b.digits > 0n);
      assert.deepEqual(amountText(parseAmount(amountText(a)) ?? ZERO), amountText(a));
    }),
  );
  for (const bad of ["", "-1", "1e3", "1.", ".5", "1,000", "0x1", " 1", "NaN", "9".repeat(200)]) {
    assert.equal(parseAmount(bad), null, bad);
  }
});

// One step of a random history: time moves, and something happens to one of a few authorizations.
interface Step {
  readonly move: number;
  readonly event: "allow" | "tool_start" | "tool_result" | "approval_skipped" | "other";
  readonly id: number;
  readonly cents: number;
  readonly attempt: boolean;
  readonly failed: boolean;
  readonly hold: number;
}

const STEPS = fc.array(
  fc.record<Step>({
    move: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: -40_000, max: 70_000 })),
    event: fc.constantFrom("allow", "allow", "tool_start", "tool_result", "approval_skipped", "other"),
    id: fc.nat(7),
    cents: fc.nat(5000),
    attempt: fc.boolean(),
    failed: fc.boolean(),
    hold: fc.constantFrom(5000, 30_000, 30_000, 100_000),
  }),
  { maxLength: 60 },
);

function historyOf(steps: readonly Step[]): readonly JsonObject[] {
  const live = new Map<number, string>();
  let now = START;
  return steps.flatMap(({ move, event, id, cents, attempt, failed, hold }, index) => {
    now += move;
    const amount = amountText({ digits: BigInt(cents), scale: 2 });
    const deltas = [attempt ? { counter: "c", amount, attempt } : { counter: "c", amount }];
    const known = live.get(id);
    if (event === "allow") {
      live.set(id, String(index));
      return [{ ...allow(String(index), now, deltas), expires_at: new Date(now + hold).toISOString() }];
    }
    if (event === "other" || known === undefined) return [{ event: "kill_switch", timestamp: stamp(now) }];
    if (event === "tool_result") return [later(event, known, now, { outcome: failed ? "error" : "ok" })];
    return [later(event, known, now)];
  });
}

function idOf(entry: JsonObject): string {
  const id = entry["authorization_id"] ?? entry["entry_hash"];
  return typeof id === "string" ? id : "";
}

function counterDelta(entry: JsonObject): { readonly amount: Amount; readonly attempt: boolean } | null {
  const [delta] = parseEntryDeltas(entry["counter_deltas"]);
  return delta?.kind === "counter" ? delta : null;
}

// The same, told as slowly and plainly as can be: every reservation from the beginning, for every question.
function naive(entries: readonly JsonObject[], window_ms: number | null, now_ms: number): string {
  interface Held {
    readonly at: number;
    readonly lapses: number;
    readonly amount: Amount;
    readonly attempt: boolean;
    state: "held" | "begun" | "done" | "gone";
  }
  const held = new Map<string, Held>();
  let newest = 0;
  for (const entry of entries) {
    const time = parseEntryTime(entry["timestamp"]);
    newest = Math.max(newest, time?.from_ms ?? 0);
    for (const each of held.values()) if (each.state === "held" && each.lapses <= newest) each.state = "gone";
    const id = idOf(entry);
    const of = held.get(id);
    if (entry["event"] === "authorize_action") {
      const delta = counterDelta(entry);
      const until = (parseEntryTime(entry["expires_at"])?.to_ms ?? 0) - (time?.from_ms ?? 0);
      const at = newest + 999;
      const { amount, attempt } = delta ?? { amount: ZERO, attempt: false };
      held.set(id, { at, lapses: at + until, amount, attempt, state: "held" });
    } else if (of === undefined) continue;
    else if (entry["event"] === "tool_start" && of.state === "held") of.state = "begun";
    else if (entry["event"] === "approval_skipped" && of.state === "held") of.state = "gone";
    else if (entry["event"] === "tool_result" && (of.state === "held" || of.state === "begun")) {
      of.state = entry["outcome"] === "error" && !of.attempt ? "gone" : "done";
    }
  }
  const now = Math.max(now_ms, newest);
  let sum = ZERO;
  for (const { at, lapses, amount, state } of held.values()) {
    if (state === "gone" || (state === "held" && lapses <= now)) continue;
    if (window_ms === null || at + window_ms > now) sum = addAmounts(sum, amount);
  }
  return amountText(sum);
}

const ASKS = fc.array(fc.integer({ min: -100_000, max: 200_000 }), { minLength: 1, maxLength: 5 });

test("the book says what the plain reading of the log says, whenever it is asked, and pruning changes nothing", () => {
  fc.assert(
    fc.property(STEPS, ASKS, (steps, asks) => {
      const entries = historyOf(steps);
      const pruned = new StateBook({ longest_window_ms: WINDOW, scopes: ["agent"] });
      const whole = new StateBook({ longest_window_ms: null });
      const seen: JsonObject[] = [];
      for (const entry of entries) {
        for (const book of [pruned, whole]) book.learn(entry);
        seen.push(entry);
        const now = parseEntryTime(entry["timestamp"])?.from_ms ?? 0;
        for (const ahead of asks) {
          for (const window of [WINDOW, 10_000, null]) {
            const expected = naive(seen, window, now + ahead);
            assert.equal(used(pruned, now + ahead, ask(window)), expected);
            assert.equal(used(whole, now + ahead, ask(window)), expected);
            assert.ok(!expected.startsWith("-"));
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("whoever asks the book before each reservation never goes over the limit", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const book = new StateBook({ longest_window_ms: WINDOW });
      const limit = parseAmount("100") ?? ZERO;
      const kept: JsonObject[] = [];
      for (const entry of historyOf(steps)) {
        const now = parseEntryTime(entry["timestamp"])?.from_ms ?? 0;
        const delta = counterDelta(entry);
        if (delta !== null) {
          const before = parseAmount(used(book, now) ?? "") ?? ZERO;
          if (exceeds(addAmounts(before, delta.amount), limit)) continue;
        }
        book.learn(entry);
        kept.push(entry);
        assert.ok(!exceeds(parseAmount(naive(kept, WINDOW, now)) ?? ZERO, limit));
      }
    }),
    { numRuns: 200 },
  );
});

test("a long history keeps its figures: the window's, and the whole life's", () => {
  const book = new StateBook({ longest_window_ms: WINDOW, scopes: ["agent"] });
  for (let index = 0; index < 20_000; index += 1) {
    const id = String(index);
    book.learn(allow(id, START + index * 1000, spend("1")));
    book.learn(later("tool_start", id, START + index * 1000));
    book.learn(later("tool_result", id, START + index * 1000, { outcome: "ok" }));
    if (index % 100 === 0) assert.ok(Number(used(book, START + index * 1000)) <= 61);
  }
  assert.equal(used(book, START + 19_999_000, ask(null)), "20000");
});
