import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, nounOf } from "./counted.ts";

test("one is told by the one word, any other number by the other", () => {
  assert.equal(counted(1, "hour"), "1 hour");
  assert.equal(counted(0, "hour"), "0 hours");
  assert.equal(counted(2, "entry", "entries"), "2 entries");
  assert.equal(nounOf(1, "entry", "entries"), "entry");
});
