import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { readIndexedLine, type IndexedLine } from "./indexed-line.ts";
import { indexKey } from "./index-key.ts";
import { rememberedKeys } from "./index-run.ts";
import { formatRunRecord, parseRunRecord, type RunRecord } from "./run-record.ts";
import { addLine, emptyStretch, joinStretches, type Stretch } from "./stretch.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const PLAIN: IndexedLine = { ...readIndexedLine(Buffer.from('{"event":"e"}')), odd: false };

function after(lines: readonly Partial<IndexedLine>[], first = 5, before: number | null = null): Stretch {
  return lines.reduce((stretch, line) => addLine(stretch, { ...PLAIN, ...line }), emptyStretch(first, before));
}

test("a stretch says of its lines what they say, and of its silences also the one before it", () => {
  const none = { oldest: null, newest: null, longest_gap_s: 0, undated: 0, odd: 0, unresolved: 0, resource_key: null };
  assert.deepEqual(after([]), { first: 5, end: 5, ...none, last: null });
  assert.deepEqual(after([], 7, 9), { first: 7, end: 7, ...none, last: 9 });
  const cases: readonly (readonly [readonly Partial<IndexedLine>[], number | null, Partial<Stretch>])[] = [
    [[{ time: null }], null, { end: 6, undated: 1 }],
    [[{ time: null }], 9, { end: 6, undated: 1, last: 9 }],
    [[{ time: 0 }], null, { end: 6, oldest: 0, newest: 0, last: 0 }],
    [[{ time: 12 }], 9, { end: 6, oldest: 12, newest: 12, longest_gap_s: 3, last: 12 }],
    // A clock that goes back makes no silence.
    [[{ time: 9 }, { time: 4 }], null, { end: 7, oldest: 4, newest: 9, longest_gap_s: 0, last: 4 }],
    [
      [{ time: 4 }, { time: null }, { time: 9 }, { time: 10 }],
      null,
      { end: 9, oldest: 4, newest: 10, longest_gap_s: 5, undated: 1, last: 10 },
    ],
    [
      [
        { time: 1, odd: true },
        { time: 1, odd: false },
        { time: 1, odd: true },
      ],
      null,
      { end: 8, oldest: 1, newest: 1, odd: 2, last: 1 },
    ],
    [
      [
        { time: 1, resources: ["unresolved", "a"] },
        { time: 1, resources: ["b"] },
      ],
      null,
      { end: 7, oldest: 1, newest: 1, unresolved: 1, last: 1 },
    ],
    [[{ time: 1, resource_key: "" }], null, { end: 6, oldest: 1, newest: 1, last: 1 }],
    [
      [{ time: 1, resource_key: "c" }, { time: 1 }, { time: 1, resource_key: "c" }],
      null,
      { end: 8, oldest: 1, newest: 1, resource_key: "c", last: 1 },
    ],
    [
      [
        { time: 1, resource_key: "c" },
        { time: 1, resource_key: "d" },
      ],
      null,
      { end: 7, oldest: 1, newest: 1, resource_key: "mixed", last: 1 },
    ],
  ];
  for (const [lines, before, expected] of cases) {
    const found = after(
      lines.map((line) => ({ resource_key: "", ...line })),
      5,
      before,
    );
    assert.deepEqual(found, { first: 5, ...none, last: null, ...expected }, JSON.stringify(lines));
  }
});

test("neighbours joined say what one stretch over both would", () => {
  const times = [null, -5, 0, 3, 8] as const;
  const keys = ["", "c", "d"] as const;
  for (const one of times) {
    for (const other of times) {
      for (const [before, resource_key, second] of [
        [null, keys[0], keys[1]],
        [2, keys[1], keys[1]],
        [2, keys[1], keys[2]],
        [null, keys[1], keys[0]],
        [-9, keys[0], keys[0]],
      ] as const) {
        const first = { time: one, odd: one === 3, resource_key, resources: one === null ? ["unresolved"] : [] };
        const then = { time: other, odd: other === 0, resource_key: second, resources: ["unresolved"] };
        const left = after([first], 5, before);
        const right = after([then], 6, left.last);
        assert.deepEqual(
          joinStretches(left, right),
          after([first, then], 5, before),
          JSON.stringify([one, other, before]),
        );
      }
    }
  }
  // What the right one knows of the time before it is the left one's.
  const [left, right] = [after([{ time: 4 }], 5), after([{ time: null }], 6, null)];
  assert.deepEqual([joinStretches(left, right).last, joinStretches(right, left).last], [4, 4]);
});

