// Making a folder that only its owner can use, and telling whether one is a folder of ours.

import { dirname } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { isCode } from "./owner-file.ts";

/**
 * Make a folder with mode 0700, and those above it that are missing. The topmost that was made, or null.
 *
 * Step by step, because the recursive call of Node (seen in 24.21) never returns where a folder can't be made although
 * the one above it is there, as below `/proc`.
 *
 * @throws the system's error when it can't be made, or when something there is no folder.
 */
export function makeOwnerFolder(path: string, fs: Pick<FileSystem, "makeFolder"> = realFileSystem): string | null {
  try {
    fs.makeFolder(path);
    return path;
  } catch (error) {
    if (isCode(error, "EEXIST")) return null;
    if (!isCode(error, "ENOENT") || dirname(path) === path) throw error;
  }
  const above = makeOwnerFolder(dirname(path), fs);
  try {
    fs.makeFolder(path);
  } catch (error) {
    // Another process may have made it in between.
    if (!isCode(error, "EEXIST")) throw error;
  }
  return above ?? path;
}

/**
 * Refuse a path that something else than a folder stands at: what is written through a link lands where it leads. What is
 * put there afterwards isn't seen.
 *
 * @throws {CanopyError} `FILE_UNUSABLE`.
 */
export function requireFolder(path: string, fs: Pick<FileSystem, "statusAt"> = realFileSystem): void {
  const status = fs.statusAt(path);
  if (status === null || status.kind === "folder") return;
  const what = status.kind === "link" ? "a symbolic link" : status.kind === "file" ? "a file" : "no folder";
  throw new CanopyError("FILE_UNUSABLE", `\`${path}\` is ${what}: expected a folder`, {
    at: path,
    fix: "see who can write to that folder and take it away; what is derived is made again, all else comes from a copy",
  });
}
