// Bringing the index up to the durable head, in steps that each end in a consistent index.

import { readAt, type FileSystem } from "./file-system.ts";
import { readHead, type Head } from "./head-file.ts";
import type { IndexDatabase, IndexThrough } from "./index-database.ts";
import { lineEndingAt } from "./log-search.ts";
import { refuseLongLine } from "./long-line.ts";
import { hashOfLine } from "./parse-entry.ts";
import { segmentPath, type LogPaths } from "./sidecar.ts";
import { openSegmentFile } from "./tlog/log-follower.ts";
import { GENESIS } from "../ledger/chain.ts";

const LINE_FEED = 10;

/**
 * Index about the next `stepBytes`. Returns whether there may be more. Begins anew when the index is of another log, or the log
 * does not hold what the index covers. Cost: about 10 µs an entry. Throws the errors of SQLite and of the system.
 */
export function catchUpIndex(fs: FileSystem, paths: LogPaths, index: IndexDatabase, stepBytes: number): boolean {
  const head = readHead(fs, paths.head);
  if (head === null) return false;
  const before = index.through();
  if (before !== null && before.log_id === head.log_id && isAt(before, head)) return false;
  return index.transaction(() => step({ fs, paths, index, stepBytes }, head));
}

interface Step {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly index: IndexDatabase;
  readonly stepBytes: number;
}

function isAt(through: IndexThrough, head: Head): boolean {
  return through.segment === head.segment && through.offset >= head.bytes;
}

function step(parts: Step, head: Head): boolean {
  const { fs, paths, index } = parts;
  let through = index.through();
  if (through === null || through.log_id !== head.log_id || !coversLog(fs, paths, through, head.segment)) {
    index.clear(head.log_id);
    through = { log_id: head.log_id, segment: 1, offset: 0, hash: GENESIS, newest: 0 };
  }
  const closed = through.segment < head.segment;
  // The log may have been rotated since the head was read: its name may be another segment's by now.
  const fd = openSegmentFile(fs, paths, through.segment);
  if (fd === null) {
    if (closed) index.cover({ ...through, segment: through.segment + 1, offset: 0, hash: GENESIS });
    return closed;
  }
  try {
    const end = closed ? fs.statusOf(fd).size : head.bytes;
    const done = addLines({ ...parts, fd }, through, end);
    const atEnd = done.offset >= end;
    index.cover(closed && atEnd ? { ...done, segment: done.segment + 1, offset: 0, hash: GENESIS } : done);
    return closed || !atEnd;
  } finally {
    fs.close(fd);
  }
}

interface Filling extends Step {
  readonly fd: number;
}

function addLines({ fs, fd, index, stepBytes }: Filling, from: IndexThrough, end: number): IndexThrough {
  let size = stepBytes;
  for (;;) {
    const chunk = readAt(fs, fd, from.offset, Math.min(size, end - from.offset));
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last < 0) {
      refuseLongLine(from.offset, chunk.length);
      if (chunk.length < size) return { ...from, offset: end };
      size *= 2;
      continue;
    }
    let start = 0;
    let { newest } = from;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
      const position = { segment: from.segment, offset: from.offset + start, length: at - start };
      newest = index.add(chunk.toString("utf8", start, at), position, newest);
      start = at + 1;
    }
    const before = chunk.lastIndexOf(LINE_FEED, last - 1);
    const hash = hashOfLine(chunk.toString("utf8", before + 1, last)) ?? "";
    return { ...from, offset: from.offset + start, hash, newest };
  }
}

/** Whether the log holds, where the index ends, the entry that the index ended with. Cost: reads one line. */
export function coversLog(fs: FileSystem, paths: LogPaths, through: IndexThrough, current: number): boolean {
  if (through.segment > current) return false;
  if (through.offset === 0) return through.hash === GENESIS;
  const path = through.segment === current ? paths.log : segmentPath(paths, through.segment);
  if (fs.statusAt(path) === null) return false;
  const fd = fs.open(path, "read");
  try {
    const found = lineEndingAt(fs, fd, through.offset);
    return found !== null && hashOfLine(found.line) === through.hash;
  } finally {
    fs.close(fd);
  }
}
