// The files of a log as they stand at one moment, for reading: the closed segments and the current file up to its size.

import { CanopyError } from "../core/errors.ts";
import { SUFFIX_BYTES } from "../ledger/chain.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import { refuseLongLine } from "./long-line.ts";
import { linesBackward, linesForward, type ScannedLine } from "./line-scan.ts";
import type { LinePosition, LogPoint } from "./log-point.ts";
import { firstWrittenLine } from "./log-search.ts";
import type { SearchRange } from "./line-scan.ts";
import { hashOfLine, tryParseEntry } from "./parse-entry.ts";
import { segmentPath, segmentsUpTo, type LogPaths } from "./sidecar.ts";

const LINE_FEED = 10;
const REST_BYTES = 65_536;

/** A line of a log, and the number of the file it stands in. */
export interface ViewedLine extends ScannedLine {
  readonly segment: number;
}

/** A part of a log. Both ends are starts of lines, or the end of a file. */
export interface ViewRange {
  readonly from: LogPoint;
  readonly to: LogPoint;
}

/** One look at a log. Lines that are written later are not seen; what is renamed meanwhile is. Close it. */
export class LogView {
  /** The number of the current file, from 1. */
  readonly current: number;
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #open = new Map<number, SearchRange>();

  readonly #progress: ((bytes: number, total: number) => void) | undefined;

  /**
   * @param progress told how many of how many bytes were scanned.
   * @throws {CanopyError} `FILE_UNUSABLE` when the log is missing, unreadable or not a regular file.
   */
  constructor(fs: FileSystem, paths: LogPaths, progress?: (bytes: number, total: number) => void) {
    this.#progress = progress;
    this.#fs = fs;
    this.#paths = paths;
    const range = this.#openFile(paths.log);
    this.current = segmentNumber(fs, range.fd);
    this.#open.set(this.current, range);
  }

  /** The end of the current file when it was looked at. */
  end(): LogPoint {
    return { segment: this.current, offset: this.#range(this.current).to };
  }

  /** Lines of a part that hold the needle, in order. Cost: linear in the bytes. */
  *forward(range: ViewRange, needle: string): Generator<ViewedLine, void, void> {
    const seen = this.#seen();
    for (const { segment, part } of this.#parts(range)) {
      for (const line of linesForward(this.#fs, part, needle, seen)) yield { ...line, segment };
    }
  }

  /** Lines of a part that hold the needle, the last one first. Cost: linear in the bytes that are gone through. */
  *backward(range: ViewRange, needle: string): Generator<ViewedLine, void, void> {
    const seen = this.#seen();
    for (const { segment, part } of this.#parts(range).toReversed()) {
      for (const line of linesBackward(this.#fs, part, needle, seen)) yield { ...line, segment };
    }
  }

  /**
   * The last line, where it has no line feed: it is judged like any other, and the scans above leave it out. Null when there
   * is none, or it is blank. Cost: reads it, rounded up to 64 KiB. Throws `LEDGER_REFUSED` for one of over 64 MiB.
   */
  unfinished(): ViewedLine | null {
    const { fd, to } = this.#range(this.current);
    for (let size = REST_BYTES; ; size *= 4) {
      const from = Math.max(0, to - size);
      const bytes = readAt(this.#fs, fd, from, to - from);
      const start = bytes.lastIndexOf(LINE_FEED) + 1;
      if (start === 0 && from > 0) {
        refuseLongLine(from, bytes.length);
        continue;
      }
      const line = bytes.subarray(start);
      return line.toString("latin1").trim() === "" ? null : { line, offset: from + start, segment: this.current };
    }
  }

  /** The bytes at a position; fewer when the file ends before. */
  at({ segment, offset, length }: LinePosition): Buffer {
    return readAt(this.#fs, this.#range(segment).fd, offset, length);
  }

  close(): void {
    for (const { fd } of this.#open.values()) this.#fs.close(fd);
    this.#open.clear();
  }

  #seen(): ((bytes: number) => void) | undefined {
    const progress = this.#progress;
    if (progress === undefined) return undefined;
    const total = this.#segments().reduce((sum, segment) => sum + this.#range(segment).to, 0);
    let done = 0;
    return (bytes) => {
      done += bytes;
      progress(done, total);
    };
  }

  #parts({ from, to }: ViewRange): readonly { readonly segment: number; readonly part: SearchRange }[] {
    const segments = this.#segments().filter((segment) => segment >= from.segment && segment <= to.segment);
    return segments.map((segment) => {
      const whole = this.#range(segment);
      const start = segment === from.segment ? from.offset : 0;
      const end = segment === to.segment ? Math.min(to.offset, whole.to) : whole.to;
      return { segment, part: { fd: whole.fd, from: start, to: end } };
    });
  }

  #segments(): readonly number[] {
    return segmentsUpTo(this.#fs, this.#paths, this.current);
  }

  #range(segment: number): SearchRange {
    let range = this.#open.get(segment);
    if (range === undefined) {
      range = this.#openFile(segmentPath(this.#paths, segment));
      this.#open.set(segment, range);
    }
    return range;
  }

  #openFile(path: string): SearchRange {
    let fd: number;
    try {
      fd = this.#fs.open(path, "read");
    } catch (cause) {
      // A link, a pipe, a folder: said as it is.
      if (cause instanceof CanopyError) throw cause;
      throw unusable(path, this.#fs.statusAt(path) === null ? "does not exist" : "can't be read", cause);
    }
    return { fd, from: 0, to: this.#fs.statusOf(fd).size };
  }
}

/**
 * The entry of a line of ours, if its own hash holds; else what is wrong. A line of another writer (a continued foreign
 * log) is `foreign`.
 */
export function provenEntry(line: Buffer): LedgerEntry | "changed" | "foreign" {
  const text = line.toString("utf8");
  const entry = tryParseEntry(text);
  if (entry === null) return hashOfLine(text) === null ? "changed" : "foreign";
  const hashed = `${entry.prev_hash}${line.toString("utf8", 0, line.length - SUFFIX_BYTES)}}`;
  // Spaces and the order of members may differ from how we write: then the slower way says.
  return sha256Hex(hashed) === entry.entry_hash || hashOfLine(text) === entry.entry_hash ? entry : "changed";
}

/** The number of the segment that an open file is: its first entry says so, when it isn't the first. */
function segmentNumber(fs: FileSystem, fd: number): number {
  const line = firstWrittenLine(fs, fd);
  const entry = line === null ? null : tryParseEntry(line);
  const segment = entry?.event === "log_rotated" ? entry["segment"] : 1;
  return typeof segment === "number" && Number.isSafeInteger(segment) ? segment : 1;
}

function unusable(path: string, problem: string, cause?: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the log \`${path}\` ${problem}`, {
    fix: "name a log, set CANOPY_AUDIT_LOG_PATH, or run `canopy quickstart` to see one",
    ...(cause === undefined ? {} : { cause }),
  });
}
