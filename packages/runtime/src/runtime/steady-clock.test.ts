import assert from "node:assert/strict";
import { test } from "node:test";
import { createSteadyClock } from "./steady-clock.ts";

test("a clock set back goes on from where it was, one that was ahead is followed back", () => {
  let wall = 1_000_000;
  let timer = 50;
  const clock = createSteadyClock(
    () => wall,
    () => timer,
  );
  assert.equal(clock.now(), 1_000_000);
  timer += 500;
  wall -= 3_600_000;
  assert.equal(clock.now(), 1_000_500);
  wall = 9_000_000;
  assert.equal(clock.now(), 9_000_000);
  wall = 1_000_500;
  assert.equal(clock.now(), 1_000_500);
});
