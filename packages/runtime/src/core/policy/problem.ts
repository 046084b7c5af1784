// What is wrong with a policy, and where. The same problems stop a load and fill a lint report.

/** Every kind of problem a policy can have. docs/policy.md has a line for each. */
export type ProblemCode =
  | "encoding"
  | "too_large"
  | "too_deep"
  | "yaml_syntax"
  | "yaml_refused"
  | "duplicate_key"
  | "unknown_key"
  | "missing_key"
  | "wrong_type"
  | "empty"
  | "bad_id"
  | "unknown_value"
  | "unknown_type"
  | "unknown_predicate"
  | "unknown_effect"
  | "unknown_name"
  | "bad_expression"
  | "bad_include"
  | "bad_hash"
  | "unusable_pattern"
  | "never_matches"
  | "always_matches"
  | "no_effect"
  | "yaml_boolean"
  | "duplicate_rule"
  | "unreachable"
  | "contradictory"
  | "claimed_condition"
  | "weak_severity"
  | "expired"
  | "untested";

/** A place in a policy's text. Lines and columns count from 1; columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly col: number;
}

/** One thing that is wrong. */
export interface Problem extends Place {
  readonly code: ProblemCode;
  /** `error`s make the linter fail, `warning`s don't; `info`s are only worth knowing. */
  readonly severity: "error" | "warning" | "info";
  /** Whether the policy is refused at load. Only errors are; some errors are the linter's alone. */
  readonly refused: boolean;
  /** One line: what is wrong and what was expected. */
  readonly message: string;
  /** What to write instead, where that can be told. */
  readonly fix?: string;
}

/** The most problems that are told at once. */
export const MAX_PROBLEMS = 100;

/** Collects problems while a policy is read, so that a linter shows them all at once. */
export class ProblemList {
  readonly problems: Problem[] = [];
  #refused = false;

  /** A problem that stops the load. */
  refuse(code: ProblemCode, at: Place, message: string, fix?: string): void {
    this.#add({ code, severity: "error", refused: true, message, line: at.line, col: at.col }, fix);
  }

  /** A problem that only the linter reports. */
  report(severity: Problem["severity"], code: ProblemCode, at: Place, text: { message: string; fix?: string }): void {
    this.#add({ code, severity, refused: false, message: text.message, line: at.line, col: at.col }, text.fix);
  }

  /** Whether anything stops the load. */
  get refused(): boolean {
    return this.#refused;
  }

  #add(problem: Problem, fix: string | undefined): void {
    const told = this.problems.length < MAX_PROBLEMS || (problem.refused && !this.#refused);
    this.#refused ||= problem.refused;
    const short = { ...problem, message: shortLine(problem.message) };
    if (told) this.problems.push(fix === undefined ? short : { ...short, fix: shortLine(fix) });
  }
}

// Messages quote the policy, which may hold lines and long texts.
function shortLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= LONGEST_MESSAGE
    ? line
    : `${line.slice(0, LONGEST_MESSAGE / 2)} … ${line.slice(-LONGEST_MESSAGE / 2)}`;
}

const LONGEST_MESSAGE = 320;
