// Progress for work that takes over a second: one line on standard error that is rewritten, on a terminal only.

import type { Io } from "./io.ts";

/** A line of progress. */
export interface Progress {
  /** How far the work is; shown at most ten times a second, and not at all in the first second. */
  readonly at: (text: string) => void;
  /** Take the line away. Call it always. */
  readonly done: () => void;
}

const QUIET_MS = 1000;
const EVERY_MS = 100;

/** Begin a piece of work. Nothing is shown unless standard error is a terminal. */
export function startProgress(io: Io, now: () => number = Date.now): Progress {
  const began = now();
  let shownAt = 0;
  let width = 0;
  return {
    at: (text) => {
      const time = now();
      if (!io.stderrIsTerminal || time - began < QUIET_MS || time - shownAt < EVERY_MS) return;
      shownAt = time;
      io.err(`\r${text.padEnd(width)}`);
      width = text.length;
    },
    done: () => {
      if (width > 0) io.err(`\r${" ".repeat(width)}\r`);
      width = 0;
    },
  };
}
