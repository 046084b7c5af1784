// A file's text replaced as a whole or not at all: written beside it, made durable, and put in its place.

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { CanopyError } from "canopy-runtime/errors";

/**
 * Replace what a file holds, if it still holds what was read. A link stays a link, and the file keeps its mode.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when it can't be written, or was changed meanwhile.
 */
export function replaceFile(path: string, was: Uint8Array, text: string): void {
  let temporary: string | null = null;
  try {
    const real = realpathSync(path);
    const beside = `${real}.${process.pid}.tmp`;
    const fd = openSync(beside, "wx", statSync(real).mode);
    temporary = beside;
    try {
      writeAll(fd, Buffer.from(text, "utf8"));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (!readFileSync(real).equals(was)) throw new CanopyError("FILE_UNUSABLE", `\`${path}\` was changed meanwhile`);
    renameSync(beside, real);
    temporary = null;
  } catch (cause) {
    if (cause instanceof CanopyError) throw cause;
    throw new CanopyError("FILE_UNUSABLE", `\`${path}\` can't be written`, { cause, fix: "check its permissions" });
  } finally {
    if (temporary !== null) rmSync(temporary, { force: true });
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
