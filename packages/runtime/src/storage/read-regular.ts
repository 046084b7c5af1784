// Reading a small file that somebody else may have put there: never waits on a pipe or a device, never takes more into
// memory than such a file can have.

import { CanopyError } from "../core/errors.ts";
import { readAt, realFileSystem } from "./file-system.ts";

const { closeSync, constants, openSync } = process.getBuiltinModule("node:fs");

/**
 * The content of a regular file, through links. Throws the system's error; `FILE_UNUSABLE` when it is something else or
 * has over `maxBytes`.
 */
export function readRegular(path: string, maxBytes: number): Buffer {
  // Without O_NONBLOCK a pipe that nobody writes would never open.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { kind, size } = realFileSystem.statusOf(fd);
    if (kind !== "file") throw unusable(path, "is not a regular file");
    if (size > maxBytes) throw unusable(path, `has over ${maxBytes} bytes`);
    return readAt(realFileSystem, fd, 0, size);
  } finally {
    closeSync(fd);
  }
}

function unusable(path: string, why: string): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${path}\` ${why}: expected a small regular file`, { at: path });
}
