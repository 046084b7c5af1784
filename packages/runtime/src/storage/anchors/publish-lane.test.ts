import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { PublishLane, type LaneReport } from "./publish-lane.ts";

const silent: LaneReport = { reached: async () => undefined, failed: async () => undefined };
const MINUTE = 60_000;

interface Told {
  readonly lane: PublishLane;
  readonly notes: string[];
}

/** A lane, and what was published by it; the first `failing` attempts fail. */
function told(everyMs: number, failing = 0): Told {
  const notes: string[] = [];
  let attempts = 0;
  const publish = async (note: string): Promise<void> => {
    attempts += 1;
    if (attempts <= failing) throw new Error("out of reach");
    notes.push(note);
  };
  const pauses = { firstMs: 1, longestMs: 1, everyMs };
  return { lane: new PublishLane({ name: "elsewhere", publish }, silent, pauses), notes };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await soon();
}

test("of many checkpoints in a row the first is published at once, and the newest when the log is closed", async () => {
  const { lane, notes } = told(MINUTE);
  lane.offer("a");
  await settled();
  for (const note of ["b", "c", "d"]) lane.offer(note);
  await settled();
  assert.deepEqual(notes, ["a"]);
  await lane.flush();
  assert.deepEqual(notes, ["a", "d"]);
  lane.offer("e");
  lane.close();
  await lane.flush();
  assert.deepEqual(notes, ["a", "d"]);
});

test("one that waits for its turn is published when that comes", async () => {
  const { lane, notes } = told(5);
  for (const note of ["a", "b", "c"]) {
    lane.offer(note);
    await settled();
  }
  while (notes.at(-1) !== "c") await soon();
  assert.equal(notes[0], "a");
});

test("what failed is tried again without waiting for a turn", async () => {
  const { lane, notes } = told(MINUTE, 3);
  lane.offer("a");
  while (notes.length === 0) await soon();
  assert.deepEqual(notes, ["a"]);
});
