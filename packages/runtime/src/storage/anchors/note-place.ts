// Where a checkpoint stands in the history of its log: what an anchor goes by. Signatures are for who trusts it to check.

import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";

/** What a checkpoint says. */
export interface NotePlace {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** What a checkpoint says, whoever signed it; null for what is no checkpoint. */
export function notePlace(note: string): NotePlace | null {
  try {
    const { origin, size, root } = readCheckpoint(note).checkpoint;
    return { origin, size, root: Buffer.from(root).toString("hex") };
  } catch {
    return null;
  }
}

/** Whether `kept` stands in the way of `next`: it is later, or another of the same size. */
export function isInTheWay(kept: NotePlace, next: NotePlace): boolean {
  return kept.size > next.size || (kept.size === next.size && kept.root !== next.root);
}
