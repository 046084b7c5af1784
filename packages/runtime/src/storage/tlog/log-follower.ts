// Reading a log's durable lines as they come, over its segments, without ever reading one twice.

import { CanopyError } from "../../core/errors.ts";
import type { FileSystem } from "../file-system.ts";
import type { Head } from "../head-file.ts";
import { firstWrittenLine, lineEndingAt } from "../log-search.ts";
import { hashOfLine, tryParseEntry } from "../parse-entry.ts";
import { segmentPath, type LogPaths } from "../sidecar.ts";
import { CHUNK_BYTES, eachLine } from "./each-line.ts";
import { LineChain } from "./line-chain.ts";

/** A line, and where the next one begins. */
export interface FollowedLine {
  /** Without line feed; lent until the next. */
  readonly bytes: Buffer;
  readonly segment: number;
  readonly next: number;
}

/** Follows one log from a place on. */
export class LogFollower {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  #segment: number;
  #offset: number;
  #fd: number | null = null;
  #chain: LineChain | null = null;
  /** Read to again and again: a step reads little, and new memory each time costs more than that. */
  #into: Buffer | null = null;

  constructor(fs: FileSystem, paths: LogPaths, from: { readonly segment: number; readonly offset: number }) {
    this.#fs = fs;
    this.#paths = paths;
    this.#segment = from.segment;
    this.#offset = from.offset;
  }

  /** Where the next line begins. */
  get place(): { readonly segment: number; readonly offset: number } {
    return { segment: this.#segment, offset: this.#offset };
  }

  /**
   * The lines up to a head. A line counts as read once it was given.
   *
   * @throws {CanopyError} `LEDGER_UNAVAILABLE` when a closed segment is missing; `LEDGER_REFUSED` at a line that does not
   * follow from the one before, or when the lines don't lead to the head; or the system's error.
   */
  *linesTo(head: Pick<Head, "segment" | "bytes" | "hash">): Generator<FollowedLine, void, void> {
    for (;;) {
      this.#fd ??= this.#open(this.#segment);
      const isLast = this.#segment === head.segment;
      const to = isLast ? head.bytes : this.#fs.statusOf(this.#fd).size;
      this.#into ??= Buffer.allocUnsafe(CHUNK_BYTES);
      this.#chain ??= this.#chainFrom(this.#fd);
      for (const { bytes, next } of eachLine(this.#fs, { fd: this.#fd, from: this.#offset, to, into: this.#into })) {
        if (!this.#chain.take(bytes)) throw broken(this.#segment, this.#offset);
        this.#offset = next;
        yield { bytes, segment: this.#segment, next };
      }
      // Lines that follow from one another may still be others than those that the head was taken of.
      const isThere = this.#offset === head.bytes ? this.#chain.hash === head.hash : this.#offset > head.bytes;
      if (isLast && !isThere) throw broken(this.#segment, this.#offset);
      if (this.#segment >= head.segment) return;
      this.close();
      this.#segment += 1;
      this.#offset = 0;
      this.#chain.nextSegment();
    }
  }

  close(): void {
    if (this.#fd !== null) this.#fs.close(this.#fd);
    this.#fd = null;
  }

  #chainFrom(fd: number): LineChain {
    if (this.#offset === 0) return new LineChain(null, true);
    const found = lineEndingAt(this.#fs, fd, this.#offset);
    return new LineChain(found === null ? null : hashOfLine(found.line), false);
  }

  #open(segment: number): number {
    const fd = openSegmentFile(this.#fs, this.#paths, segment);
    if (fd !== null) return fd;
    throw new CanopyError(
      "LEDGER_UNAVAILABLE",
      `segment ${segment} of the log is missing: its tree can't be computed`,
      {
        fix: "restore the folder `segments` of the log's sidecar",
      },
    );
  }
}

function broken(segment: number, offset: number): CanopyError {
  return new CanopyError(
    "LEDGER_REFUSED",
    `the line after byte ${offset} of segment ${segment} does not follow from the one before it: nothing is signed of such a log`,
    { fix: "run `canopy verify` on the log, and restore it from a copy" },
  );
}

/**
 * Open a segment for reading, or null when it isn't there: a closed one by its own name, the current one by the log's,
 * which a rotation may take from it at any time. Throws the system's error.
 */
export function openSegmentFile(fs: FileSystem, paths: LogPaths, segment: number): number | null {
  const closed = segmentPath(paths, segment);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (fs.statusAt(closed) !== null) return fs.open(closed, "read");
    const fd = fs.open(paths.log, "read");
    let isIt = false;
    try {
      isIt = segmentOf(fs, fd) === segment;
    } finally {
      if (!isIt) fs.close(fd);
    }
    if (isIt) return fd;
  }
  return null;
}

function segmentOf(fs: FileSystem, fd: number): number {
  const line = firstWrittenLine(fs, fd);
  const entry = line === null ? null : tryParseEntry(line);
  return entry?.event === "log_rotated" ? Number(entry["segment"]) : 1;
}
