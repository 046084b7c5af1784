// Files that a command makes, and what is said when one can't be.

import { CanopyError } from "canopy-runtime/errors";
import { writeFileSync } from "node:fs";

/** Write a file, over one that is there. @throws {CanopyError} `FILE_UNUSABLE`. */
export function writeTextFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** A file that can't be written, as an error. */
export function unwritable(file: string, cause: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${file}\` can't be written`, {
    cause,
    fix: "name a file in a folder that is yours",
  });
}
