// Which policies are to be tested by which files: from the words of a command line, or what stands in the folder.
//
//   policy.yaml            its own tests, and policy.test.yaml beside it
//   policy.test.yaml       tests of the policy that it names, else of policy.yaml beside it
//   a folder               every *.test.yaml in it, and policy.yaml

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { CanopyError } from "canopy-runtime/errors";
import { isPolicyPackName, policyPack } from "canopy-runtime/policy";
import { readTestFile, type TestSource } from "canopy-runtime/policy-tests";

/** A policy under test. */
export interface Suite {
  /** As it is shown: a path as short as can be, or a pack's name. */
  readonly policy: string;
  readonly bytes: Uint8Array | string;
  /** The absolute path; null for a pack. */
  readonly path: string | null;
  readonly files: readonly TestSource[];
}

const TEST_FILE = /\.test\.ya?ml$/u;
const LIMIT_BYTES = 16_777_216;

/**
 * The policies that are to be tested, each with its files of tests, in the order in which they were named.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when a file is missing, or there is nothing to test.
 */
export function findSuites(words: readonly string[], cwd: string): readonly Suite[] {
  const suites = new Map<string, { readonly suite: Omit<Suite, "files">; readonly files: Map<string, TestSource> }>();
  const add = (policy: string, test: string | null): void => {
    const known = suites.get(policy) ?? { suite: openPolicy(policy, cwd), files: new Map<string, TestSource>() };
    suites.set(policy, known);
    if (test !== null) known.files.set(test, { file: shown(test, cwd), bytes: readFile(test, cwd) });
  };
  for (const path of (words.length === 0 ? ["."] : words).flatMap((word) => filesOf(resolve(cwd, word), cwd))) {
    if (TEST_FILE.test(path)) add(policyOf(path, cwd), path);
    else for (const test of [null, ...testsBeside(path)]) add(path, test);
  }
  return [...suites.values()].map(({ suite, files }) => ({ ...suite, files: [...files.values()] }));
}

function filesOf(path: string, cwd: string): readonly string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).toSorted();
  const found = names.filter((name) => TEST_FILE.test(name) || /^policy\.ya?ml$/u.test(name));
  if (found.length > 0) return found.map((name) => join(path, name));
  throw new CanopyError("FILE_UNUSABLE", `there is nothing to test in \`${shown(path, cwd)}\``, {
    fix: "`canopy policy init` writes a policy and its tests; or name a policy, or a file of tests (*.test.yaml)",
  });
}

function testsBeside(policy: string): readonly string[] {
  const stem = policy.replace(/\.ya?ml$/u, "");
  return [`${stem}.test.yaml`, `${stem}.test.yml`].filter((path) => existsSync(path));
}

/** The policy that a file of tests is about: a pack's name, or an absolute path. */
function policyOf(test: string, cwd: string): string {
  const named = readTestFile(readFile(test, cwd)).file?.policy ?? null;
  if (named !== null) return isPolicyPackName(named.name) ? named.name : resolve(dirname(test), named.name);
  const stem = test.replace(TEST_FILE, "");
  return [`${stem}.yaml`, `${stem}.yml`].find((path) => existsSync(path)) ?? `${stem}.yaml`;
}

function openPolicy(policy: string, cwd: string): Omit<Suite, "files"> {
  if (isPolicyPackName(policy)) return { policy, bytes: policyPack(policy), path: null };
  return { policy: shown(policy, cwd), bytes: readFile(policy, cwd), path: policy };
}

function readFile(path: string, cwd: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > LIMIT_BYTES)
      throw new CanopyError("FILE_UNUSABLE", `\`${shown(path, cwd)}\` is over ${LIMIT_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof CanopyError) throw error;
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new CanopyError("FILE_UNUSABLE", `\`${shown(path, cwd)}\` ${missing ? "does not exist" : "can't be read"}`, {
      cause: error,
      fix: "name a policy, or a file of tests (*.test.yaml) that stands beside its policy or names it in `policy:`",
    });
  }
}

/** A path as it is shown: from the folder where the command runs, unless it lies outside. */
function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}
