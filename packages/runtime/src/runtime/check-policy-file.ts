// Everything that can be wrong with an edited policy, found out before it is used: read, linted, compiled, tested.
// Runs in a thread of its own (policy-worker.ts).

import { compileInSteps, lintPolicy, readPolicyValues, ProblemList, type Located } from "../core/policy/index.ts";
import type { PolicySnapshot } from "../core/decision.ts";
import { finish } from "../core/steps.ts";
import { CanopyError } from "../core/errors.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import { includesBeside } from "./resolve-include.ts";
import { readPolicyFile } from "./read-policy-file.ts";

/** A policy that may be used, as it was read. */
export interface CheckedPolicy {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `sha256:<hex>` over the bytes. */
  readonly policy_hash: string;
  /** Its values; what is left to do is to compile them. Null when it is the policy in force. */
  readonly root: Located | null;
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
  if (policy_hash === in_force) return { bytes, policy_hash, root: null };
  const wrong = lintPolicy(bytes, file).find(({ severity }) => severity === "error");
  if (wrong !== undefined) {
    const { code, message, line, col, fix = null } = wrong;
    return { code, message, fix, file, line, col, policy_hash };
  }
  try {
    const root = readPolicyValues(bytes, new ProblemList());
    finish(compileInSteps(bytes, { file, source, tools: { sha256Hex }, resolve: includesBeside(file) }, root));
    return { bytes, policy_hash, root };
  } catch (error) {
    const fix = error instanceof CanopyError ? error.fix : null;
    const message = error instanceof Error ? error.message : "it can't be compiled";
    return { code: "check_failed", message, fix, file, line: null, col: null, policy_hash };
  }
}
