// The clock of a runtime: the system's, that setting it back can't turn back.

import type { Clock } from "../ledger/ports.ts";

/**
 * A clock that shows at least the time of its making plus the time that has passed since, as the monotonic timer counts
 * it: what has expired in this process stays expired. A clock that was ahead and is set right is followed again.
 */
export function createSteadyClock(wall: () => number = Date.now, timer: () => number = () => performance.now()): Clock {
  const lead = wall() - timer();
  return { now: () => Math.max(wall(), Math.floor(lead + timer())) };
}
