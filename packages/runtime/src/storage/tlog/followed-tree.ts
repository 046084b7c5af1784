// A tree that was followed to the end of its log, and what its keeper knows besides.

import type { CommittedIndex } from "./window-index.ts";
import { parseCheckpointMeta } from "./checkpoint-meta.ts";
import type { CoveredSpan } from "./tlog-state.ts";
import type { LinesAhead } from "./lines-ahead.ts";
import type { ForkCheck } from "./fork-check.ts";
import type { GrowingTree } from "./growing-tree.ts";
import type { LogFollower } from "./log-follower.ts";
import type { LinePoint } from "./log-lines.ts";
import type { LogTally, TallyEntry } from "./log-tally.ts";

/** A tree, the place in the log that it has reached, and what was learned on the way. */
export interface FollowedTree {
  readonly tree: GrowingTree;
  readonly tally: LogTally;
  readonly follower: LogFollower;
  fork: ForkCheck;
  /** Whether it began from tiles. */
  readonly isResumed: boolean;
  /** Whether the log's own `checkpoint_meta` says what it was begun with; what stands in `state` is nobody's word. */
  isConfirmed: boolean;
  /** How far the newest `checkpoint_meta` covers. */
  committed: CommittedIndex;
  /** What is said of those entries. */
  counted: Pick<CoveredSpan, "decisions" | "policy_hash">;
  /** Index of the newest entry that is no `checkpoint_meta`; -1 before any. */
  newestOther: number;
  /** What was read of the lines that the index doesn't cover; null when none is kept. */
  readonly ahead: LinesAhead | null;
  /** Places from where the lines that aren't covered can be read. */
  points: LinePoint[];
  /** Leaf hash of the last line. */
  leaf: Uint8Array;
  /** Entries after the checkpoint that are no `checkpoint_meta`. */
  fresh: number;
}

/** A `checkpoint_meta` that the log holds ends the window before it, when it says what one can say. */
export function commitMeta(loaded: FollowedTree, entry: TallyEntry): void {
  const meta = entry === null ? null : parseCheckpointMeta(entry);
  if (meta === null || meta.covered_entries < loaded.committed.covered_entries) return;
  if (meta.covered_entries > loaded.tree.size - 1) return;
  if (!loaded.isConfirmed && meta.covered_entries === loaded.committed.covered_entries) {
    loaded.isConfirmed = isSameCount(meta, loaded.counted);
  }
  loaded.committed = { covered_entries: meta.covered_entries, index: meta.index };
  loaded.counted = meta;
  loaded.ahead?.forget(meta.covered_entries);
  const first = loaded.points.findLastIndex((point) => point.index <= meta.covered_entries);
  loaded.points = loaded.points.slice(Math.max(0, first));
}

function isSameCount(a: FollowedTree["counted"], b: FollowedTree["counted"]): boolean {
  const same = (["ALLOW", "DENY", "REQUIRE_APPROVAL"] as const).every(
    (verdict) => a.decisions[verdict] === b.decisions[verdict],
  );
  return same && a.policy_hash === b.policy_hash;
}
