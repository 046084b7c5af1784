// What was read of the lines that the index doesn't cover yet, so that each line is read once, for the tree and the index.

import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";

/** As many as come in a second or two; of a longer backlog the lines are read again. */
const MAX_AHEAD = 16_384;

/** Readings of neighbouring lines, the newest ones. Memory: up to 16,384 readings, each below 1 kB as a rule. */
export class LinesAhead {
  #first: number;
  #lines: IndexedLine[] = [];

  /** Those from index `first` on. */
  constructor(first: number) {
    this.#first = first;
  }

  /** Add the next. */
  add(line: IndexedLine): void {
    if (this.#lines.length >= MAX_AHEAD) this.forget(this.#first + this.#lines.length);
    this.#lines.push(line);
  }

  /** Those before an index aren't needed any more. */
  forget(before: number): void {
    if (before <= this.#first) return;
    this.#lines = this.#lines.slice(before - this.#first);
    this.#first = before;
  }

  /** Those from `first` to before `end`, or null when some of them were forgotten. */
  range(first: number, end: number): readonly IndexedLine[] | null {
    if (first < this.#first || end > this.#first + this.#lines.length) return null;
    return this.#lines.slice(first - this.#first, end - this.#first);
  }
}
