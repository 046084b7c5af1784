// What stands in the files of an open log, read back: entries at known places, and all entries between two of them.
//
// INVARIANT: nothing is given out on the word of the file alone. An entry at a place has the hash that was known of it, and
// entries that are come upon lie on the chain between two known ones (`scanChain`).

import { CanopyError } from "../core/errors.ts";
import { SUFFIX_BYTES } from "../ledger/chain.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { scanChain, type LineVisitor, type OpenSegment } from "./chain-scan.ts";
import { sha256Hex } from "./chain-host.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import type { SearchRange } from "./line-scan.ts";
import type { LogFile } from "./log-file.ts";
import type { ChainPoint, EntryPosition, LogPoint } from "./log-point.ts";
import { parseEntry, tryParseEntry } from "./parse-entry.ts";
import { openSegment, segmentPath, segmentsUpTo, type LogPaths } from "./sidecar.ts";

/** What is read from. */
export interface SpanSource {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  /** The current file. */
  readonly log: () => LogFile;
}

/** The files of one open log. */
export class LogSpan {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #log: () => LogFile;

  constructor({ fs, paths, log }: SpanSource) {
    this.#fs = fs;
    this.#paths = paths;
    this.#log = log;
  }

  /** The end of the log as this process knows it. */
  end(): ChainPoint {
    const { segment, tail } = this.#log();
    return { segment, offset: tail.bytes, hash: tail.hash };
  }

  /** Visit every entry from a point to another, the end when absent. Cost and errors as `scanChain`. */
  between(from: ChainPoint, visit: LineVisitor, to: ChainPoint = this.end()): void {
    scanChain({ fs: this.#fs, open: (segment) => this.#open(segment) }, from, to, visit);
  }

  /** Visit every entry from a point to the end whose line holds the needle. Cost and errors as `scanChain`. */
  search(needle: string, from: ChainPoint, found: (entry: LedgerEntry, position: EntryPosition) => void): void {
    const bytes = Buffer.from(needle);
    this.between(from, (line, position) => {
      const entry = line.includes(bytes) ? tryParseEntry(line.toString("utf8")) : null;
      if (entry !== null) found(entry, position);
    });
  }

  /** How many bytes lie between a point and the end. */
  bytesAfter(from: LogPoint): number {
    const { segment: current, tail } = this.#log();
    let bytes = 0;
    for (const segment of segmentsUpTo(this.#fs, this.#paths, current)) {
      if (segment < from.segment) continue;
      const size = segment === current ? tail.bytes : (this.#fs.statusAt(segmentPath(this.#paths, segment))?.size ?? 0);
      bytes += Math.max(0, size - (segment === from.segment ? from.offset : 0));
    }
    return bytes;
  }

  /**
   * The entries at positions of one or more segments. Cost: a read and a SHA-256 each; each segment is opened once for
   * those that follow one another.
   *
   * @throws {CanopyError} `LEDGER_REFUSED` when another line stands there, `LEDGER_UNAVAILABLE` when a segment is missing.
   */
  entriesAt(positions: readonly EntryPosition[]): readonly LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    for (let from = 0; from < positions.length;) {
      const segment = positions[from]?.segment ?? 1;
      const later = positions.findIndex((position, index) => index > from && position.segment !== segment);
      const to = later < 0 ? positions.length : later;
      const file = this.#open(segment);
      if (file === null) throw missing();
      try {
        for (const position of positions.slice(from, to)) entries.push(this.#read(file.fd, position));
      } finally {
        file.close();
      }
      from = to;
    }
    return entries;
  }

  /** The ranges of the log's files from a point to the end, for what is not believed anyway. Cost: opens each. */
  eachFile(from: LogPoint, work: (range: SearchRange, segment: number) => void): void {
    const { segment: current, tail } = this.#log();
    for (const segment of segmentsUpTo(this.#fs, this.#paths, current)) {
      if (segment < from.segment) continue;
      const file = this.#open(segment);
      if (file === null) continue;
      try {
        const to = segment === current ? tail.bytes : this.#fs.statusOf(file.fd).size;
        work({ fd: file.fd, from: segment === from.segment ? from.offset : 0, to }, segment);
      } finally {
        file.close();
      }
    }
  }

  #open(segment: number): OpenSegment | null {
    const log = this.#log();
    if (segment === log.segment) return { fd: log.fd, close: () => undefined };
    if (this.#fs.statusAt(segmentPath(this.#paths, segment)) === null) return null;
    const fd = openSegment(this.#fs, this.#paths, segment);
    return { fd, close: () => this.#fs.close(fd) };
  }

  #read(fd: number, { offset, length, hash }: EntryPosition): LedgerEntry {
    const line = readAt(this.#fs, fd, offset, length);
    const entry = parseEntry(line.toString("utf8"));
    const hashed = `${entry.prev_hash}${line.toString("utf8", 0, line.length - SUFFIX_BYTES)}}`;
    // The entry's own word for its hash could have been made anew with the rest of it.
    if (entry.entry_hash === hash && sha256Hex(hashed) === hash) return entry;
    throw new CanopyError("LEDGER_REFUSED", "an entry of the log was changed after it was written", {
      fix: "run `canopy verify` on the log",
    });
  }
}

function missing(): CanopyError {
  return new CanopyError("LEDGER_UNAVAILABLE", "a closed segment of the log is missing, so its history can't be read", {
    fix: "restore the folder `segments` of the log's sidecar",
  });
}
