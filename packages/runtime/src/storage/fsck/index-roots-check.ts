// The roots of the index of entries that `checkpoint_meta` entries state, against the index made anew from the lines.

import { auditedMetas } from "../entry-index/audit-index.ts";
import type { LogLines } from "../tlog/log-lines.ts";
import type { ProblemBook } from "./fsck-report.ts";

/**
 * Compare every root. What rests on a wrong one is wrong, too, so of entries in a row that are, the first is named.
 *
 * Cost: as `auditIndex`, in pieces of a few thousand entries with other work let in between. Throws the system's error.
 *
 * @returns how many entries were compared.
 */
export async function checkIndexRoots(
  lines: LogLines,
  problems: ProblemBook,
  progress: ((done: number) => void) | undefined,
): Promise<number> {
  let compared = 0;
  let wrong: { readonly index: number; readonly problem: string; rest: number } | null = null;
  const told = (): void => {
    if (wrong === null) return;
    const more = wrong.rest === 0 ? "" : `; so with the ${wrong.rest} such entries after it`;
    problems.add("meta_index", `entry of index ${wrong.index}`, `${wrong.problem}${more}`);
  };
  for (const step of auditedMetas((from, to) => lines.lines(from, to), lines.size)) {
    if (typeof step === "number") {
      progress?.(step);
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (step.isCompared) compared += 1;
    const { index, problem } = step;
    if (problem !== null && wrong?.problem === problem) {
      wrong.rest += 1;
      continue;
    }
    told();
    wrong = problem === null ? null : { index, problem, rest: 0 };
  }
  told();
  return compared;
}
