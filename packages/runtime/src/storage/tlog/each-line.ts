// Going through a range of a file line by line, as the tree counts lines: each non-blank one is a leaf.

import { refuseLongLine } from "../long-line.ts";
import { readInto, type FileSystem } from "../file-system.ts";

/** How much is read at once. */
export const CHUNK_BYTES = 1_048_576;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BRACE = 0x7b;

/** Bytes of an open file; `from` is the start of a line. */
export interface FileRange {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
  /** Where to read to, if it is long enough: lent until the last line was asked for. */
  readonly into?: Buffer;
}

/** A non-blank line: its bytes without line feed, lent until the next, and where it stands. */
export interface PlacedLine {
  readonly bytes: Buffer;
  readonly offset: number;
  /** Where the next line begins. */
  readonly next: number;
}

/**
 * The non-blank lines of a range that end in a line feed within it, in order. Cost: linear; memory 1 MiB, or twice the
 * longest line. Throws the system's error; `LEDGER_REFUSED` for a line of over 64 MiB.
 */
export function* eachLine(fs: FileSystem, range: FileRange): Generator<PlacedLine, void, void> {
  let size = CHUNK_BYTES;
  for (let at = range.from; at < range.to;) {
    const chunk = readInto(fs, range.fd, at, roomFor(Math.min(size, range.to - at), range.into));
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const bytes = chunk.subarray(start, end);
      if (!isBlank(bytes)) yield { bytes, offset: at + start, next: at + end + 1 };
      start = end + 1;
    }
    if (start === 0) {
      refuseLongLine(at, chunk.length);
      if (chunk.length < size) return;
      size *= 2;
    }
    at += start;
  }
}

function roomFor(length: number, into: Buffer | undefined): Buffer {
  return into === undefined || into.length < length ? Buffer.allocUnsafe(length) : into.subarray(0, length);
}

/** Whether a line holds nothing but white space: such a line is no leaf. */
export function isBlank(line: Uint8Array): boolean {
  return line[0] !== BRACE && line.every((byte) => byte === 32 || byte === 9 || byte === CARRIAGE_RETURN);
}
