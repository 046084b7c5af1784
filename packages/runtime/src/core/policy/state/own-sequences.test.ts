// vectors/own-sequences: what agents try against rules over history, one request after another.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { World, type Request } from "./state-rules.fixture.test.ts";

interface Step extends Request {
  readonly repeat?: number;
  readonly expect: string;
}

interface Sequence {
  readonly id: string;
  readonly class: string;
  readonly policy: string;
  readonly steps: readonly Step[];
}

const file = new URL("../../../../../../vectors/own-sequences/sequences.jsonl", import.meta.url);
const sequences = readFileSync(file, "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Sequence => JSON.parse(line));

for (const { id, class: name, policy, steps } of sequences) {
  test(`${id}: ${name}`, () => {
    const world = new World(policy);
    for (const [index, { repeat = 1, expect, after = 0, ...request }] of steps.entries()) {
      for (let time = 0; time < repeat; time += 1) {
        const { decision, reason } = world.ask({ ...request, after: after * 1000 });
        assert.equal(decision, expect, `step ${index + 1}: ${reason}`);
      }
    }
  });
}
