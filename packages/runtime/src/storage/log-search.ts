// Finding lines that hold some bytes, by scanning: for what the index does not cover.

import { MAX_LINE_BYTES } from "../ledger/verify.ts";
import { readAt, type FileSystem } from "./file-system.ts";
import { linesForward, type SearchRange } from "./line-scan.ts";

const LINE_FEED = 10;

/**
 * Call `found` with each complete line in the range that holds the needle, in order, without its line feed. `from` is
 * the start of a line. Cost: linear in the range, about 1 GB/s.
 */
export function searchLines(
  fs: FileSystem,
  range: SearchRange,
  needle: string,
  found: (line: Buffer, offset: number) => void,
): void {
  for (const { line, offset } of linesForward(fs, range, needle)) found(line, offset);
}

/** The line that ends, with its line feed, at `end`; null when none of at most 64 MiB does. Cost: reads the line, rounded up to 4 KiB. */
export function lineEndingAt(fs: FileSystem, fd: number, end: number): { line: string; start: number } | null {
  for (let length = 4096; ; length *= 4) {
    const from = Math.max(0, end - length);
    const bytes = readAt(fs, fd, from, end - from);
    if (bytes.length !== end - from || bytes.length < 2 || bytes[bytes.length - 1] !== LINE_FEED) return null;
    const before = bytes.lastIndexOf(LINE_FEED, bytes.length - 2);
    if (before >= 0 || from === 0) {
      return { line: bytes.subarray(before + 1, -1).toString("utf8"), start: from + before + 1 };
    }
    if (length >= MAX_LINE_BYTES) return null;
  }
}

/** The first line of a file, without its line feed; null when it has none within 256 KiB. */
export function firstLine(fs: FileSystem, fd: number): string | null {
  return lineFrom(fs, fd, 0);
}

/** The same of the first line that is not blank, from its first character on: a blank one is no entry, and hides none. */
export function firstWrittenLine(fs: FileSystem, fd: number): string | null {
  for (let at = 0; ; at += FIRST_BYTES) {
    const bytes = readAt(fs, fd, at, FIRST_BYTES);
    const begin = bytes.findIndex((byte) => !BLANK.has(byte));
    const end = begin < 0 ? -1 : bytes.indexOf(LINE_FEED, begin);
    if (end >= 0) return bytes.toString("utf8", begin, end);
    if (begin >= 0) return lineFrom(fs, fd, at + begin);
    if (bytes.length < FIRST_BYTES) return null;
  }
}

const FIRST_BYTES = 262_400;
const BLANK: ReadonlySet<number> = new Set([32, 9, 13, LINE_FEED]);

function lineFrom(fs: FileSystem, fd: number, from: number): string | null {
  const bytes = readAt(fs, fd, from, FIRST_BYTES);
  const end = bytes.indexOf(LINE_FEED);
  return end < 0 ? null : bytes.toString("utf8", 0, end);
}
