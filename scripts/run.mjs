// Runs one of the project's tasks with the development runtime: install if needed, build, then the task.
// Every `npm run` script goes through here, so that each works on a fresh clone and on a machine with an older Node.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installSystemPackages } from "./peers/system-packages.mjs";
import { developmentNode, install, root } from "./setup.mjs";
import { COMPILED, TEST_GLOBS, TEST_RUNNER } from "./test-runner.mjs";

const tasks = {
  build: () => build(),
  quickstart: (args) => {
    build();
    if (args.join(" ").includes("langchain")) installBeside("examples/langchain");
    run(["packages/cli/dist/start/canopy.js", "quickstart", ...args]);
  },
  "demo:incident": (args) => {
    build();
    run(["packages/cli/dist/testing/incident-demo/main.js", ...args]);
  },
  canopy: (args) => {
    build();
    run(["packages/cli/dist/start/canopy.js", ...args]);
  },
  test: () => {
    clean();
    build();
    lint();
    process.env["CANOPY_CRASH_ROUNDS"] ??= "50";
    process.env["CANOPY_SIMULATION_SEEDS"] ??= "2000";
    run([...TEST_RUNNER, "--test-reporter=spec", ...TEST_GLOBS], COMPILED);
  },
  "test:fast": (args) => {
    build();
    run([...TEST_RUNNER, "--test-reporter=dot", ...(args.length > 0 ? args : TEST_GLOBS)], COMPILED);
  },
  "test:peers": () => {
    installSystemPackages();
    build();
    run(["--test", "--test-reporter=spec", "scripts/peers/*.test.mjs"]);
    simulate();
    run(["scripts/conformance/run.mjs"]);
  },
  "test:crash": (args) => {
    build();
    run(["scripts/deep/crash.mjs", ...args]);
  },
  "test:simulation": ([seed]) => {
    build();
    simulate(seed === undefined ? {} : { CANOPY_SIMULATION_SEED: seed });
  },
  "test:faults": (args) => {
    build();
    run(["scripts/faults/main.mjs", ...args]);
  },
  "test:deep": (args) => {
    build();
    run(["scripts/deep/run.mjs", ...args]);
  },
  "test:mutation": (args) => {
    installBeside("scripts/deep/mutation");
    build();
    run(["scripts/deep/mutation/run.mjs", ...args]);
  },
  "test:mutation:seek": (args) => {
    installBeside("scripts/deep/mutation");
    build();
    run(["scripts/deep/mutation/seek.mjs", ...args]);
  },
  conformance: (args) => {
    build();
    run(["scripts/conformance/run.mjs", ...args]);
  },
  bench: (args) => {
    build();
    run(["bench/run.mjs", ...args]);
  },
  golden: () => {
    build();
    const writers = [
      "packages/runtime/dist/runtime/engine-record.test.js",
      "packages/runtime/dist/core/policy/policy-record.test.js",
      "packages/runtime/dist/core/policy/pattern/pattern-record.test.js",
      "packages/runtime/dist/core/policy/keys/keys-record.test.js",
      "packages/runtime/dist/core/policy/state/state-record.test.js",
      "packages/runtime/dist/core/policy/rules-record.test.js",
      "packages/runtime/dist/core/policy/yaml-record.test.js",
      "packages/runtime/dist/core/policy/cel/cel-record.test.js",
      "packages/runtime/dist/core/values-record.test.js",
      "packages/runtime/dist/core/layers-record.test.js",
      "packages/runtime/dist/ledger/verdict-record.test.js",
      "packages/runtime/dist/storage/report-record.test.js",
      "packages/runtime/dist/storage/parser-record.test.js",
      "packages/runtime/dist/storage/disk-record.test.js",
      "packages/runtime/dist/storage/parts-record.test.js",
      "packages/runtime/dist/storage/tlog/tree-record.test.js",
      "packages/runtime/dist/storage/anchors/anchor-record.test.js",
      "packages/cli/dist/golden.test.js",
      "packages/cli/dist/console/screens.test.js",
    ];
    run(["--test", "--test-reporter=dot", ...writers], { CANOPY_GOLDEN: "write" });
  },
  lint: () => {
    build();
    lint();
  },
  format: () => tool("oxfmt", ["."]),
};

const node = (install(), developmentNode());
const [task = "", ...rest] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task)) {
  process.stderr.write(`unknown task \`${task}\`: expected one of ${Object.keys(tasks).join(", ")}\n`);
  process.exit(2);
}
tasks[task](rest);

// A renamed source would leave its old test behind, and its compiled code.
function clean() {
  rmSync(COMPILED.NODE_COMPILE_CACHE, { recursive: true, force: true });
  for (const name of ["runtime", "cli"]) rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true });
}

function build() {
  tool("typescript", ["-b"], "tsc");
  run(["scripts/bundle.mjs"]);
}

// One seed when it is named, told in full; else as many as the environment says, or 10,000.
function simulate(named = {}) {
  const CANOPY_SIMULATION_SEEDS = process.env["CANOPY_SIMULATION_SEEDS"] ?? "10000";
  const file = "packages/runtime/dist/simulation/simulation.test.js";
  run(["--test", "--test-reporter=spec", file], { CANOPY_SIMULATION_SEEDS, ...named });
}

function lint() {
  tool("oxlint", ["--type-aware", "--deny-warnings"]);
  tool("oxfmt", ["--check", "."]);
  tool("knip", [], "knip.js");
  for (const name of ["runtime", "cli"])
    run([join("node_modules", "publint", "src", "cli.js"), join("packages", name)]);
}

// What an example or a tool needs alone stands beside it, under its own lockfile; nothing of it is in the root.
function installBeside(name) {
  const folder = join(root, name);
  if (existsSync(join(folder, "node_modules"))) return;
  process.stderr.write(`installing what ${name}/package-lock.json names …\n`);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}

function tool(name, args, bin = name) {
  run([join("node_modules", name, "bin", bin), ...args]);
}

function run(args, extra = {}) {
  const env = {
    ...process.env,
    ...extra,
    PATH: `${join(node, "..")}${process.platform === "win32" ? ";" : ":"}${process.env["PATH"] ?? ""}`,
  };
  const { status } = spawnSync(node, args, { cwd: root, stdio: "inherit", env });
  if (status !== 0) process.exit(status ?? 1);
}
