// A log that can't be asked anything: missing, a folder, empty. Said alike, whatever would have been read of it first.

import { CanopyError } from "canopy-runtime/errors";
import { existsSync, statSync } from "node:fs";

/**
 * Refuse a log that isn't there, is no file, or has nothing in it. One that was rotated has its segments beside it.
 *
 * @throws {CanopyError} `FILE_UNUSABLE`.
 */
export function refuseUnusable(log: string): void {
  const problem = problemOf(log);
  if (problem === null) return;
  throw new CanopyError("FILE_UNUSABLE", `the log \`${log}\` ${problem}: expected a log with at least one entry`, {
    at: log,
    fix: "check the path; `canopy config` shows which log is in force, and `canopy quickstart` makes one to look at",
  });
}

/** Why a log can't be asked anything, as what follows its name; null when it can. */
export function problemOf(log: string): string | null {
  const found = statSync(log, { throwIfNoEntry: false });
  if (found === undefined) return "does not exist";
  if (found.isDirectory()) return "is a folder";
  if (!found.isFile()) return "is not a regular file";
  return found.size === 0 && !existsSync(`${log}.d/segments`) ? "is empty" : null;
}
