// Long work as a row of short steps, so that a host that has other things to do can rest in between.

/** Work that yields after each step (well under a millisecond) and returns its result. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Do all steps at once. Throws what the work throws. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
