// A worker thread that runs seeds of the simulation; several share the work. In a main thread it does nothing.

import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { simulate, SimulationFailure, type RunReport } from "./simulated-run.fixture.test.ts";

/** Which seeds a worker runs: `count` of them, every `step`th. */
export interface SeedsWanted {
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

/** What it answers, once. */
export type SeedsDone =
  | { readonly kind: "held"; readonly sum: Readonly<Record<keyof RunReport["sum"], number>> }
  | { readonly kind: "failed"; readonly seed: number; readonly problem: string };

const LAST_LINES = 60;

async function run({ from, step, count }: SeedsWanted): Promise<SeedsDone> {
  const sum = { acknowledged: 0, refused: 0, faults: 0, kills: 0, losses: 0, steps: 0 };
  for (let n = 0; n < count; n += 1) {
    const seed = from + n * step;
    try {
      const report = await simulate(seed);
      for (const [name, value] of Object.entries(report.sum)) if (isCounted(name)) sum[name] += value;
    } catch (error) {
      return { kind: "failed", seed, problem: `${await lastLines(seed)}\n${String(error)}` };
    }
  }
  return { kind: "held", sum };

  function isCounted(name: string): name is keyof typeof sum {
    return Object.hasOwn(sum, name);
  }
}

// The same run again, told line by line.
async function lastLines(seed: number): Promise<string> {
  try {
    await simulate(seed, { isTraced: true });
    return "(it held when it was run again)";
  } catch (error) {
    return error instanceof SimulationFailure ? error.trace.slice(-LAST_LINES).join("\n") : String(error);
  }
}

if (!isMainThread && parentPort !== null) {
  // A refused call costs more by its stack than by anything else.
  Error.stackTraceLimit = 4;
  const wanted: SeedsWanted = workerData;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
  parentPort.postMessage(await run(wanted));
}
