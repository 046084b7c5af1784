import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChainFailure, ChainState } from "../ledger/verify.ts";
import type { TreeFailure } from "./checkpoint-audit.ts";
import { chainFailure, earlier, lineFailure, type Failing, type ReadSoFar } from "./verify-verdict.ts";

function state(change: Partial<ChainState>): ChainState {
  const good = { entries: 5, lines: 5, bytes: 500, head: "0".repeat(64), failure: null, first_bad_line: null };
  return { ...good, raw: true, first_odd_line: null, is_open: false, ...change };
}

const bad = (line: number | null, failure: ChainFailure = "json"): Partial<ChainState> => {
  return { failure, first_bad_line: line };
};
const form = (line: number): Failing => ({ failure: "form", line });
const json = (line: number): Failing => ({ failure: "json", line });

test("how a chain fails is its first bad line and why", () => {
  assert.equal(chainFailure(state({})), null);
  assert.deepEqual(chainFailure(state(bad(3))), json(3));
  assert.deepEqual(chainFailure(state(bad(null, "utf8"))), { failure: "utf8", line: 1 });
});

test("an odd spelling fails a log of ours that is known from outside, before a bad line only; so does an open end", () => {
  const cases: readonly [change: Partial<ChainState>, isExact: boolean, isWhole: boolean, expected: Failing | null][] =
    [
      [{}, true, true, null],
      [{ first_odd_line: 2 }, false, true, null],
      [{ first_odd_line: 2 }, true, false, form(2)],
      [{ first_odd_line: 2, ...bad(3) }, true, true, form(2)],
      [{ first_odd_line: 3, ...bad(3) }, true, true, json(3)],
      [{ first_odd_line: 4, ...bad(3) }, true, true, json(3)],
      [{ first_odd_line: 2, ...bad(3) }, false, true, json(3)],
      [{ first_odd_line: 2, is_open: true }, true, true, form(2)],
      [{ is_open: true }, true, true, form(5)],
      [{ is_open: true }, true, false, null],
      [{ is_open: true }, false, true, null],
      [{ is_open: true, ...bad(5) }, true, true, json(5)],
    ];
  for (const [change, isExact, isWhole, expected] of cases) {
    assert.deepEqual(lineFailure(state(change), { isExact, isWhole }), expected, JSON.stringify(change));
  }
});

const told = (line: number, first: number, last = first, segment: string | null = "2"): Failing => {
  return { failure: "checkpoint", line, segment, within: { first, last } };
};

const differs = (line: number, first: number, last = first, segment: string | null = "2"): TreeFailure => {
  return { failure: "checkpoint", place: { segment, line }, within: { first, last } };
};

test("of a bad line and a line that a checkpoint names, the earlier is told if it is known exactly and was read", () => {
  const read: ReadSoFar = { segment: "2", entries: 10, base: 20, lines: 7 };
  const end: TreeFailure = { failure: "shrunk", place: null, within: { first: 3, last: 3 } };
  const cases: readonly [Failing | null, TreeFailure | null, Failing | null][] = [
    [null, null, null],
    [json(6), null, json(6)],
    [null, differs(4, 24), told(4, 24)],
    [null, differs(4, 21, 30), told(4, 21, 30)],
    [null, end, { failure: "shrunk", line: 8, within: { first: 3, last: 3 } }],
    [json(6), end, json(6)],
    [json(6), differs(4, 24), told(4, 24)],
    [json(6), differs(5, 25), told(5, 25)],
    [json(6), differs(6, 26), json(6)],
    [json(6), differs(7, 27), json(6)],
    [json(6), differs(4, 24, 25), json(6)],
    [json(6), differs(4, 23, 24), json(6)],
    // In an earlier file, whatever its line there.
    [json(6), differs(90, 15, 15, "1"), told(90, 15, 15, "1")],
    [json(6), differs(90, 15, 15, null), told(90, 15, 15, null)],
    // Beyond what was read as good.
    [json(6), differs(4, 30), told(4, 30)],
    [json(6), differs(4, 31), json(6)],
  ];
  for (const [found, tree, expected] of cases) assert.deepEqual(earlier(found, tree, read), expected);
});
