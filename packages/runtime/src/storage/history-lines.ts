// Every line of a log, over all segments, as it stands: good, bad and unreadable ones. For showing what a log holds;
// whether it is intact is `verifyLog`'s to say.

import { MAX_LINE_BYTES } from "../ledger/verify.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import type { SegmentFile } from "./segment-files.ts";

/** A line that isn't blank. */
export interface HistoryLine {
  /** Its place in the log, counted from 0 over all segments. */
  readonly index: number;
  /** As in `VerifyResult`: the file's name when it isn't the log's own, and the line in it, counted from 1. */
  readonly segment: string | null;
  readonly number: number;
  /** Without line feed; `TOO_LONG` for one that is longer than any entry may be. */
  readonly text: string;
}

/** Stands for a line that is too long to be held. No line of a log is this text: it is no JSON. */
const TOO_LONG = "(a line that is too long)";
const CHUNK_BYTES = 1_048_576;
const LINE_FEED = 10;

/** The lines of a log's files (see `segmentFiles`). Cost: one pass; memory stays at a chunk. Throws the system's error. */
export function* historyLines(fs: FileSystem, files: readonly SegmentFile[]): Generator<HistoryLine, void, void> {
  // Of a log whose first segments are gone, the lines that are left keep their places.
  let index = Math.max(0, (files[0]?.first?.seq ?? 1) - 1);
  for (const { path, name } of files) {
    let number = 0;
    for (const text of boundedLines(fs, path)) {
      number += 1;
      if (text.trim() === "") continue;
      yield { index, segment: name, number, text };
      index += 1;
    }
  }
}

/** The lines of a file, in bounded memory whatever the file is. */
function* boundedLines(fs: FileSystem, path: string): Generator<string, void, void> {
  const fd = fs.open(path, "read");
  try {
    let pieces: Buffer[] = [];
    let length = 0;
    for (let at = 0; ;) {
      const chunk = readAt(fs, fd, at, CHUNK_BYTES);
      if (chunk.length === 0) break;
      at += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        yield textOf([...pieces, chunk.subarray(start, end)], length + end - start);
        [pieces, length, start] = [[], 0, end + 1];
      }
      length += chunk.length - start;
      if (length > MAX_LINE_BYTES) pieces = [];
      else pieces.push(chunk.subarray(start));
    }
    if (length > 0) yield textOf(pieces, length);
  } finally {
    fs.close(fd);
  }
}

function textOf(pieces: readonly Buffer[], length: number): string {
  if (length > MAX_LINE_BYTES) return TOO_LONG;
  const [only] = pieces;
  return (pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)).toString("utf8");
}
