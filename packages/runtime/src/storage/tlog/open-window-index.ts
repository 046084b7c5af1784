// The authenticated index over a log's entries, as the keeper of its tree builds it.

import { join } from "node:path";
import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import { EMPTY_INDEX, IndexBuilder, type IndexSource, type IndexState } from "../entry-index/index-builder.ts";
import { readLine } from "../entry-index/read-line.ts";
import { realFileSystem } from "../file-system.ts";
import type { LogPaths } from "../sidecar.ts";
import type { IndexRoot } from "./checkpoint-meta.ts";
import { coveredEntriesOf } from "./covered-entries.ts";
import { LogLines } from "./log-lines.ts";
import type { CommittedIndex, WindowIndex } from "./window-index.ts";

/** The index of a log. Nothing is opened or made before the first window. */
export function openWindowIndex(paths: LogPaths): WindowIndex {
  return new BuiltWindowIndex(paths);
}

class BuiltWindowIndex implements WindowIndex {
  readonly #paths: LogPaths;
  #builder: IndexBuilder | null = null;

  constructor(paths: LogPaths) {
    this.#paths = paths;
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
    return IndexBuilder.open(join(this.#paths.tlog, "index"), committed, new LogSource(this.#paths.log));
  }
}

/** A log as its index is made from it anew. */
class LogSource implements IndexSource {
  readonly #log: string;
  /** The log as it is gone through for its windows: what was learned of its places serves to find theirs. */
  #open: LogLines | null = null;

  constructor(log: string) {
    this.#log = log;
  }

  *coveredEntries(): Generator<number, void, void> {
    const lines = LogLines.open(realFileSystem, this.#log);
    this.#open = lines;
    try {
      yield* coveredEntriesOf(lines);
    } finally {
      this.#open = null;
      lines.close();
    }
  }

  *lines(first: number, end: number): Generator<IndexedLine, void, void> {
    const open = this.#open;
    const lines = open ?? LogLines.open(realFileSystem, this.#log);
    try {
      for (const { bytes } of lines.lines(first, end)) yield readLine(bytes);
    } finally {
      if (open === null) lines.close();
    }
  }
}
