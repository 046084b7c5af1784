// The checkpoint that log witnesses cosigned last, as it is kept beside the log: whoever opens the log holds it against it,
// so that a log that was cut or rewritten is told before the log witnesses are asked again.

import { join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import type { FileSystem } from "../file-system.ts";
import { LogReader } from "../log-reader.ts";
import { readWhole } from "../owner-file.ts";
import type { LogPaths } from "../sidecar.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import { judgeNote, type AnchoredLog } from "./anchor-target.ts";

/** The name of all log witnesses together. */
export const WITNESSES = "log_witnesses";

const MAX_NOTE_BYTES = 1_048_576;

/** The note, or null when there is none. */
export function cosignedNote(fs: FileSystem, { tlog }: LogPaths): string | null {
  const path = join(tlog, "cosigned");
  if ((fs.statusAt(path)?.size ?? 0) > MAX_NOTE_BYTES) return null;
  return readWhole(fs, path)?.toString("utf8") ?? null;
}

/**
 * What the log does not continue of it; null when it does, when there is none, when no key of this home signed it (of
 * another `log_origin`, for example), or when the log records that this was accepted. Cost: one signature, one root.
 */
export async function cosignedConflict(
  note: string | null,
  log: AnchoredLog,
  path: string,
): Promise<AnchorConflict | null> {
  if (note === null) return null;
  const tree = await log.openTree();
  try {
    const { conflict } = judgeNote(WITNESSES, note, log.openNote, tree);
    return conflict === null || wasAccepted(path, conflict) ? null : conflict;
  } catch (error) {
    if (error instanceof CanopyError && error.code === "ANCHOR_UNAVAILABLE") return null;
    throw error;
  } finally {
    tree.close();
  }
}

function wasAccepted(path: string, { anchor_size, anchor_root }: AnchorConflict): boolean {
  const reader = LogReader.open(path, { unusable: () => undefined });
  try {
    for (const entry of reader.query({ event: "rollback_accepted" })) {
      const isThis = entry["anchor"] === WITNESSES && entry["anchor_size"] === anchor_size;
      if (isThis && entry["anchor_root"] === anchor_root) return true;
    }
    return false;
  } finally {
    reader.close();
  }
}
