// Bringing the index up to the durable head, in steps that each end in a consistent index.
//
// Decisions go by the index of a home. So only lines are entered there that lead, by the chain, from where the index ends to
// the head that the home keeps; of a log that was changed in place it covers what came before the change. The index beside
// a log is for whoever reads that log, a broken one too: it says where lines stand, and nothing is decided by it.

import { GENESIS } from "../ledger/chain.ts";
import { scanChain, type ChainFiles } from "./chain-scan.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import { readHead, type Head } from "./head-file.ts";
import type { IndexDatabase, IndexThrough } from "./index-database.ts";
import { KnownPoints } from "./known-points.ts";
import { LOG_START } from "./log-point.ts";
import { lineEndingAt } from "./log-search.ts";
import { refuseLongLine } from "./long-line.ts";
import { hashOfLine } from "./parse-entry.ts";
import { segmentPath, type LogPaths } from "./sidecar.ts";
import { openSegmentFile } from "./tlog/log-follower.ts";

const LINE_FEED = 10;

/**
 * Index about the next `stepBytes`. Returns whether there may be more. Begins anew when the index is of another log, or the log
 * does not hold what the index covers. Cost: about 12 µs an entry. Throws as `IndexCatchUp.step`.
 */
export function catchUpIndex(fs: FileSystem, paths: LogPaths, index: IndexDatabase, stepBytes: number): boolean {
  return new IndexCatchUp(fs, paths, index).step(stepBytes);
}

/** Brings one index up, step by step. */
export class IndexCatchUp {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #index: IndexDatabase;
  /** Points further on, up to a head: what lies between them can be entered. */
  readonly #known = new KnownPoints();

  constructor(fs: FileSystem, paths: LogPaths, index: IndexDatabase) {
    this.#fs = fs;
    this.#paths = paths;
    this.#index = index;
  }

  /**
   * Index about the next `stepBytes`. Returns whether there may be more. Cost: about 12 µs an entry; where more than one
   * step is left, its chain is followed once before, a SHA-256 a line.
   *
   * @throws {CanopyError} as `scanChain`, when what is to be entered doesn't lead to the head; or the errors of SQLite and
   * of the system.
   */
  step(stepBytes: number): boolean {
    const head = readHead(this.#fs, this.#paths.head);
    if (head === null) return false;
    const before = this.#index.through();
    if (before !== null && before.log_id === head.log_id && isAt(before, head)) return false;
    return this.#index.transaction(() => this.#step(head, stepBytes));
  }

  #step(head: Head, stepBytes: number): boolean {
    const through = this.#through(head);
    if (this.#paths.head === this.#paths.synced) {
      return addUnproven({ fs: this.#fs, paths: this.#paths, index: this.#index, stepBytes }, through, head);
    }
    const end = { segment: head.segment, offset: head.bytes, hash: head.hash };
    const to = this.#known.next(this.#files(), through, end, stepBytes);
    let { newest } = through;
    scanChain(this.#files(), through, to, (line, position) => {
      newest = this.#index.add(line.toString("utf8"), position, newest);
    });
    this.#index.cover({ ...to, log_id: head.log_id, newest });
    return to.segment !== head.segment || to.offset < head.bytes;
  }

  #through(head: Head): IndexThrough {
    const through = this.#index.through();
    const isOurs = through?.log_id === head.log_id;
    if (isOurs && coversLog(this.#fs, this.#paths, through, head.segment)) return through;
    this.#index.clear(head.log_id);
    this.#known.clear();
    return { ...LOG_START, log_id: head.log_id };
  }

  #files(): ChainFiles {
    const fs = this.#fs;
    return {
      fs,
      open: (segment) => {
        // The log may have been rotated since the head was read: its name may be another segment's by now.
        const fd = openSegmentFile(fs, this.#paths, segment);
        return fd === null ? null : { fd, close: () => fs.close(fd) };
      },
    };
  }
}

function isAt(through: IndexThrough, head: Head): boolean {
  return through.segment === head.segment && through.offset >= head.bytes;
}

interface Step {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly index: IndexDatabase;
  readonly stepBytes: number;
}

/** Enter lines as they stand there. */
function addUnproven(parts: Step, through: IndexThrough, head: Head): boolean {
  const { fs, paths, index } = parts;
  const closed = through.segment < head.segment;
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
