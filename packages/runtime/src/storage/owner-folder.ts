// Making a folder that only its owner can use.

import { dirname } from "node:path";
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
