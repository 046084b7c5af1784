// Input from a file or, for `-`, from standard input: whole and limited, or line by line in constant memory.

import type { FileHandle } from "node:fs/promises";
import { resolve } from "node:path";
import { CanopyError } from "canopy-runtime/errors";
import type { Io } from "./io.ts";
import { openFile } from "./open-file.ts";

/** The bytes of a file, or of standard input for `-`, as they come. */
export async function* inputChunks(path: string, io: Io): AsyncGenerator<Uint8Array> {
  if (path === "-") {
    if (io.stdinIsTerminal) {
      throw new CanopyError("USAGE", "standard input is a terminal: expected a file or a pipe", {
        fix: "name a file, or pipe the input in",
      });
    }
    yield* io.stdin();
    return;
  }
  const handle = await openRegular(resolve(io.cwd, path), path);
  try {
    yield* handle.createReadStream({ autoClose: false, highWaterMark: 262_144 });
  } finally {
    await handle.close();
  }
}

/**
 * The whole input as bytes.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when it can't be read or is over `limitBytes`.
 */
export async function readWhole(path: string, io: Io, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of inputChunks(path, io)) {
    size += chunk.length;
    if (size > limitBytes) throw unusable(path, `is over ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function openRegular(path: string, shown: string): Promise<FileHandle> {
  try {
    return await openFile(path);
  } catch (error) {
    if (error instanceof CanopyError) throw unusable(shown, "is not a regular file");
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw unusable(shown, missing ? "does not exist" : "can't be read", error);
  }
}

function unusable(path: string, problem: string, cause?: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${path}\` ${problem}`, {
    fix: "expected a readable regular file, or `-` for standard input",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A line that was longer than allowed; its bytes were dropped. */
export const TOO_LONG: unique symbol = Symbol("too long");

/** The lines that one chunk completed. */
export type LineBatch = readonly (Uint8Array | typeof TOO_LONG)[];

const LINE_FEED = 10;

/**
 * Split chunks at line feeds. Lines come without their line feed; the last one may lack it.
 *
 * Cost: linear in the bytes; memory at most one chunk and one line of `limitBytes`.
 */
export async function* lineBatches(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<LineBatch> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (part: Uint8Array): void => {
    size += part.length;
    if (size > limitBytes) parts = [];
    else parts.push(part);
  };
  const finish = (): Uint8Array | typeof TOO_LONG => {
    const line = size > limitBytes ? TOO_LONG : parts.length === 1 ? (parts[0] ?? TOO_LONG) : Buffer.concat(parts);
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const lines: (Uint8Array | typeof TOO_LONG)[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, end));
      lines.push(finish());
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (size > 0) yield [finish()];
}
