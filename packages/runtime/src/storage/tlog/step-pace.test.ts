import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StepPace } from "./step-pace.ts";

/** The most entries that wait when a checkpoint is made, where so many come in a millisecond and a step takes so long. */
function mostWaiting(
  perMs: number,
  stepMs: () => number,
  lateMs: number,
): { readonly most: number; readonly steps: number } {
  const pace = new StepPace();
  let most = 0;
  let now = 0;
  let [covered, steps] = [0, 0];
  for (; now < 20_000; steps += 1) {
    now = Math.max(now, (covered + pace.due) / perMs + lateMs);
    const begun = Math.floor(now * perMs);
    now += stepMs();
    const come = Math.floor(now * perMs);
    if (steps >= 5) most = Math.max(most, come - covered);
    pace.took(come - begun, come - covered);
    covered = begun;
  }
  return { most, steps };
}

test("checkpoints come seldom where little comes, and early enough where much does", () => {
  const slow = mostWaiting(1, () => 20, 2);
  assert.ok(slow.most <= 1000 && slow.steps < 40, JSON.stringify(slow));
  for (const perMs of [4, 10, 16, 20]) {
    const { most } = mostWaiting(perMs, () => 20, 2);
    assert.ok(most <= 1000, `${perMs} entries a millisecond: ${most} waited`);
  }
});

test("a step that takes longer for once is followed by earlier ones, and forgotten", () => {
  const pace = new StepPace();
  const { due } = pace;
  pace.took(400, 800);
  assert.equal(pace.due, due - 400);
  for (let step = 0; step < 80; step += 1) pace.took(0, 0);
  assert.equal(pace.due, due);
});

test("whatever comes, a step is due some day and never for nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), (taken) => {
      const pace = new StepPace();
      for (const entries of taken) pace.took(entries, entries);
      assert.ok(pace.due >= 50 && pace.due <= 1000);
    }),
  );
});
