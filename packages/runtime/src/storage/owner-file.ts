// Small secret or settling files: made once, whole and durable, however many processes make them at the same time.

import { writeAll, readAt, type FileSystem } from "./file-system.ts";
import { dirname } from "node:path";

const MOST_BYTES = 67_108_864;

const { randomBytes } = process.getBuiltinModule("node:crypto");

/**
 * The content of a file that is made with `create()` when it is missing; everyone gets the content that was first.
 * Mode 0600. Cost: one read; when made, two syncs. Throws the system's error.
 */
export function readOrCreate(
  fs: FileSystem,
  path: string,
  create: () => Uint8Array,
  random: (count: number) => Buffer = randomBytes,
): Buffer {
  const status = fs.statusAt(path);
  if (status !== null) {
    // Its draft is still there, so whoever made it has not made its name durable, and may have ended.
    if (status.links > 1) fs.syncFolder(dirname(path));
    return readWhole(fs, path) ?? Buffer.alloc(0);
  }
  const draft = writeDraft(fs, path, create, random);
  try {
    fs.link(draft, path);
    fs.syncFolder(dirname(path));
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    fs.syncFolder(dirname(path));
  } finally {
    fs.unlink(draft);
  }
  return readWhole(fs, path) ?? Buffer.alloc(0);
}

/** Put a file in place whole, made durable aside first; its name is not. Cost: a sync. Throws the system's error. */
export function replaceFile(fs: FileSystem, path: string, text: string): void {
  fs.rename(
    writeDraft(fs, path, () => Buffer.from(text), randomBytes),
    path,
  );
}

/** Write what is to stand at a path beside it, synced; gives where. Its content is made once the file is there. */
function writeDraft(
  fs: FileSystem,
  path: string,
  content: () => Uint8Array,
  random: (count: number) => Buffer,
): string {
  const draft = `${path}.${random(6).toString("hex")}`;
  const fd = fs.open(draft, "fresh");
  try {
    writeAll(fs, fd, content());
    fs.syncNow(fd);
  } finally {
    fs.close(fd);
  }
  return draft;
}

/** The content of a small regular file, or null when there is none. Throws the system's error; `RangeError` over 64 MiB. */
export function readWhole(fs: FileSystem, path: string): Buffer | null {
  const status = fs.statusAt(path);
  if (status === null) return null;
  const fd = fs.open(path, "read");
  try {
    const { size } = fs.statusOf(fd);
    if (size > MOST_BYTES) throw new RangeError(`\`${path}\` has over ${MOST_BYTES} bytes: expected a small file`);
    return readAt(fs, fd, 0, size);
  } finally {
    fs.close(fd);
  }
}

/** Whether an error is the system's error of that code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
