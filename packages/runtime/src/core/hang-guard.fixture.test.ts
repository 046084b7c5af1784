// For tests of what hostile input costs, where nothing is counted that could be compared.

import assert from "node:assert/strict";

const LONGEST_CPU_SECONDS = 10;

/**
 * What the work gives, once it has ended within ten seconds of CPU: a guard against hanging, no measurement. The input
 * must be so large that work of one order more takes minutes, and small enough that the right work takes a fraction of
 * a second: then neither a slow machine nor a loaded one decides.
 */
export function assertEnds<Result>(work: () => Result, what = "the work"): Result {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1_000_000;
  assert.ok(seconds < LONGEST_CPU_SECONDS, `${what} took ${seconds.toFixed(1)} s of CPU`);
  return result;
}
