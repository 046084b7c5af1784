// The lines of a log that are known to be on the disk, from a place on, over its segments.
//
// Nothing of the log is held open between two reads, nothing is locked, and nothing beyond the head of the home is read: what
// a sink is told of has happened, whatever becomes of the process that wrote it. And only a line that lies on the chain from
// the place to that head is told: who can write the file can make a line's own hash anew, but not what the home knows.

import { GENESIS } from "../ledger/chain.ts";
import { scanChain, type ChainFiles } from "../storage/chain-scan.ts";
import type { FileSystem } from "../storage/file-system.ts";
import { readHead, type Head } from "../storage/head-file.ts";
import { KnownPoints } from "../storage/known-points.ts";
import { firstLine, lineEndingAt } from "../storage/log-search.ts";
import { hashOfLine, tryParseEntry } from "../storage/parse-entry.ts";
import { segmentPath, type LogPaths } from "../storage/sidecar.ts";
import { eachLine } from "../storage/tlog/each-line.ts";
import type { BatchLimits } from "./sink.ts";

/** A place between two lines. */
export interface LogPlace {
  readonly segment: number;
  readonly offset: number;
  /** `seq` of the line before; 0 when there is none or it has none. */
  readonly seq: number;
  /** `entry_hash` of the line before; empty at the beginning of a segment. */
  readonly hash: string;
}

/** A line, and the place behind it. */
export interface DurableLine {
  readonly line: string;
  readonly place: LogPlace;
}

/** Lines that follow a place, and what of the log is gone before them. */
export interface DurableBatch {
  readonly lines: readonly DurableLine[];
  /** Where the lines begin: another place than was asked for when segments are missing. */
  readonly from: LogPlace;
  /** Entries (`seq`) that are in no file any more; null when none are missing. */
  readonly missing: { readonly from_seq: number; readonly to_seq: number } | null;
}

/** How far apart the points are that the lines are verified between. */
const STEP_BYTES = 1_048_576;

/** The beginning of a log. */
export const LOG_BEGINNING: LogPlace = { segment: 1, offset: 0, seq: 0, hash: "" };

/** Reads the durable lines of one log. */
export class DurableLines {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #files: ChainFiles;
  readonly #known = new KnownPoints();
  #logId = "";

