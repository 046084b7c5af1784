// The roots of the index of entries that `checkpoint_meta` entries state, against the index made anew from the lines.

import { auditedMetas, type AuditedMeta } from "../entry-index/audit-index.ts";
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
  const row = new WrongRow(problems);
  for (const step of auditedMetas((from, to) => lines.lines(from, to), lines.size)) {
    if (typeof step === "number") {
      progress?.(step);
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (step.isCompared) compared += 1;
    row.saw(step);
  }
  row.end();
  return compared;
}

/** Entries one after another that are wrong in the same way. */
class WrongRow {
  readonly #problems: ProblemBook;
  #first: AuditedMeta | null = null;
  #more = 0;

  constructor(problems: ProblemBook) {
    this.#problems = problems;
  }

  saw(meta: AuditedMeta): void {
    if (meta.problem !== null && meta.problem === this.#first?.problem) {
      this.#more += 1;
      return;
    }
    this.end();
    this.#first = meta.problem === null ? null : meta;
    this.#more = 0;
  }

  /** Tell of the row. */
  end(): void {
    if (this.#first === null) return;
    const more = this.#more === 0 ? "" : `; so with the ${this.#more} such entries after it`;
    this.#problems.add("meta_index", `entry of index ${this.#first.index}`, `${this.#first.problem ?? ""}${more}`);
  }
}
