import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandomness } from "./randomness.ts";

test("many draws, over several blocks and larger than a block, never repeat", () => {
  const randomness = systemRandomness();
  const seen = new Set<string>();
  for (let draw = 0; draw < 1000; draw += 1) seen.add(Buffer.from(randomness.bytes(32)).toString("hex"));
  assert.equal(seen.size, 1000);
  assert.equal(randomness.bytes(10_000).length, 10_000);
  assert.notDeepEqual(randomness.bytes(10_000), new Uint8Array(10_000));
});
