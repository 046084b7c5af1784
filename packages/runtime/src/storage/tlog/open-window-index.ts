// The authenticated index over a log's entries, as the keeper of its tree builds it.

import { join } from "node:path";
import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { EMPTY_INDEX, IndexBuilder, type IndexSource, type IndexState } from "../entry-index/index-builder.ts";
import { readLine } from "../entry-index/read-line.ts";
import { realFileSystem, type FileSystem } from "../file-system.ts";
import type { LogPaths } from "../sidecar.ts";
import type { IndexRoot } from "./checkpoint-meta.ts";
import { coveredEntriesOf } from "./covered-entries.ts";
import { LogLines } from "./log-lines.ts";
import type { CommittedIndex, WindowIndex } from "./window-index.ts";

/** The index of a log, whose lines are read through `fs`. Nothing is opened or made before the first window. */
export function openWindowIndex(paths: LogPaths, fs: FileSystem = realFileSystem): WindowIndex {
  return new BuiltWindowIndex(paths, fs);
}

class BuiltWindowIndex implements WindowIndex {
  readonly #paths: LogPaths;
  readonly #fs: FileSystem;
  #builder: IndexBuilder | null = null;

  constructor(paths: LogPaths, fs: FileSystem) {
    this.#paths = paths;
    this.#fs = fs;
  }

  addWindow(committed: CommittedIndex, end: number, lines: () => Iterable<IndexedLine>): IndexRoot {
    const { covered_entries, index } = committed;
    const none = covered_entries === 0 ? EMPTY_INDEX : null;
    const state: IndexState | null = index === null ? none : { covered_entries, ...index };
    if (this.#builder === null) this.#builder = this.#open(state);
    else if (state !== null) this.#builder.sync(state);
    const { runs, root } = this.#builder.addWindow(covered_entries, end, lines());
    return { runs, root };
  }

  close(): void {
    this.#builder?.close();
    this.#builder = null;
  }

  #open(committed: IndexState | null): IndexBuilder {
    const source = new LogSource(this.#fs, this.#paths.log);
    return IndexBuilder.open(join(this.#paths.tlog, "index"), committed, source);
  }
}

/**
 * A log as its index is made from it anew: gone through twice side by side, for the ends of the windows and for their
 * lines, however many windows there are.
 */
class LogSource implements IndexSource {
  readonly #fs: FileSystem;
  readonly #log: string;
  #walk: LineWalk | null = null;

  constructor(fs: FileSystem, log: string) {
    this.#fs = fs;
    this.#log = log;
  }

  *coveredEntries(): Generator<number, void, void> {
    const lines = LogLines.open(this.#fs, this.#log);
    this.#walk = new LineWalk(lines);
    try {
      yield* coveredEntriesOf(lines);
    } finally {
      this.#walk = null;
      lines.close();
    }
  }

  *lines(first: number, end: number): Generator<IndexedLine, void, void> {
    if (this.#walk !== null) {
      yield* this.#walk.range(first, end);
      return;
    }
    const lines = LogLines.open(this.#fs, this.#log);
    try {
      yield* new LineWalk(lines).range(first, end);
    } finally {
      lines.close();
    }
  }
}

/** Lines in ranges, each of which may begin where the one before ended without going back. */
class LineWalk {
  readonly #lines: LogLines;
  #rest: Iterator<{ readonly bytes: Buffer }, void, void> | null = null;
  #next = 0;

  constructor(lines: LogLines) {
    this.#lines = lines;
  }

  *range(first: number, end: number): Generator<IndexedLine, void, void> {
    if (this.#rest === null || this.#next !== first) this.#rest = this.#lines.lines(first);
    for (this.#next = first; this.#next < end;) {
      const line = this.#rest.next();
      if (line.done === true) return;
      this.#next += 1;
      yield readLine(line.value.bytes);
    }
  }
}
