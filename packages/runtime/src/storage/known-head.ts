// What a home's heads say of a log that is not the one that was left, or that stands where none was.

import { dirname, join, resolve } from "node:path";
import { counted } from "../core/counted.ts";
import type { Standing } from "./anchors/standing.ts";
import type { FileSystem } from "./file-system.ts";
import { readHead, type Head } from "./head-file.ts";
import { headPath } from "./head-path.ts";
import { firstWrittenLine, lineEndingAt } from "./log-search.ts";
import { hashOfLine, tryParseEntry } from "./parse-entry.ts";
import { logPathsOf, segmentPath, type LogPaths } from "./sidecar.ts";

const MOST_HEADS = 4096;
const SHOWN_DIGITS = 16;

/** How a log stands to the head that a home keeps of it. Cost: two lines are read. Throws the system's error. */
export function headStanding(fs: FileSystem, paths: LogPaths, head: Head): Standing {
  if (head.bytes === 0) return "consistent";
  const status = fs.statusAt(paths.log);
  if (status === null || status.size === 0) return "rolled_back";
  const segment = segmentOf(fs, paths.log);
  if (segment < head.segment) return "forked";
  const path = segment === head.segment ? paths.log : segmentPath(paths, head.segment);
  // A closed segment may have been taken away; what came after it says where it ended.
  return fs.statusAt(path) === null ? "consistent" : endStanding(fs, path, head);
}

function endStanding(fs: FileSystem, path: string, head: Head): Standing {
  const fd = fs.open(path, "read");
  try {
    if (fs.statusOf(fd).size < head.bytes) return "rolled_back";
    const found = lineEndingAt(fs, fd, head.bytes);
    return found !== null && hashOfLine(found.line) === head.hash ? "consistent" : "forked";
  } finally {
    fs.close(fd);
  }
}

function segmentOf(fs: FileSystem, path: string): number {
  const fd = fs.open(path, "read");
  try {
    const line = firstWrittenLine(fs, fd);
    const first = line === null ? null : tryParseEntry(line);
    const segment = first?.event === "log_rotated" ? first["segment"] : 1;
    return typeof segment === "number" ? segment : 1;
  } finally {
    fs.close(fd);
  }
}

/** What is known of a log, in words: how many entries, and which was the last. */
export function headText({ seq, hash }: Head): string {
  return `this home knows of ${counted(seq, "entry", "entries")} of it, the last ${hash.slice(0, SHOWN_DIGITS)}…`;
}

/** The same of a log at a path, where a home keeps a head of it that names an entry; else null. Never throws. */
export function knownAt(fs: FileSystem, home: string | undefined, path: string): Head | null {
  if (home === undefined) return null;
  try {
    const head = readHead(fs, headPath(home, realPathOf(fs, path)));
    return head === null || head.seq === 0 ? null : head;
  } catch {
    return null;
  }
}

/** How a log stands to the head that a home keeps under its path; null: the home keeps none. Throws the system's error. */
export function standingAt(fs: FileSystem, home: string, path: string): Standing | null {
  const head = knownAt(fs, home, path);
  return head === null ? null : headStanding(fs, logPathsOf(realPathOf(fs, path)), head);
}

/** A file that is gone is known by where its folder is. */
function realPathOf(fs: FileSystem, path: string): string {
  const at = resolve(path);
  return fs.statusAt(at) === null ? join(fs.realPath(dirname(at)), at.slice(dirname(at).length)) : fs.realPath(at);
}

/** The furthest head of a log of that id under any path, of the heads in a folder; null: none. Cost: reads all of them. */
export function headOfId(fs: FileSystem, folder: string, logId: string): Head | null {
  let best: Head | null = null;
  for (const name of fs.list(folder).slice(0, MOST_HEADS)) {
    const head = name.endsWith(".head") ? readHead(fs, join(folder, name)) : null;
    if (head?.log_id === logId && head.seq > (best?.seq ?? 0)) best = head;
  }
  return best;
}
