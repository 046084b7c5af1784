// Opening and reading a file where somebody else may have put something: a link, a pipe that nobody writes, a device
// without end. Never waits, and never takes more into memory than such a file can have.

import type { Stats } from "node:fs";
import { CanopyError } from "../core/errors.ts";

const { closeSync, constants, fstatSync, lstatSync, openSync, readSync } = process.getBuiltinModule("node:fs");

/** Without it the opening of a pipe waits for whoever is at its other end. */
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/**
 * Open a regular file, never waiting; one that is made is its owner's alone. `flags` as of open(2): with `O_NOFOLLOW` a
 * link is no file either. Cost: one status call more than opening.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when something else stands there; else the system's error.
 */
export function openRegular(path: string, flags: number = constants.O_RDONLY): number {
  let fd: number;
  try {
    fd = openSync(path, flags | NONBLOCK, 0o600);
  } catch (error) {
    // A link, a socket or a folder: the system says it in words that name nothing to do.
    throw (flags & constants.O_EXCL) === 0 ? (somethingElse(path, flags, error) ?? error) : error;
  }
  const kind = kindOf(fstatSync(fd).mode);
  if (kind === FILE) return fd;
  closeSync(fd);
  throw notRegular(path, kind);
}

/**
 * The content of a regular file, through links. Throws the system's error; `FILE_UNUSABLE` when it is something else or
 * has over `maxBytes`.
 */
export function readRegular(path: string, maxBytes: number): Buffer {
  const fd = openRegular(path);
  try {
    const { size } = fstatSync(fd);
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    const bytes = Buffer.allocUnsafe(size);
    let done = 0;
    for (let got = -1; done < size && got !== 0; done += got) got = readSync(fd, bytes, done, size - done, done);
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

function tooLarge(path: string, maxBytes: number): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${path}\` has over ${maxBytes} bytes: expected a small regular file`, {
    at: path,
  });
}

/** What stands at a path instead of a regular file: "a pipe", "a link"; null for one, or where there is nothing. */
export function otherThanFile(path: string): string | null {
  const status = statusAt(path);
  const kind = status === null ? FILE : kindOf(status.mode);
  return kind === FILE ? null : kind;
}

/** What is known of a path, or null where there is nothing: also below what is no folder. Never follows a link at its end. */
export function statusAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (error instanceof Error && "code" in error && NOWHERE.includes(error.code)) return null;
    throw error;
  }
}

/** A folder on the way is none, or a link that leads round in a circle. */
const NOWHERE: readonly unknown[] = ["ENOTDIR", "ELOOP"];

/** The error that says what stands in a file's place. */
export function notRegular(path: string, kind: string, cause?: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${path}\` is ${kind}: expected a regular file`, {
    at: path,
    fix: "see who can write to that folder and take it away; a derived file is made again, any other comes from a copy",
    ...(cause === undefined ? {} : { cause }),
  });
}

function somethingElse(path: string, flags: number, cause: unknown): CanopyError | null {
  const kind = otherThanFile(path);
  const isFollowed = (flags & (constants.O_NOFOLLOW ?? 0)) === 0;
  // Of a link that was followed the system has said what is wrong with where it leads.
  return kind === null || (kind === LINK && isFollowed) ? null : notRegular(path, kind, cause);
}

const FILE = "a file";
const LINK = "a symbolic link";

const KINDS: ReadonlyMap<number, string> = new Map([
  [constants.S_IFREG, FILE],
  [constants.S_IFLNK, LINK],
  [constants.S_IFDIR, "a folder"],
  [constants.S_IFIFO, "a pipe"],
  [constants.S_IFSOCK, "a socket"],
  [constants.S_IFCHR, "a device"],
  [constants.S_IFBLK, "a device"],
]);

function kindOf(mode: number): string {
  return KINDS.get(mode & constants.S_IFMT) ?? "something else";
}
