// How a checkpoint that someone keeps stands to the log as it is here.

import type { Checkpoint } from "../../ledger/tlog/checkpoint.ts";

/** The tree over a log, as it was when it was opened. `TlogReader` is one. */
export interface LogTree {
  readonly size: number;
  rootAt(size: number): Uint8Array;
  consistency(from: number, to: number): readonly Uint8Array[];
  close(): void;
}

/**
 * `consistent`: the log still begins with what the checkpoint is of. `rolled_back`: it has fewer entries.
 * `forked`: it has as many, and they are others.
 */
export type Standing = "consistent" | "rolled_back" | "forked";

/** How a checkpoint stands to a tree. Its signature is checked by whoever opened it. Cost: one root. */
export function standingOf(checkpoint: Pick<Checkpoint, "size" | "root">, tree: LogTree): Standing {
  if (checkpoint.size > tree.size) return "rolled_back";
  return Buffer.compare(tree.rootAt(checkpoint.size), checkpoint.root) === 0 ? "consistent" : "forked";
}
