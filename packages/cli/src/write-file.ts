// Files that a command makes for somebody: one rule for all of them (docs/cli.md). A file that is there is left as it is
// unless --force; one that is written stands under its name once it is whole, readable by its owner alone.

import { CanopyError } from "canopy-runtime/errors";
import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Io } from "./io.ts";

/** The mode of every file that a command makes: it tells what a log tells, so handing it on is a step of its own. */
export const OUT_MODE = 0o600;

/** The flag of every command that makes a file. */
export const FORCE_FLAG: {
  readonly kind: "boolean";
  readonly default: false;
  readonly withNegated: false;
  readonly brief: string;
} = { kind: "boolean", default: false, withNegated: false, brief: "Write over a file that is there" };

/** The path of a file that is to be made. Throws `FILE_UNUSABLE` when there is one and `force` is not given. */
export function newFile(io: Io, path: string, force: boolean): string {
  const file = resolve(io.cwd, path);
  if (force || lstatSync(file, { throwIfNoEntry: false }) === undefined) return file;
  throw new CanopyError("FILE_UNUSABLE", `\`${path}\` is there already: nothing was written`, {
    at: path,
    fix: "name another file, or write over it with --force",
  });
}

/** Write a file whole, in the place of one that is there. Throws `FILE_UNUSABLE`. */
export function writeOut(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: OUT_MODE });
    renameSync(temporary, file);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw unwritable(file, cause);
  }
}

/** A file that can't be written, as an error. */
export function unwritable(file: string, cause: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${file}\` can't be written`, {
    cause,
    fix: "name a file in a folder that you may write to, with room on its disk",
  });
}
