// Opening a file of the index: a regular one, no link, and never waiting on a pipe that stands in its place.

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { IndexDamaged } from "./index-damaged.ts";

const SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** How a file is opened; `append` and `anew` make it when it is missing. */
export type IndexFileMode = "read" | "append" | "anew";

const FLAGS: Readonly<Record<IndexFileMode, number>> = {
  read: constants.O_RDONLY,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND,
  anew: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
};

/** Open a file. Throws `IndexDamaged` when it can't be opened, or is no file. */
export function openIndexFile(path: string, mode: IndexFileMode): number {
  let fd: number | null = null;
  try {
    fd = openSync(path, FLAGS[mode] | SAFE, 0o600);
    if (fstatSync(fd).isFile()) return fd;
  } catch (cause) {
    throw new IndexDamaged(`a file of the index can't be opened: ${path}`, cause);
  }
  closeSync(fd);
  throw new IndexDamaged(`a file of the index is not a regular file: ${path}`);
}
