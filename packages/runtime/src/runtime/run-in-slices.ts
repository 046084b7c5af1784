// Long work in between decisions: a slice, then a rest in which whatever waits is done.

import type { Steps } from "../core/steps.ts";

const SLICE_MS = 0.4;
const REST_MS = 2;

/** How sliced work goes on. */
export interface SliceOptions {
  readonly signal: AbortSignal;
  /** Whether the process must stay alive for it. */
  readonly hold: boolean;
}

/**
 * Do the steps, at most 0.4 ms (or one step) at a stretch, with a rest of 2 ms after each stretch.
 *
 * @throws what the work throws; the signal's reason once it is aborted.
 */
export async function runInSlices<Result>(steps: Steps<Result>, { signal, hold }: SliceOptions): Promise<Result> {
  for (;;) {
    const until = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < until);
    await rest(hold);
    signal.throwIfAborted();
  }
}

function rest(hold: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, REST_MS);
    if (!hold) timer.unref();
  });
}
