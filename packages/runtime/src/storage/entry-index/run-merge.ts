// Merging sixteen runs into one, in slices, so that no checkpoint waits for it.

import { mergeRows, type RunRow } from "../../ledger/entry-index/index-run.ts";
import { joinStretches, type Stretch } from "../../ledger/entry-index/stretch.ts";
import { IndexDamaged } from "./index-damaged.ts";
import { RunFile, RunFileWriter, type RunFooter } from "./run-file.ts";

/** One merge under way. */
export class RunMerge {
  readonly #parts: readonly RunFile[];
  readonly #merged: Iterator<RunRow, void, void>;
  readonly #writer: RunFileWriter;
  readonly #stretch: Stretch;
  /** How many rows are to be read. */
  readonly rows: number;
  /** What was made, once all is. */
  #footer: RunFooter | null = null;

  /**
   * Merge the runs of these files, neighbours in the order of the log, into a file at `path`. Cost: reads each once, to
   * see that it is whole. Throws `IndexDamaged`.
   */
  constructor(parts: readonly string[], path: string) {
    this.#parts = parts.map((part) => RunFile.open(part));
    if (!this.#parts.every((part) => part.isWhole())) throw new IndexDamaged("the file of a run was changed");
    const [first, ...rest] = this.#parts.map((part) => part.footer.stretch);
    if (first === undefined) throw new IndexDamaged("nothing to merge");
    this.#stretch = rest.reduce((whole, next) => {
      if (whole.end !== next.first) throw new IndexDamaged("runs to be merged don't meet");
      return joinStretches(whole, next);
    }, first);
    this.rows = this.#parts.reduce((sum, part) => sum + part.size, 0);
    this.#merged = mergeRows(this.#parts.map((part) => part.rows()));
    this.#writer = new RunFileWriter(path, this.#stretch.first);
  }

  /** Write up to so many rows; does nothing once there are no more. */
  step(rows: number): void {
    for (let done = 0; this.#footer === null && done < rows; done += 1) this.#next();
  }

  /** Write all rows that are left. */
  finish(): RunFooter {
    let footer = this.#footer;
    while (footer === null) footer = this.#next();
    return footer;
  }

  /** Give up; what was written aside is written over later. */
  abandon(): void {
    if (this.#footer !== null) return;
    this.#writer.abandon();
    this.#closeParts();
  }

  #next(): RunFooter | null {
    const next = this.#merged.next();
    if (next.done !== true) {
      this.#writer.add(next.value);
      return null;
    }
    this.#footer = this.#writer.finish(this.#stretch);
    this.#closeParts();
    return this.#footer;
  }

  #closeParts(): void {
    for (const part of this.#parts) part.close();
  }
}
