// Seeds of the simulation. CANOPY_SIMULATION_SEED=<seed> runs one and prints what happened in it; CANOPY_SIMULATION_SEEDS
// and CANOPY_SIMULATION_FROM say how many run, and from which on. `npm test` runs 2,000, the tests with peers 10,000.
// With CANOPY_SIMULATION_GROUPS=<groups> they run in this process, in as many tests: that is how mutants meet them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { fsckLog } from "../storage/fsck/fsck-log.ts";
import { verifyLog } from "../storage/verify-log.ts";
import type { SeedsDone, SeedsWanted } from "./simulate-seeds.fixture.test.ts";
import { simulate, SimulationFailure } from "./simulated-run.fixture.test.ts";

const ONE = process.env["CANOPY_SIMULATION_SEED"];
const COUNT = Number(process.env["CANOPY_SIMULATION_SEEDS"] ?? 120);
const FROM = Number(process.env["CANOPY_SIMULATION_FROM"] ?? 1);
const GROUPS = Number(process.env["CANOPY_SIMULATION_GROUPS"] ?? 0);
const MOST_THREADS = 4;

async function traced(seed: number): Promise<string> {
  try {
    return (await simulate(seed, { isTraced: true })).trace.join("\n");
  } catch (error) {
    return error instanceof SimulationFailure ? error.trace.join("\n") : String(error);
  }
}

function inThread(wanted: SeedsWanted): Promise<SeedsDone> {
  return new Promise((resolve, reject) => {
    const url = new URL("./simulate-seeds.fixture.test.js", import.meta.url);
    const worker = new Worker(url, { workerData: wanted, execArgv: [] });
    worker.on("message", (done: SeedsDone) => resolve(done));
    worker.on("error", reject);
  });
}

if (GROUPS > 0) {
  for (let group = 0; group < GROUPS; group += 1) {
    test(`every ${GROUPS}th of ${COUNT} seeds, from ${FROM + group} on: what was promised holds`, async () => {
      for (let seed = FROM + group; seed < FROM + COUNT; seed += GROUPS) {
        const { sum } = await simulate(seed);
        assert.ok(sum.steps > 0);
      }
    });
  }
} else if (ONE === undefined) {
  test("the same seed gives the same run to the byte", async () => {
    for (const seed of [FROM, FROM + 1, FROM + 2]) {
      const first = await traced(seed);
      assert.ok(first.length > 1000);
      assert.equal(await traced(seed), first);
    }
  });

  test("the log that a run leaves is valid to `verify` and without a fault to `fsck`", async () => {
    const folder = mkdtempSync(join(tmpdir(), "canopy-simulation-"));
    try {
      for (let seed = FROM; seed < FROM + 5; seed += 1) {
        const path = join(folder, String(seed), "log", "audit.log");
        await simulate(seed, { leaveIn: join(folder, String(seed)) });
        const verified = await verifyLog(path, { strict: true });
        assert.deepEqual([verified.valid, verified.failure], [true, null], `seed ${seed}: ${JSON.stringify(verified)}`);
        const { problems } = await fsckLog(path, {
          home: join(folder, String(seed), "home"),
          signatures: null,
          trustOf: null,
        });
        assert.deepEqual(problems, [], `seed ${seed}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test(`${COUNT} seeds: whatever happens, what was promised holds`, async () => {
    const threads = Math.min(MOST_THREADS, availableParallelism());
    const share = Math.ceil(COUNT / threads);
    const wanted = Array.from({ length: threads }, (_, n) => ({ from: FROM + n, step: threads, count: share }));
    const sum = new Map<string, number>();
    for (const done of await Promise.all(wanted.map(inThread))) {
      if (done.kind === "failed") assert.fail(done.problem);
      for (const [name, value] of Object.entries(done.sum)) sum.set(name, (sum.get(name) ?? 0) + value);
    }
    process.stdout.write(`${JSON.stringify(Object.fromEntries(sum))}\n`);
    assert.ok((sum.get("acknowledged") ?? 0) > COUNT * 5, "hardly anything was recorded");
    for (const name of ["faults", "kills", "losses"]) assert.ok((sum.get(name) ?? 0) > COUNT / 4, `hardly any ${name}`);
  });
} else {
  test(`seed ${ONE}`, async () => {
    process.stdout.write(`${await traced(Number(ONE))}\n`);
    await simulate(Number(ONE));
  });
}
