// The way to one anchor, with what has to be thought of whenever it keeps another checkpoint than the one it was given.

import { errorText } from "../../core/errors.ts";
import type { Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import type { LaneTarget } from "./publish-lane.ts";
import { standingOf, type LogTree } from "./standing.ts";

/** The log that anchors are compared with. */
export interface AnchoredLog {
  /** The checkpoint of a note, if one of this home's keys signed it. Throws `INVALID_NOTE`, `INVALID_CHECKPOINT`. */
  readonly openNote: (note: string) => Checkpoint;
  /** The tree as it is now. */
  readonly openTree: () => Promise<LogTree>;
}

/** What an anchor keeps that does not fit the log; null when it fits. */
export interface JudgedNote {
  readonly checkpoint: Checkpoint;
  readonly conflict: AnchorConflict | null;
}

/**
 * Compare a note that an anchor keeps with a log. Cost: one signature, one root.
 *
 * @throws {CanopyError} `ANCHOR_UNAVAILABLE` when nobody of this home signed it: it says nothing about the log.
 */
export function judgeNote(name: string, note: string, openNote: AnchoredLog["openNote"], tree: LogTree): JudgedNote {
  let checkpoint: Checkpoint;
  try {
    checkpoint = openNote(note);
  } catch (error) {
    throw anchorUnavailable(name, `keeps a checkpoint that no key of this home signed: ${errorText(error)}`, error);
  }
  const standing = standingOf(checkpoint, tree);
  if (standing === "consistent") return { checkpoint, conflict: null };
  const { size, root } = checkpoint;
  const log_root = size <= tree.size ? Buffer.from(tree.rootAt(size)).toString("hex") : null;
  const kept = { anchor_size: size, anchor_root: Buffer.from(root).toString("hex") };
  return { checkpoint, conflict: { anchor: name, standing, ...kept, log_size: tree.size, log_root } };
}

/** A lane's way to an anchor. */
export class AnchorTarget implements LaneTarget {
  readonly name: string;
  readonly #anchor: CheckpointAnchor;
  readonly #log: AnchoredLog;
  readonly #onConflict: (conflict: AnchorConflict) => Promise<void>;
  /** The note whose place the next checkpoint takes, because a rollback was accepted. */
  #over: { readonly kept: string | null } | null;

  constructor(
    anchor: CheckpointAnchor,
    log: AnchoredLog,
    onConflict: (conflict: AnchorConflict) => Promise<void>,
    over: { readonly kept: string | null } | null = null,
  ) {
    this.name = anchor.name;
    this.#anchor = anchor;
    this.#log = log;
    this.#onConflict = onConflict;
    this.#over = over;
  }

  async publish(note: string): Promise<void> {
    if (this.#over !== null) {
      await this.#anchor.replace(this.#over.kept, note);
      this.#over = null;
      return;
    }
    const kept = await this.#anchor.publish(note);
    if (kept === null) return;
    // Another process of this log may be ahead; then the log has what it published.
    const tree = await this.#log.openTree();
    try {
      const { conflict } = judgeNote(this.name, kept, this.#log.openNote, tree);
      if (conflict !== null) await this.#onConflict(conflict);
    } finally {
      tree.close();
    }
  }
}
