// Which log a file is, by what its entries say.

import type { FileSystem } from "./file-system.ts";
import { firstLine, lineEndingAt } from "./log-search.ts";
import { tryParseEntry } from "./parse-entry.ts";

/**
 * The log id in the last entry of a log's file, or, where the end is torn, in the first; null when neither is an entry of
 * ours (a log of another writer). Cost: two small reads. Throws the system's error.
 */
export function logIdOf(fs: FileSystem, path: string): string | null {
  if (fs.statusAt(path) === null) return null;
  const fd = fs.open(path, "read");
  try {
    const last = lineEndingAt(fs, fd, fs.statusOf(fd).size)?.line ?? null;
    return idIn(last) ?? idIn(firstLine(fs, fd));
  } finally {
    fs.close(fd);
  }
}

function idIn(line: string | null): string | null {
  return line === null ? null : (tryParseEntry(line)?.log_id ?? null);
}
