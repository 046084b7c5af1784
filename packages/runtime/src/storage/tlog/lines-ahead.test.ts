import assert from "node:assert/strict";
import { test } from "node:test";
import { readIndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { LinesAhead } from "./lines-ahead.ts";

const line = readIndexedLine(Buffer.from('{"a":1}'));

test("what was read ahead is given out as long as all of it is there", () => {
  const ahead = new LinesAhead(10);
  for (let n = 0; n < 5; n += 1) ahead.add(line);
  assert.equal(ahead.range(10, 15)?.length, 5);
  assert.equal(ahead.range(12, 14)?.length, 2);
  assert.equal(ahead.range(9, 12), null);
  assert.equal(ahead.range(12, 16), null);
  ahead.forget(9);
  assert.equal(ahead.range(10, 15)?.length, 5);
  ahead.forget(13);
  assert.equal(ahead.range(12, 15), null);
  assert.equal(ahead.range(13, 15)?.length, 2);
});

test("no more than a second's lines are held: what comes after takes the place of all before", () => {
  const ahead = new LinesAhead(0);
  for (let n = 0; n < 16_384; n += 1) ahead.add(line);
  assert.equal(ahead.range(0, 16_384)?.length, 16_384);
  ahead.add(line);
  assert.equal(ahead.range(0, 1), null);
  assert.equal(ahead.range(16_384, 16_385)?.length, 1);
});
