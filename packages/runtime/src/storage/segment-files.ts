// The files of a log: the current one, and the closed segments that came before it.

import { basename, dirname, join } from "node:path";
import type { LedgerEntry } from "../ledger/ports.ts";
import type { FileStatus, FileSystem } from "./file-system.ts";
import { firstWrittenLine } from "./log-search.ts";
import { tryParseEntry } from "./parse-entry.ts";

/** One file of a log. */
export interface SegmentFile {
  readonly path: string;
  /** Its name when it isn't the file that was asked for. */
  readonly name: string | null;
  /** Its first line that is not blank, where that is an entry of ours. */
  readonly first: LedgerEntry | null;
}

const SEGMENT_NAME = /^\d{6}\.log$/;

/**
 * The files of a log, oldest first: each names the one before it in its first entry. What is missing is told to `warnings`.
 * Throws the system's error.
 */
export function segmentFiles(fs: FileSystem, path: string, warnings: string[]): readonly SegmentFile[] {
  const folder = path === logOf(path) ? join(`${path}.d`, "segments") : dirname(path);
  const files: SegmentFile[] = [];
  let at: string = path;
  for (;;) {
    const first = firstEntry(fs, at);
    files.unshift({ path: at, name: at === path ? null : basename(at), first });
    const name = first?.event === "log_rotated" ? first["previous_segment"] : null;
    if (typeof name !== "string" || !SEGMENT_NAME.test(name)) return files;
    at = join(folder, name);
    const kind = files.some((file) => file.path === at) ? "seen" : (fs.statusAt(at)?.kind ?? "gone");
    if (kind !== "file") {
      warnings.push(`segment ${name}, which came before, ${NO_SEGMENT[kind]}`);
      return files;
    }
  }
}

const UNCHECKED = "entries before it were not checked";
/** What a warning ends with, of a segment in whose place something else stands. */
export const PUT_BACK: string = `${UNCHECKED}; take that away and put the segment back from a copy`;

/** What is said of a segment that can't be read. */
const NO_SEGMENT: Readonly<Record<Exclude<FileStatus["kind"], "file"> | "gone" | "seen", string>> = {
  gone: `is not there: ${UNCHECKED}`,
  seen: `is one that comes after it: ${UNCHECKED}`,
  link: `is a symbolic link, and no file of the log: ${PUT_BACK}`,
  folder: `is a folder, and no file: ${PUT_BACK}`,
  other: `is a pipe, a socket or a device, and no file: ${PUT_BACK}`,
};

function firstEntry(fs: FileSystem, path: string): LedgerEntry | null {
  const fd = fs.open(path, "read");
  try {
    const line = firstWrittenLine(fs, fd);
    return line === null ? null : tryParseEntry(line);
  } finally {
    fs.close(fd);
  }
}

/** The log that a file belongs to: itself, or the one whose `segments` folder it stands in. */
export function logOf(path: string): string {
  const folder = dirname(dirname(path));
  return basename(dirname(path)) === "segments" && folder.endsWith(".d") ? folder.slice(0, -2) : path;
}

/** The index of the first line that is there, of the files of a log. */
export function firstIndex([first]: readonly SegmentFile[]): number {
  return first?.first?.event === "log_rotated" ? first.first.seq - 1 : 0;
}

/** Whether a log says in its first line that we wrote it. */
export function isOurs([first]: readonly SegmentFile[]): boolean {
  return first !== undefined && first.first !== null;
}
