// The crash tests at length: 1,000 rounds of killing eight writers, and fifty disks for each point of the power-loss
// trace. `npm run test:crash -- 200` runs 200 rounds.
import { spawnSync } from "node:child_process";
import { root } from "../setup.mjs";

const [rounds = "1000"] = process.argv.slice(2);
const tests = ["crash", "power-loss", "faults"].map((name) => `packages/runtime/dist/storage/${name}.test.js`);
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...tests], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, CANOPY_CRASH_ROUNDS: rounds, CANOPY_POWER_DISKS: "50" },
});
process.exit(status ?? 1);