const RECORD: RunRecord = {
  first: 5,
  end: 9,
  oldest: 10,
  newest: 20,
  longest_gap_s: 3,
  undated: 1,
  odd: 0,
  unresolved: 4,
  resource_key: "ab".repeat(32),
  level: 1,
  keys: 7,
  root: "cd".repeat(32),
};

test("a record is read in the one form that it is written in, when it can be so", () => {
  const whole: Readonly<Record<string, unknown>> = JSON.parse(formatRunRecord(RECORD));
  const read = (change: Readonly<Record<string, unknown>>): RunRecord | null =>
    parseRunRecord(JSON.parse(JSON.stringify({ ...whole, ...change })));
  assert.deepEqual(read({}), RECORD);
  const fine: readonly (readonly [Readonly<Record<string, unknown>>, Partial<RunRecord>])[] = [
    [{ resource_key: null }, { resource_key: null }],
    [{ resource_key: "mixed" }, { resource_key: "mixed" }],
    [
      { keys: 0, level: 0, odd: 4 },
      { keys: 0, level: 0, odd: 4 },
    ],
    [
      { oldest: null, newest: null, undated: 4 },
      { oldest: null, newest: null, undated: 4 },
    ],
    [{ newest: whole["oldest"] }, { newest: 10 }],
    [{ undated: 3 }, { undated: 3 }],
  ];
  for (const [change, expected] of fine) assert.deepEqual(read(change), { ...RECORD, ...expected });
  const numbers = ["end", "first", "keys", "level", "longest_gap_s", "odd", "undated", "unresolved"];
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    ...numbers.flatMap((name) => [-1, 1.5, "1", null, undefined, 2 ** 53].map((value) => ({ [name]: value }))),
    { first: 9 },
    { first: 10 },
    { undated: 5 },
    { odd: 5 },
    { unresolved: 5 },
    { undated: 4 },
    { oldest: null },
    { newest: null },
    { oldest: null, newest: null },
    { oldest: null, newest: null, undated: 3 },
    { oldest: whole["newest"], newest: whole["oldest"] },
    { oldest: 10 },
    { newest: "1970-01-01T00:00:20+00:00" },
    { resource_key: "x" },
    { resource_key: undefined },
    { root: "x" },
    { root: null },
    { more: 1 },
  ];
  for (const change of wrong) assert.equal(read(change), null, JSON.stringify(change));
  for (const value of [null, "x", 1, [], {}]) assert.equal(parseRunRecord(value), null);
  assert.equal(parseRunRecord({ ...JSON.parse(formatRunRecord(RECORD)), level: -0 }), null);
});

test("keys that are remembered are those that would be computed, whatever was asked before", () => {
  const keyOf = rememberedKeys(sha256);
  const terms = ["", "t"].flatMap((tenant) =>
    [[""], ["a"], ["ab"], ["a", ""], ["a", "b"], ["", "ab"], ["ab", ""], ["1 a", "b"], ["1 ab"]].flatMap((values) =>
      (values.length === 1 ? (["avid", "event"] as const) : (["avid+decision", "avid+action_type"] as const)).map(
        (field) => ({ field, tenant, values }),
      ),
    ),
  );
  for (const term of [...terms, ...terms.toReversed()]) {
    assert.deepEqual(Buffer.from(keyOf(term)), Buffer.from(indexKey(term, sha256)), JSON.stringify(term));
  }
});
