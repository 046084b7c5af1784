// Going through a file line by line, in constant memory.

import { readAt, type FileSystem } from "./file-system.ts";

const CHUNK_BYTES = 1_048_576;
const LINE_FEED = 10;

/** The lines of a file as text, without line feeds; a last one without line feed too. Throws the system's error. */
export function* readLines(fs: FileSystem, path: string): Generator<string, void, void> {
  const fd = fs.open(path, "read");
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; ;) {
      const chunk = readAt(fs, fd, at, CHUNK_BYTES);
      if (chunk.length === 0) break;
      at += chunk.length;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
        yield bytes.toString("utf8", start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
    if (rest.length > 0) yield rest.toString("utf8");
  } finally {
    fs.close(fd);
  }
}
