// All that an anchor keeps of a log, and whether the log contradicts any of it: who adds a note takes nothing back.

import { CanopyError } from "../../core/errors.ts";
import { judgeNote, type AnchoredLog, type JudgedNote } from "./anchor-target.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import type { LogTree } from "./standing.ts";

/** What an anchor keeps of one origin. */
export interface KeptByAnchor {
  /** The newest; null: none. */
  readonly note: string | null;
  readonly older: readonly string[];
}

/** Ask an anchor. Throws as its methods. */
export async function keptBy(anchor: CheckpointAnchor, origin: string): Promise<KeptByAnchor> {
  const note = await anchor.newest(origin);
  const all = (await anchor.all?.(origin)) ?? [];
  return { note, older: all.filter((other) => other !== note) };
}

/**
 * Compare the newest note with the log, and the others: the first that the log contradicts counts. Of the others, one that
 * no key of this home signed says nothing: anybody who may add notes could have put it there. Cost: a root of the tree each.
 * Throws as `judgeNote` of the newest.
 */
export function judgeKept(
  name: string,
  { note, older }: KeptByAnchor & { readonly note: string },
  openNote: AnchoredLog["openNote"],
  tree: LogTree,
): JudgedNote {
  const newest = judgeNote(name, note, openNote, tree);
  if (newest.conflict !== null) return newest;
  for (const other of older) {
    try {
      const { conflict } = judgeNote(name, other, openNote, tree);
      if (conflict !== null) return { ...newest, conflict };
    } catch (error) {
      if (!(error instanceof CanopyError)) throw error;
    }
  }
  return newest;
}
