// How tests are run: with which words, on which files, and what their processes keep for each other.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** All tests: a new file is found by its name. */
export const TEST_GLOBS = ["packages/*/dist/**/*.test.js", "scripts/*.test.mjs", "scripts/conformance/*.test.mjs"];

/**
 * Words for Node before a reporter and files; relative to the root. A file per core: by itself Node leaves one core
 * free, which on two cores means one file at a time.
 */
export const TEST_RUNNER = [
  "--import=./scripts/property-seed.mjs",
  "--import=./scripts/whole-file.mjs",
  "--test",
  `--test-concurrency=${availableParallelism()}`,
];

/** The environment of test processes: compiled code is kept for the next of the thousands that load the same modules. */
export const COMPILED = { NODE_COMPILE_CACHE: join(root, ".cache", "compiled") };
