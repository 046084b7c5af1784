// Everything that can be wrong with an edited policy, found out before it is used: read, linted, compiled, tested.
// Runs in a thread of its own (policy-worker.ts).

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  compileInSteps,
  type EngineSource,
  lintPolicy,
  type Located,
  type PinnedFile,
  ProblemList,
  readPolicyValues,
} from "../core/policy/index.ts";
import type { PolicySnapshot } from "../core/decision.ts";
import { finish } from "../core/steps.ts";
import { CanopyError } from "../core/errors.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { testFileOf, type PolicySource } from "./engine.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import { includesBeside } from "./resolve-include.ts";
import { readPolicyFile } from "./read-policy-file.ts";
import { testPolicy } from "./test-policy.ts";

/** A policy that may be used, as it was read. */
export interface CheckedPolicy {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `sha256:<hex>` over the bytes. */
  readonly policy_hash: string;
  /** Its values; what is left to do is to compile them. Null when it is the policy in force. */
  readonly root: Located | null;
  /** The files that it names by hash. */
  readonly pinned: readonly PinnedBytes[];
}

/** What a policy names by hash: `sha256:<hex>`, and the bytes. */
interface PinnedBytes {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** What is to be checked. */
export interface PolicyCheck {
  readonly file: string;
  readonly source: PolicySnapshot["policy_source"];
  /** The hash of the policy in force: one that has the same is not checked again. */
  readonly in_force: string;
}

/** Check a policy file. Cost: that of compiling it a few times over, and of its tests. */
export function checkPolicyFile({ file, source, in_force }: PolicyCheck): CheckedPolicy | PolicyProblem {
  const bytes = readPolicyFile(file);
  if (!(bytes instanceof Uint8Array)) return bytes;
  const policy_hash = `sha256:${sha256Hex(bytes)}`;
  const wrong = lintPolicy(bytes, file).find(({ severity }) => severity === "error");
  if (wrong !== undefined) {
    const { code, message, line, col, fix = null } = wrong;
    return { code, message, fix, file, line, col, policy_hash };
  }
  try {
    const root = readPolicyValues(bytes, new ProblemList());
    const options = { file, source, tools: { sha256Hex }, resolve: includesBeside(file) };
    const { engines, files, rules } = finish(compileInSteps(bytes, options, root));
    const pinned = pinnedFiles(engines, file);
    if ("code" in pinned) return { ...pinned, policy_hash };
    pinned.push(...files);
    if (policy_hash === in_force) return { bytes, policy_hash, root: null, pinned };
    const hasTests = rules.some(({ tests }) => tests.length > 0) || existsSync(testFileOf(file));
    return (hasTests ? failedTest({ bytes, file, source }, policy_hash) : null) ?? { bytes, policy_hash, root, pinned };
  } catch (error) {
    const fix = error instanceof CanopyError ? error.fix : null;
    const message = error instanceof Error ? error.message : "it can't be compiled";
    return { code: "check_failed", message, fix, ...placeOf(error, file), policy_hash };
  }
}

// What is wrong with a policy that this one includes is told where it stands.
function placeOf(error: unknown, file: string): Pick<PolicyProblem, "file" | "line" | "col"> {
  const at = error instanceof CanopyError ? /^(.*):(\d+):(\d+)$/s.exec(error.at ?? "") : null;
  return at === null
    ? { file, line: null, col: null }
    : { file: at[1] ?? file, line: Number(at[2]), col: Number(at[3]) };
}

/** The files of engines, each the one that the policy names; what is wrong with the first that isn't. */
function pinnedFiles(engines: readonly EngineSource[], policy_file: string): PinnedBytes[] | PolicyProblem {
  const pinned: PinnedBytes[] = [];
  for (const engine of engines) {
    for (const { file, sha256 } of filesOf(engine)) {
      const path = resolve(dirname(policy_file), file);
      const bytes = readPolicyFile(path);
      const found = bytes instanceof Uint8Array ? sha256Hex(bytes) : null;
      if (bytes instanceof Uint8Array && found === sha256) {
        pinned.push({ hash: `sha256:${sha256}`, bytes });
        continue;
      }
      const why = found === null ? "can't be read" : `is not the one that the policy names: its SHA-256 is ${found}`;
      const message = `the file ${path} of the engine ${engine.id} ${why}`;
      const { line, col } = engine;
      const fix = "put the file back, or name the new one by its hash";
      return { code: "engine_unusable", message, fix, file: policy_file, line, col, policy_hash: null };
    }
  }
  return pinned;
}

function filesOf(engine: EngineSource): readonly PinnedFile[] {
  switch (engine.engine) {
    case "cedar":
      return engine.schema === null ? [engine.file] : [engine.file, engine.schema];
    case "opa-wasm":
      return engine.data === null ? [engine.file] : [engine.file, engine.data];
    case "opa-http":
      return [];
    default:
      return engine satisfies never;
  }
}

/** The first thing that the policy's own tests say against it; null when they pass, or there are none. */
function failedTest(found: PolicySource & { readonly file: string }, policy_hash: string): PolicyProblem | null {
  const beside = testFileOf(found.file);
  const bytes = existsSync(beside) ? readPolicyFile(beside) : null;
  if (bytes !== null && !(bytes instanceof Uint8Array)) return { ...bytes, policy_hash };
  const report = testPolicy(found, bytes === null ? [] : [{ file: beside, bytes }]);
  for (const { file, problems, results } of report.files) {
    const [problem] = problems;
    if (problem !== undefined) {
      const { message, line, col, fix = null } = problem;
      return {
        code: "tests_failed",
        message: `its tests can't be read: ${message}`,
        fix,
        file,
        line,
        col,
        policy_hash,
      };
    }
    const failed = results.filter(({ passed }) => !passed);
    const [first] = failed;
    if (first === undefined) continue;
    const more = failed.length === 1 ? "" : ` (and ${failed.length - 1} more)`;
    const message = `the test \`${first.name}\` fails${more}: ${first.failure?.got ?? "another outcome"}`;
    const { line, col } = first.failure ?? first;
    return {
      code: "tests_failed",
      message,
      fix: `run \`canopy policy test ${found.file}\``,
      file,
      line,
      col,
      policy_hash,
    };
  }
  return null;
}
