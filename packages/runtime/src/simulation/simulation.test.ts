// Seeds of the simulation. CANOPY_SIMULATION_SEED=<seed> runs one and prints what happened in it; CANOPY_SIMULATION_SEEDS
// and CANOPY_SIMULATION_FROM say how many run, and from which on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate, SimulationFailure, type RunReport } from "./simulated-run.fixture.test.ts";

const ONE = process.env["CANOPY_SIMULATION_SEED"];
const COUNT = Number(process.env["CANOPY_SIMULATION_SEEDS"] ?? 150);
const FROM = Number(process.env["CANOPY_SIMULATION_FROM"] ?? 1);

async function traced(seed: number): Promise<string> {
  try {
    return (await simulate(seed, true)).trace.join("\n");
  } catch (error) {
    return error instanceof SimulationFailure ? error.trace.join("\n") : String(error);
  }
}

if (ONE === undefined) {
  test("the same seed gives the same run to the byte", async () => {
    for (const seed of [FROM, FROM + 1, FROM + 2]) {
      const first = await traced(seed);
      assert.ok(first.length > 1000);
      assert.equal(await traced(seed), first);
    }
  });

  test(`${COUNT} seeds: whatever happens, what was promised holds`, async () => {
    const sum = { acknowledged: 0, refused: 0, faults: 0, kills: 0, losses: 0 };
    for (let seed = FROM; seed < FROM + COUNT; seed += 1) {
      const report: RunReport = await simulate(seed).catch(async (error: unknown) => {
        const last = (await traced(seed)).split("\n").slice(-60);
        throw new Error(`${last.join("\n")}\n${String(error)}`);
      });
      sum.acknowledged += report.acknowledged;
      sum.refused += report.refused;
      sum.faults += report.faults;
      sum.kills += report.kills;
      sum.losses += report.losses;
    }
    process.stdout.write(`${JSON.stringify(sum)}\n`);
    assert.ok(sum.acknowledged > COUNT * 5);
  });
} else {
  test(`seed ${ONE}`, async () => {
    process.stdout.write(`${await traced(Number(ONE))}\n`);
    await simulate(Number(ONE));
  });
}
