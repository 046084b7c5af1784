// What the keeper of the tree asks of the authenticated index, which is built window by window.

import type { IndexedLine } from "../../ledger/entry-index/indexed-line.ts";
import type { IndexRoot } from "./checkpoint-meta.ts";

/** The index as the newest `checkpoint_meta` of the log says it. */
export interface CommittedIndex {
  readonly covered_entries: number;
  readonly index: IndexRoot | null;
}

/** An index that grows by windows of entries. */
export interface WindowIndex {
  /**
   * Add the window of the entries from `committed.covered_entries` to before `end`, and say how the index stands then.
   * What was added after `committed` is forgotten first: its entry never came into the log. Under the tree's lock.
   */
  addWindow(committed: CommittedIndex, end: number, lines: () => Iterable<IndexedLine>): IndexRoot;
  close(): void;
}
