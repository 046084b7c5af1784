import assert from "node:assert/strict";
import { test } from "node:test";
import { isBefore, LOG_START, type EntryPosition } from "./log-point.ts";
import { RecentEntries } from "./recent-entries.ts";
import type { PartsChange } from "./state-parts.ts";
import { StateTail, type StateRow } from "./state-tail.ts";

const row = (n: number): StateRow => ({ segment: 1, offset: 10 * n, length: 9, at: n, hash: String(n) });
/** The hash of the entry before. */
const before = (n: number): string => String(n - 1);
const amount = { digits: 1n, scale: 0 };

/** An entry that reserves in those counters and sets those tags (`part name`), or follows up an authorization. */
function change(counters: readonly string[], tags: readonly string[] = [], follows: string | null = null): PartsChange {
  const keys = { session: "", trace: "", agent: "", tenant: "", all: "" };
  return {
    change:
      follows === null
        ? { kind: "reserve", id: "r", keys, deltas: [], hold_ms: 0 }
        : { kind: "settle", id: follows, failed: false },
    counters: counters.map((part) => ({ part, amount })),
    tags: tags.map((tag) => ({ part: tag.slice(0, 1), name: tag.slice(2) })),
  };
}

test("a tail remembers at least so many rows, at most twice as many, and says from where", () => {
  const tail = new StateTail(LOG_START, 2);
  const offsets = (): readonly number[] => tail.ofCounter("c").map(({ offset }) => offset);
  const seen = [1, 2, 3, 4, 5, 6].map((n) => {
    tail.add(change(["c"]), row(n), before(n));
    return [tail.from.offset, ...offsets()];
  });
  assert.deepEqual(seen, [
    [0, 10],
    [0, 10, 20],
    [0, 10, 20, 30],
    [0, 10, 20, 30, 40],
    [30, 30, 40, 50],
    [30, 30, 40, 50, 60],
  ]);
  assert.deepEqual(tail.from, { segment: 1, offset: 30, hash: "2" });
});

test("amounts, tags and follow-ups each take a row's room, in one entry or in many", () => {
  const fills: readonly PartsChange[] = [
    change(["c", "d"]),
    change([], ["m a", "m b"]),
    change(["c"], ["m a"]),
    change(["c"], [], "r"),
    change([], ["m a"], "r"),
  ];
  for (const full of fills) {
    const tail = new StateTail(LOG_START, 2);
    tail.add(full, row(1), before(1));
    tail.add(full, row(2), before(2));
    assert.equal(tail.from.offset, 0);
    tail.add(full, row(3), before(3));
    assert.equal(tail.from.offset, 20);
  }
  const tail = new StateTail(LOG_START, 2);
  for (const n of [1, 2, 3, 4, 5]) tail.add(change([], [], n < 4 ? "a" : "b"), row(n), before(n));
  assert.deepEqual([...tail.ofAuthorization("a"), ...tail.ofAuthorization("b")], [3, 4, 5].map(row));
  assert.deepEqual(tail.ofAuthorization("c"), []);
  assert.deepEqual(tail.ofCounter("c"), []);
});

test("a tag has the time it was last set, of both generations the newer", () => {
  const tail = new StateTail(LOG_START, 2);
  tail.add(change([], ["m a", "n x"]), row(1), before(1));
  assert.deepEqual([...tail.tagsOf("m")], [["a", 1]]);
  tail.add(change([], ["m a", "m b"]), row(2), before(2));
  tail.add(change([], ["m b"]), row(3), before(3));
  assert.deepEqual(Object.fromEntries(tail.tagsOf("m")), { a: 2, b: 3 });
  assert.deepEqual([...tail.tagsOf("n")], []);
});

const filled = (): StateTail => {
  const tail = new StateTail(LOG_START, 2);
  for (const n of [1, 2, 3]) tail.add(change(["c"]), row(n), before(n));
  return tail;
};

test("what the index covers is let go, a generation at a time, once all of it is covered", () => {
  for (const [covered, from] of [
    [{ segment: 1, offset: 29 }, 0],
    [{ segment: 1, offset: 30 }, 30],
    [{ segment: 2, offset: 0 }, 30],
  ] as const) {
    const tail = filled();
    tail.forgetBefore(covered);
    assert.equal(tail.from.offset, from);
    assert.equal(tail.ofCounter("c").length, from === 0 ? 3 : 1);
    tail.forgetBefore({ segment: 3, offset: 0 });
    assert.equal(tail.from.offset, 30, "the newer one stays");
    tail.add(change(["c"]), row(4), before(4));
    assert.equal(tail.ofCounter("c").at(-1)?.offset, 40);
  }
});

const at = (segment: number, offset: number, hash = String(offset)): EntryPosition => ({
  segment,
  offset,
  length: 1,
  hash,
});

test("a place is before another of a later file, or of its own further on", () => {
  const cases: readonly [EntryPosition, EntryPosition, boolean][] = [
    [at(1, 0), at(1, 1), true],
    [at(1, 1), at(1, 1), false],
    [at(1, 2), at(1, 1), false],
    [at(1, 9), at(2, 0), true],
    [at(2, 0), at(1, 9), false],
  ];
  for (const [one, other, expected] of cases) assert.equal(isBefore(one, other), expected);
});

test("of the newest entries everything is remembered about an authorization that is among them, else what is left", () => {
  const half = 32_768;
  const recent = new RecentEntries();
  assert.deepEqual(recent.of("0"), { complete: false, positions: [] });
  assert.equal(recent.from, null);
  for (let n = 0; n < half; n += 1) recent.add(n === 7 || n === half - 1 ? "0" : null, at(1, n));
  const first = { complete: true, positions: [at(1, 0), at(1, 7), at(1, half - 1)] };
  assert.deepEqual(recent.of("0"), first);
  assert.deepEqual(recent.from, at(1, 0));
  for (let n = half; n < 2 * half; n += 1) recent.add(n === half ? "0" : null, at(1, n));
  assert.deepEqual(recent.of("0"), { complete: true, positions: [...first.positions, at(1, half)] });
  recent.add("1", at(1, 2 * half));
  assert.deepEqual(recent.of("0"), { complete: false, positions: [at(1, half)] });
  assert.deepEqual(recent.of("1"), { complete: false, positions: [at(1, 2 * half)] });
  assert.deepEqual(recent.from, at(1, half));
  assert.deepEqual(recent.of(String(half)), { complete: true, positions: [at(1, half)] });
});
