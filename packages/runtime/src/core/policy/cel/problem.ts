// Why a condition can't be used: found when the policy loads, never later.

import type { ProblemCode } from "../problem.ts";

/** A stretch of a condition's source, in UTF-16 units: `start` is the first, `end` the one after the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Thrown while a condition is parsed, checked and compiled; `compileCel` turns it into a refusal. */
export class CelProblem extends Error {
  readonly code: ProblemCode;
  readonly span: Span;
  readonly fix: string | undefined;

  constructor(code: ProblemCode, span: Span, message: string, fix?: string) {
    super(message);
    this.code = code;
    this.span = span;
    this.fix = fix;
  }
}
