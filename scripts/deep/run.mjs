// The long tests, by hand: property tests under many seeds, a million changed proofs, the whole tamper matrix,
// a fault at every call that changes a file, 200,000 seeds of the simulation, then the crash test's thousand rounds.
// Put the dated result into docs/deep-tests.md.
//
//   npm run test:deep              20 seeds
//   npm run test:deep -- 200       as many as asked
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

const seeds = Number(process.argv[2] ?? 20);
const tests = globSync("packages/*/dist/**/*.test.js", { cwd: root }).filter(usesProperties);

for (let round = 1; round <= seeds; round += 1) {
  const seed = String(randomInt(2 ** 31));
  process.stdout.write(`round ${round} of ${seeds}, seed ${seed}\n`);
  node(["--import", "./scripts/property-seed.mjs", "--test", "--test-reporter=dot", ...tests], {
    CANOPY_TEST_SEED: seed,
  });
}
node(["--test", "packages/runtime/dist/ledger/tlog/mutated-proofs.test.js"], {
  CANOPY_MUTATED_PROOFS: "1000000",
  CANOPY_TEST_SEED: String(randomInt(2 ** 31)),
});
node(["--test", "--test-reporter=spec", "packages/runtime/dist/storage/tamper-matrix.test.js"], {
  CANOPY_TAMPER: "all",
});
node(["--test", "--test-name-pattern=no mutation", "packages/runtime/dist/ledger/entry-index/index-proof.test.js"], {
  CANOPY_PROOF_MUTATIONS: "1000000",
  CANOPY_TEST_SEED: String(randomInt(2 ** 31)),
});
node(["scripts/faults/main.mjs"], {});
node(["--test", "--test-reporter=spec", "packages/runtime/dist/simulation/simulation.test.js"], {
  CANOPY_SIMULATION_SEEDS: "200000",
  CANOPY_SIMULATION_FROM: String(randomInt(2 ** 31)),
});
node(["scripts/deep/crash.mjs", "1000"], {});

// The others say the same under every seed.
function usesProperties(file) {
  return readFileSync(join(root, file), "utf8").includes('from "fast-check"');
}

function node(args, env) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}
