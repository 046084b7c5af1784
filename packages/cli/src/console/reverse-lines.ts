// The lines of a log from its end to its beginning, through all its segments. Reads blocks; of a line that is longer
// than any entry may be, only where it stands.

import { closeSync, constants, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { openRegular, otherThanFile } from "canopy-runtime/regular-file";
import { LONGEST_LINE, parseMembers, textOf } from "./entry-facts.ts";

/** A line: where it stands, and its text unless it is too long to be an entry. */
export interface FoundLine {
  readonly offset: number;
  readonly length: number;
  readonly text: string | null;
}

/** Lines of one file, oldest first. */
export interface FoundLines {
  readonly fd: number;
  readonly lines: readonly FoundLine[];
}

const BLOCK_BYTES = 1_048_576;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SEGMENT_NAME = /^\d{6}\.log$/u;

/** Reads a log backwards, a block at each call. */
export class ReverseLines {
  readonly #path: string;
  #fd: number;
  /** Everything from here on has been given. */
  #end: number;
  #seen = new Set<string>();
  #finished = false;
  /** What stops it before the beginning of the log, for people; null when nothing did. */
  problem: string | null = null;

  /** `end` is where to begin: just after a line feed, or 0. */
  constructor(path: string, fd: number, end: number) {
    this.#path = path;
    this.#fd = fd;
    this.#end = end;
  }

  /** The next block of lines, older than all before; null at the beginning of the log. Cost: a block of 1 MiB. */
  next(): FoundLines | null {
    if (this.#finished) return null;
    if (this.#end <= 0 && !this.#openPrevious()) {
      this.#finished = true;
      return null;
    }
    const fd = this.#fd;
    const from = Math.max(0, this.#end - BLOCK_BYTES);
    const bytes = readBytes(fd, from, this.#end - from);
    if (bytes.length < this.#end - from) {
      this.problem = "the log became shorter while it was read";
      this.#finished = true;
      return null;
    }
    const first = from === 0 ? 0 : bytes.indexOf(LINE_FEED) + 1;
    if (from > 0 && (first === 0 || first >= bytes.length)) {
      const start = lineStart(fd, from);
      const length = this.#end - 1 - start;
      const text = length > LONGEST_LINE ? null : readBytes(fd, start, length).toString("utf8");
      this.#end = start;
      return { fd, lines: [{ offset: start, length, text }] };
    }
    this.#end = from + first;
    return { fd, lines: linesIn(bytes.subarray(first), from + first) };
  }

  // Each segment names the one before it in its first entry.
  #openPrevious(): boolean {
    const first = readBytes(this.#fd, 0, LONGEST_LINE);
    const end = first.indexOf(LINE_FEED);
    const members = parseMembers(first.subarray(0, end < 0 ? first.length : end).toString("utf8"));
    if (members === null || textOf(members, "event") !== "log_rotated") return false;
    const name = textOf(members, "previous_segment");
    if (!SEGMENT_NAME.test(name) || this.#seen.has(name)) return false;
    this.#seen.add(name);
    const beside = dirname(this.#path);
    const folder = beside.endsWith(".d/segments") ? beside : join(`${this.#path}.d`, "segments");
    const path = join(folder, name);
    try {
      this.#fd = openRegular(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      this.#end = endOfLines(this.#fd);
      return this.#end > 0;
    } catch {
      const kind = otherThanFile(path);
      this.problem = `segment ${name}, which came before, is ${kind === null ? "not there" : `${kind}, and no file`}`;
      return false;
    }
  }
}

/** The lines in bytes that end with a line feed and begin a line. Blank ones are no lines. */
export function linesIn(bytes: Buffer, at: number): readonly FoundLine[] {
  const lines: FoundLine[] = [];
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    const length = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - start - 1 : end - start;
    if (length > 0) {
      const text = length > LONGEST_LINE ? null : bytes.toString("utf8", start, start + length);
      lines.push({ offset: at + start, length, text });
    }
    start = end + 1;
  }
  return lines;
}

/** Up to `length` bytes of a file; fewer at its end. Throws the system's error. */
export function readBytes(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, length));
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(fd, bytes, done, bytes.length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

/** Where the last whole line of a file ends: just after its line feed. */
export function endOfLines(fd: number): number {
  return lineStart(fd, sizeOf(fd));
}

// The beginning of the line that goes on at `before`.
function lineStart(fd: number, before: number): number {
  for (let end = before; end > 0;) {
    const from = Math.max(0, end - BLOCK_BYTES);
    const feed = readBytes(fd, from, end - from).lastIndexOf(LINE_FEED);
    if (feed >= 0) return from + feed + 1;
    end = from;
  }
  return 0;
}

function sizeOf(fd: number): number {
  return process.getBuiltinModule("node:fs").fstatSync(fd).size;
}

/** Close a descriptor, whatever it is by now. */
export function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was closed with the thread that opened it.
  }
}
