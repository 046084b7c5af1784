// `break`, `return` and `exit`: a loop that is left does not spin, unless only something inside of it was left.

import type { Machine } from "./machine.ts";

/** What commands leave, as bits: the loop around them, the loop around that, the function, the shell. */
export const LEAVES = { loop: 1, outerLoop: 2, function: 4, shell: 8 } as const;

/** Run something in a shell of its own: what leaves that leaves nothing else. */
export function inOwnShell<Result>(machine: Machine, run: () => Result): Result {
  const { leaves } = machine;
  const result = run();
  machine.leaves = leaves;
  return result;
}

/** Run the body of a function, which `return` leaves. */
export function inFunction<Result>(machine: Machine, run: () => Result): Result {
  const { leaves } = machine;
  const result = run();
  machine.leaves = leaves | (machine.leaves & LEAVES.shell);
  return result;
}

/** What is left when a loop inside of another was run: `break 2` leaves the next one, too. */
export function behindLoop(before: number, inside: number): number {
  const next = (inside & LEAVES.outerLoop) === 0 ? 0 : LEAVES.loop;
  return before | next | (inside & (LEAVES.function | LEAVES.shell));
}
