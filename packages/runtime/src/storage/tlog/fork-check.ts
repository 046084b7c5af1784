// Whether a log continues the newest checkpoint that this home signed for it. A log that was cut or rewritten does not,
// and gets no further checkpoint, unless it was taken over as it is: an entry then says so.
//
//   log_continued       with `expected_head` null or of a `seq` that is not before the checkpoint's size
//   rollback_accepted   with an `anchor_size` that is not before it

import { counted } from "../../core/counted.ts";
import { CanopyError } from "../../core/errors.ts";
import type { Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import type { GrowingTree } from "./growing-tree.ts";
import type { TallyEntry } from "./log-tally.ts";

/** Compares a tree that grows with one checkpoint. */
export class ForkCheck {
  readonly #checkpoint: Checkpoint | null;
  #differs = false;
  #accepted = false;

  /** `checkpoint` is null when there is none that binds. */
  constructor(checkpoint: Checkpoint | null) {
    this.#checkpoint = checkpoint;
  }

  /** The tree has one more leaf, of that entry. Cost: constant, but for the checkpoint's own size. */
  saw(tree: GrowingTree, entry: TallyEntry): void {
    const checkpoint = this.#checkpoint;
    if (checkpoint === null) return;
    if (tree.size === checkpoint.size && Buffer.compare(tree.root(), checkpoint.root) !== 0) this.#differs = true;
    if (entry !== null && accepts(entry, checkpoint.size)) this.#accepted = true;
  }

  /** Whether a log of that many leaves is another one than was signed for. */
  isForked(size: number): boolean {
    return this.#checkpoint !== null && (this.#differs || size < this.#checkpoint.size);
  }

  /** Whether the log was taken over although it is another one. */
  get isAccepted(): boolean {
    return this.#accepted;
  }

  /** The error that says so. */
  error(size: number): CanopyError {
    const signed = this.#checkpoint?.size ?? 0;
    const how = size < signed ? `has ${counted(size, "entry", "entries")} only` : "has others among them";
    return new CanopyError(
      "LEDGER_REFUSED",
      `a checkpoint of ${counted(signed, "entry", "entries")} was signed for this log, and it ${how}: no other is made`,
      {
        fix: "restore the log from a copy; `canopy ledger fsck` and `canopy verify` show where it differs",
      },
    );
  }
}

function accepts(entry: Readonly<Record<string, unknown>>, size: number): boolean {
  if (entry["event"] === "rollback_accepted") return Number(entry["anchor_size"]) >= size;
  if (entry["event"] !== "log_continued") return false;
  const expected = entry["expected_head"];
  if (typeof expected !== "object" || expected === null) return true;
  const { seq }: { readonly seq?: unknown } = expected;
  return Number(seq) >= size;
}
