// The lines of a log that are known to be on the disk, from a place on, over its segments.
//
// Nothing of the log is held open between two reads, nothing is locked, and nothing beyond the head of the home is read: what
// a sink is told of has happened, whatever becomes of the process that wrote it.

import type { FileSystem } from "../storage/file-system.ts";
import { readHead, type Head } from "../storage/head-file.ts";
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

/** The beginning of a log. */
export const LOG_BEGINNING: LogPlace = { segment: 1, offset: 0, seq: 0, hash: "" };

/** Reads the durable lines of one log. */
export class DurableLines {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;

  constructor(fs: FileSystem, paths: LogPaths) {
    this.#fs = fs;
    this.#paths = paths;
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
   * the head. Cost: linear in what is read.
   */
  after(place: LogPlace, head: Head, limits: BatchLimits): DurableBatch | null {
    let from = place;
    let missing: DurableBatch["missing"] = null;
    for (;;) {
      if (from.segment > head.segment || (from.segment === head.segment && from.offset >= head.bytes)) return null;
      const fd = this.#open(from.segment);
      if (fd === null) {
        from = this.#nextThere(from.segment, head.segment);
        missing = { from_seq: place.seq + 1, to_seq: from.seq };
        continue;
      }
      try {
        const to = from.segment === head.segment ? head.bytes : this.#fs.statusOf(fd).size;
        const lines = this.#read(fd, from, to, limits);
        if (lines.length > 0) return { lines, from, missing };
        if (from.segment === head.segment) return null;
        from = { segment: from.segment + 1, offset: 0, seq: from.seq, hash: "" };
      } finally {
        this.#fs.close(fd);
      }
    }
  }

  #read(fd: number, from: LogPlace, to: number, limits: BatchLimits): readonly DurableLine[] {
    const lines: DurableLine[] = [];
    let { seq } = from;
    let bytes = 0;
    // What is read is bounded, but a line is never cut.
    for (const { bytes: line, next } of eachLine(this.#fs, { fd, from: from.offset, to })) {
      bytes += line.length;
      if (lines.length > 0 && bytes > limits.bytes) break;
      const text = line.toString("utf8");
      const entry = tryParseEntry(text);
      seq = entry?.seq ?? seq + 1;
      const hash = entry?.entry_hash ?? hashOfLine(text) ?? "";
      lines.push({ line: text, place: { segment: from.segment, offset: next, seq, hash } });
      if (lines.length >= limits.entries) break;
    }
    return lines;
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
