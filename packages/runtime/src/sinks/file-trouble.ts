// The error of a file that a sink can't use.

import { CanopyError } from "../core/errors.ts";

/** `FILE_UNUSABLE` with the path and why. */
export function fileTrouble(path: string, why: string): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the file \`${path}\` ${why}`, { fix: "name another file" });
}
