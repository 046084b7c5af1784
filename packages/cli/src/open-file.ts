// Opening a file that somebody else may have put there, by a handle of promises: `openRegular` of the runtime does the
// same by a descriptor. A pipe that nobody writes would hold a thread of the process, and with it its end, for ever.

import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { notRegular } from "canopy-runtime/regular-file";

/** Open a regular file for reading, through links. Throws the system's error; `FILE_UNUSABLE` for anything else. */
export async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(path, "not a file");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