  constructor(fs: FileSystem, paths: LogPaths) {
    this.#fs = fs;
    this.#paths = paths;
    this.#files = {
      fs,
      open: (segment) => {
        const fd = this.#open(segment);
        return fd === null ? null : { fd, close: () => fs.close(fd) };
      },
    };
  }

  /** How far the log is known to be durable; null before anything is. Cost: one small read. */
  head(): Head | null {
    return readHead(this.#fs, this.#paths.head);
  }

  /** Whether the log still has the line that a place stands behind. Cost: one small read. */
  holds(place: LogPlace): boolean {
    if (place.offset === 0) return true;
    const fd = this.#open(place.segment);
    // A segment that is gone is not a log that was replaced: `after` says what is missing.
    if (fd === null) return true;
    try {
      const found = lineEndingAt(this.#fs, fd, place.offset);
      return found !== null && hashOfLine(found.line) === place.hash;
    } finally {
      this.#fs.close(fd);
    }
  }

  /**
   * The lines behind a place, as many as the limits allow, at least one if there is one; null when there is none up to
   * the head. Cost: linear in what is read, and up to a step beyond it; a backlog is followed once to the head before.
   *
   * @throws {CanopyError} as `scanChain`, when the chain doesn't lead from the place over the lines to the head.
   */
  after(place: LogPlace, head: Head, limits: BatchLimits): DurableBatch | null {
    const begin = this.#firstThere(place, head);
    if (begin.segment > head.segment || (begin.segment === head.segment && begin.offset >= head.bytes)) return null;
    const missing = begin === place ? null : { from_seq: place.seq + 1, to_seq: begin.seq };
    const part = this.#part(begin, head, limits);
    return part === null ? null : { ...part, missing };
  }

  /** The line behind a place, as it stands there, true or not; null when there is none. Cost: one small read. */
  peek(place: LogPlace, head: Head): string | null {
    for (let from = this.#firstThere(place, head); from.segment <= head.segment;) {
      const fd = this.#open(from.segment);
      if (fd === null) return null;
      try {
        const to = from.segment === head.segment ? head.bytes : this.#fs.statusOf(fd).size;
        for (const { bytes } of eachLine(this.#fs, { fd, from: from.offset, to })) return bytes.toString("utf8");
      } finally {
        this.#fs.close(fd);
      }
      from = { ...from, segment: from.segment + 1, offset: 0 };
    }
    return null;
  }

  /** The place itself; or, when what follows it is gone, the beginning of the next segment that is there. */
  #firstThere(place: LogPlace, head: Head): LogPlace {
    const size = this.#sizeOf(place.segment);
    if (size === null && place.segment <= head.segment) return this.#nextThere(place.segment, head.segment);
    const isRead = size !== null && place.segment < head.segment && place.offset === size;
    if (!isRead || this.#sizeOf(place.segment + 1) !== null) return place;
    return this.#nextThere(place.segment + 1, head.segment);
  }

  #sizeOf(segment: number): number | null {
    const fd = this.#open(segment);
    if (fd === null) return null;
    try {
      return this.#fs.statusOf(fd).size;
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Lines of one segment, which count when the chain led over them to a point that leads to the head. */
  #part(begin: LogPlace, head: Head, limits: BatchLimits): Pick<DurableBatch, "lines" | "from"> | null {
    const { segment, offset, hash } = begin;
    const start = { segment, offset, hash: offset > 0 ? hash : segment === 1 ? GENESIS : null };
    const end = { segment: head.segment, offset: head.bytes, hash: head.hash };
    if (head.log_id !== this.#logId) this.#known.clear();
    this.#logId = head.log_id;
    const to = this.#known.next(this.#files, start, end, STEP_BYTES);
    const lines: DurableLine[] = [];
    let from = begin;
    let { seq } = begin;
    let bytes = 0;
    let isFull = false;
    scanChain(this.#files, start, to, (line, at) => {
      if (isFull) return;
      if (lines.length === 0) from = at.segment === begin.segment ? begin : { ...at, seq, hash: "" };
      bytes += line.length;
      // What is read is bounded, but a line is never cut.
      isFull = lines.length > 0 && (bytes > limits.bytes || at.segment !== from.segment);
      if (isFull) return;
      const text = line.toString("utf8");
      seq = tryParseEntry(text)?.seq ?? seq + 1;
      lines.push({ line: text, place: { segment: at.segment, offset: at.offset + at.length + 1, seq, hash: at.hash } });
      isFull = lines.length >= limits.entries;
    });
    return lines.length === 0 ? null : { lines, from };
  }

  /** A file of the log by its number, open; null when it is not there. */
  #open(segment: number): number | null {
    for (const path of [this.#paths.log, segmentPath(this.#paths, segment), this.#paths.log]) {
      if (this.#fs.statusAt(path)?.kind !== "file") continue;
      const fd = this.#fs.open(path, "read");
      if (this.#numberOf(fd) === segment) return fd;
      this.#fs.close(fd);
    }
    return null;
  }

  #numberOf(fd: number): number {
    const line = firstLine(this.#fs, fd);
    const entry = line === null ? null : tryParseEntry(line);
    return entry?.event === "log_rotated" ? Number(entry["segment"]) : 1;
  }

  /** The beginning of the next segment that is there. */
  #nextThere(gone: number, last: number): LogPlace {
    for (let segment = gone + 1; segment <= last; segment += 1) {
      const fd = this.#open(segment);
      if (fd === null) continue;
      try {
        const line = firstLine(this.#fs, fd);
        const seq = line === null ? 0 : (tryParseEntry(line)?.seq ?? 1) - 1;
        return { segment, offset: 0, seq, hash: "" };
      } finally {
        this.#fs.close(fd);
      }
    }
    return { segment: last + 1, offset: 0, seq: 0, hash: "" };
  }
}
