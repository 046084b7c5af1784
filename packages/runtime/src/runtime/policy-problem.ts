// Why an edited policy was not taken. Plain data: it crosses from the thread that checks, and is shown and recorded.

import type { ProblemCode } from "../core/policy/index.ts";
import { visibleText } from "./visible-text.ts";

/**
 * What can be wrong with an edited policy: what a policy's text can have (docs/policy.md), and
 * `policy_missing` there is no such file, `policy_unreadable` it can't be read or is no regular file, `policy_changing`
 * it changed while it was read, `tests_failed` its own tests say no, `engine_unusable` an engine that it names is not what it says or can't be made ready, `check_failed` the check did not end,
 * `not_recorded` its activation could not be written to the log.
 */
export type PolicyProblemCode =
  | ProblemCode
  | "policy_missing"
  | "policy_unreadable"
  | "policy_changing"
  | "tests_failed"
  | "engine_unusable"
  | "check_failed"
  | "not_recorded";

/** Why an edited policy was not taken, and what holds instead. */
export interface PolicyProblem {
  readonly code: PolicyProblemCode;
  /** One line; may quote the policy. */
  readonly message: string;
  readonly fix: string | null;
  /** The file the problem is in. */
  readonly file: string;
  /** Where in it, from 1; null when no place is meant. */
  readonly line: number | null;
  readonly col: number | null;
  /** `sha256:<hex>` over the bytes that were refused; null when they could not be read. */
  readonly policy_hash: string | null;
}

/** The problem as one line for a terminal or a log of messages, with what holds instead. */
export function policyProblemLine(problem: PolicyProblem, in_force: string): string {
  const { file, line, col, message, fix, code } = problem;
  const at = line === null ? file : `${file}:${line}:${col ?? 1}`;
  const text = `canopy: POLICY NOT TAKEN (${code}): ${at}: ${message}${fix === null ? "" : `; ${fix}`}; the policy ${in_force} stays in force`;
  return visibleText(text);
}
