// The file calls that the ledger's durability rests on, as one small object, so that tests can make any of them fail.

import { openRegular, statusAt } from "./regular-file.ts";

// An import of node:fs loads all of it, its promises included: 3 ms at the start of every command.
const {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} = process.getBuiltinModule("node:fs");

/** What is known of a file. */
export interface FileStatus {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly links: number;
  readonly kind: "file" | "folder" | "link" | "other";
}

/**
 * How a file is opened: `append` and `update` make it when it is missing, `fresh` must make it. None follows a link, and
 * none opens what is no regular file: whoever can write to the folder may have put a pipe there, or a device.
 */
export type OpenMode = "read" | "append" | "update" | "fresh";

/** The calls. Each throws the system's error (`code` such as `ENOSPC`) unless it says otherwise. */
export interface FileSystem {
  /** Throws `FILE_UNUSABLE`, too: where something else stands in the file's place. */
  open(path: string, mode: OpenMode): number;
  close(fd: number): void;
  /** Bytes read; 0 at the end. */
  read(fd: number, into: Uint8Array, position: number): number;
  /** Bytes written, perhaps fewer than given; at the end for `append` files, else at `position`. */
  write(fd: number, bytes: Uint8Array, position: number | null): number;
  truncate(fd: number, sizeBytes: number): void;
  syncNow(fd: number): void;
  sync(fd: number): Promise<void>;
  statusOf(fd: number): FileStatus;
  /** Null when there is nothing of that name; never follows a link. */
  statusAt(path: string): FileStatus | null;
  link(from: string, to: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Make the names in a folder durable. */
  syncFolder(path: string): void;
  /** Make one folder that only its owner can use; the one above it exists. */
  makeFolder(path: string): void;
  /** Remove a folder that is empty. */
  removeFolder(path: string): void;
  /** The names in a folder, in no order. */
  list(path: string): readonly string[];
  /** The path without links; what it names exists. */
  realPath(path: string): string;
}

const NOFOLLOW = constants.O_NOFOLLOW ?? 0;

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | NOFOLLOW,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | NOFOLLOW,
  update: constants.O_RDWR | constants.O_CREAT | NOFOLLOW,
  fresh: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NOFOLLOW,
};

/** The real calls of this machine. */
export const realFileSystem: FileSystem = {
  open: (path, mode) => openRegular(path, FLAGS[mode]),
  close: (fd) => closeSync(fd),
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  truncate: (fd, sizeBytes) => ftruncateSync(fd, sizeBytes),
  syncNow: (fd) => fdatasyncSync(fd),
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
  statusOf: (fd) => toStatus(fstatSync(fd)),
  statusAt: (path) => {
    const stats = statusAt(path);
    return stats === null ? null : toStatus(stats);
  },
  link: (from, to) => linkSync(from, to),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  syncFolder: (path) => {
    if (process.platform === "win32") return;
    // A pipe that was put into its place would never open otherwise.
    const fd = openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  makeFolder: (path) => mkdirSync(path, { mode: 0o700 }),
  removeFolder: (path) => rmdirSync(path),
  list: (path) => readdirSync(path),
  realPath: (path) => realpathSync(path),
};

interface NodeStats {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly nlink: number;
  readonly mode: number;
}

function toStatus({ dev, ino, size, nlink, mode }: NodeStats): FileStatus {
  return { dev, ino, size, links: nlink, kind: KINDS.get(mode & constants.S_IFMT) ?? "other" };
}

const KINDS: ReadonlyMap<number, FileStatus["kind"]> = new Map([
  [constants.S_IFREG, "file"],
  [constants.S_IFDIR, "folder"],
  [constants.S_IFLNK, "link"],
]);

/** Write all bytes or throw; what was written before an error is left for the caller to undo. */
export function writeAll(fs: FileSystem, fd: number, bytes: Uint8Array, position: number | null = null): void {
  let done = 0;
  while (done < bytes.length) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const count = fs.write(fd, rest, position === null ? null : position + done);
    if (count <= 0) throw new Error("the disk took no bytes");
    done += count;
  }
}

/** Sync a file by a descriptor of its own. Throws the system's error. */
export async function syncFile(fs: FileSystem, path: string): Promise<void> {
  const fd = fs.open(path, "update");
  try {
    await fs.sync(fd);
  } finally {
    fs.close(fd);
  }
}

/** Read `length` bytes at a position; fewer only at the end of the file. */
export function readAt(fs: FileSystem, fd: number, position: number, length: number): Buffer {
  return readInto(fs, fd, position, Buffer.allocUnsafe(length));
}

/** Fill a buffer from a position on; gives what of it was filled, which is less only at the end of the file. */
export function readInto(fs: FileSystem, fd: number, position: number, buffer: Buffer): Buffer {
  let done = 0;
  while (done < buffer.length) {
    const count = fs.read(fd, buffer.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}
