// Every line of a log, over all segments, as it stands: good, bad and unreadable ones. For showing what a log holds;
// whether it is intact is `verifyLog`'s to say.

import type { FileSystem } from "./file-system.ts";
import { readLines } from "./read-lines.ts";
import type { SegmentFile } from "./segment-files.ts";

/** A line that isn't blank. */
export interface HistoryLine {
  /** Its place in the log, counted from 0 over all segments. */
  readonly index: number;
  /** As in `VerifyResult`: the file's name when it isn't the log's own, and the line in it, counted from 1. */
  readonly segment: string | null;
  readonly number: number;
  readonly text: string;
}

/** The lines of a log's files (see `segmentFiles`). Cost: one pass; memory stays at a chunk. Throws the system's error. */
export function* historyLines(fs: FileSystem, files: readonly SegmentFile[]): Generator<HistoryLine, void, void> {
  // Of a log whose first segments are gone, the lines that are left keep their places.
  let index = Math.max(0, (files[0]?.first?.seq ?? 1) - 1);
  for (const { path, name } of files) {
    let number = 0;
    for (const text of readLines(fs, path)) {
      number += 1;
      if (text.trim() === "") continue;
      yield { index, segment: name, number, text };
      index += 1;
    }
  }
}
