// Going through a part of an open file line by line, forwards or from its end, in constant memory.

import { refuseLongLine } from "./long-line.ts";
import { readAt, type FileSystem } from "./file-system.ts";

/** Bytes of a file that are searched. */
export interface SearchRange {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
}

/** Told how many more bytes were gone through. */
export type SeenBytes = (bytes: number) => void;

/** A line, without its line feed, and where it begins. */
export interface ScannedLine {
  readonly line: Buffer;
  readonly offset: number;
}

const CHUNK_BYTES = 1_048_576;
const FIRST_BYTES = 65_536;
const LINE_FEED = 10;

/**
 * The whole lines of a range, from its beginning, that hold the needle. `from` is the start of a line; what follows the
 * last line feed is left out. Cost: linear in the range, about 1 GB/s; memory: a MiB, or twice the longest line.
 * Throws `LEDGER_REFUSED` for a line of over 64 MiB.
 */
export function* linesForward(
  fs: FileSystem,
  range: SearchRange,
  needle: string,
  seen?: SeenBytes,
): Generator<ScannedLine, void, void> {
  const bytes = Buffer.from(needle, "utf8");
  let at = range.from;
  let size = CHUNK_BYTES;
  while (at < range.to) {
    const chunk = readAt(fs, range.fd, at, Math.min(size, range.to - at));
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end < 0) {
      refuseLongLine(at, chunk.length);
      if (chunk.length < size) return;
      size *= 2;
      continue;
    }
    yield* linesOf(chunk.subarray(0, end + 1), at, bytes);
    seen?.(end + 1);
    at += end + 1;
  }
}

function* linesOf(chunk: Buffer, at: number, needle: Buffer): Generator<ScannedLine, void, void> {
  for (let hit = chunk.indexOf(needle); hit >= 0;) {
    const start = chunk.lastIndexOf(LINE_FEED, hit) + 1;
    const end = chunk.indexOf(LINE_FEED, hit);
    yield { line: chunk.subarray(start, end), offset: at + start };
    hit = chunk.indexOf(needle, end);
  }
}

/**
 * The whole lines of a range, from its end, that hold the needle. `from` is the start of a line. Cost as `linesForward`.
 */
export function* linesBackward(
  fs: FileSystem,
  range: SearchRange,
  needle: string,
  seen?: SeenBytes,
): Generator<ScannedLine, void, void> {
  const bytes = Buffer.from(needle, "utf8");
  let end = range.to;
  // Whoever reads from the end mostly wants little.
  let size = FIRST_BYTES;
  while (end > range.from) {
    const start = Math.max(range.from, end - size);
    const chunk = readAt(fs, range.fd, start, end - start);
    // A chunk begins in the middle of a line, unless it is the first.
    const whole = start === range.from ? 0 : chunk.indexOf(LINE_FEED) + 1;
    const last = chunk.lastIndexOf(LINE_FEED);
    if (start > range.from && (whole === 0 || last < whole)) {
      refuseLongLine(start, chunk.length);
      size *= 2;
      continue;
    }
    if (last < whole) return;
    yield* [...linesOf(chunk.subarray(whole, last + 1), start + whole, bytes)].toReversed();
    seen?.(end - start - whole);
    end = start + whole;
    size = Math.min(CHUNK_BYTES, size * 2);
  }
}
