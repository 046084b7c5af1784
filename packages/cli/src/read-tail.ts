// The last lines of a file without reading the rest, and what is appended later. Cost: linear in what is given.

import { stat, type FileHandle } from "node:fs/promises";
import { CanopyError } from "canopy-runtime/errors";
import { openFile } from "./open-file.ts";

/** The end of a file. */
export interface Tail {
  /** Whole lines, oldest first, without line feeds; a last line without one counts. */
  readonly lines: readonly string[];
  /** The offset after the last byte that was read. */
  readonly end: number;
  /** How many lines between the first and the end were not wanted. */
  readonly left_out: number;
}

const BLOCK_BYTES = 65_536;
/** At most this much is read backwards: a line may be long, but a viewer need not show all of it. */
const MOST_BYTES = 67_108_864;
/** A longer line that is being written is left out: no entry is that long. */
const LONGEST_FOLLOWED = 4_194_304;
const LINE_FEED = 10;

/**
 * The last `count` lines of a file that are wanted; without `isWanted`, all are.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when it is missing, empty, unreadable or not a regular file.
 */
export async function readTail(
  path: string,
  count: number,
  isWanted: (line: string) => boolean = () => true,
): Promise<Tail> {
  const handle = await openLog(path);
  try {
    const { size } = await handle.stat();
    if (size === 0) throw unusable(path, "is empty");
    for (let asked = count; ; asked *= 4) {
      const found = await lastLines(handle, size, asked);
      const wanted = found.flatMap((line, at) => (isWanted(line) ? [at] : [])).slice(-count);
      if (wanted.length < count && found.length >= asked) continue;
      const first = wanted.length < count ? 0 : (wanted[0] ?? 0);
      const lines = found.filter((line, at) => at >= first && isWanted(line));
      return { lines, end: size, left_out: found.length - first - lines.length };
    }
  } finally {
    await handle.close();
  }
}

async function lastLines(handle: FileHandle, size: number, count: number): Promise<readonly string[]> {
  let start = size;
  const blocks: Buffer[] = [];
  let feeds = 0;
  while (start > 0 && feeds <= count && size - start < MOST_BYTES) {
    const length = Math.min(BLOCK_BYTES, start);
    start -= length;
    const block = Buffer.alloc(length);
    await readFully(handle, block, start);
    for (const byte of block) if (byte === LINE_FEED) feeds += 1;
    blocks.unshift(block);
  }
  const lines = Buffer.concat(blocks).toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return start > 0 && lines.length <= count ? lines.slice(1) : lines.slice(-count);
}

async function readFully(handle: FileHandle, into: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) return;
    done += bytesRead;
  }
}

/**
 * Lines that are appended after `from`, as they come, until `stopped` says so; those of over 4 MiB are left out. A file
 * that shrinks or is replaced is read from its beginning again.
 */
export async function* followLines(path: string, from: number, stopped: () => boolean): AsyncGenerator<string> {
  let at = from;
  let rest = "";
  let isCut = false;
  let inode = (await stat(path)).ino;
  while (!stopped()) {
    const now = await stat(path).catch(() => null);
    if (now !== null && (now.size < at || now.ino !== inode)) {
      at = 0;
      rest = "";
      isCut = false;
      inode = now.ino;
    }
    if (now !== null && now.size > at) {
      const block = Buffer.alloc(Math.min(now.size - at, 1_048_576));
      const handle = await openFile(path);
      try {
        await readFully(handle, block, at);
      } finally {
        await handle.close();
      }
      at += block.length;
      const lines = (rest + block.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      // The end of a line whose beginning was let go.
      if (isCut && lines.shift() !== undefined) isCut = false;
      if (rest.length > LONGEST_FOLLOWED) {
        rest = "";
        isCut = true;
      }
      for (const line of lines) yield Buffer.from(line, "latin1").toString("utf8");
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await openFile(path);
  } catch (error) {
    if (error instanceof CanopyError) throw unusable(path, "is not a regular file");
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw unusable(path, missing ? "does not exist" : "can't be read");
  }
}

function unusable(path: string, problem: string): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the log \`${path}\` ${problem}`, {
    fix: "name a log, set CANOPY_AUDIT_LOG_PATH, or run `canopy quickstart` to see one",
  });
}
