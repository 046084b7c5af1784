// Sinks that are a stream of lines: standard output, and a file.
//
// A line is JSON, and JSON has no line feed inside: one entry, one line, whatever its texts hold. Everything outside
// printable ASCII that a terminal might act on is escaped.

import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { fileTrouble } from "./file-trouble.ts";
import type { JsonObject } from "../core/json.ts";
import { isCode } from "../storage/owner-file.ts";
import type { SinkRecord } from "./formats/sink-record.ts";
import { PartlyDelivered, type BatchLimits, type Sink } from "./sink.ts";

const { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync, writeSync } =
  process.getBuiltinModule("node:fs");

const LIMITS = { entries: 1000, bytes: 1_048_576 };
const PATIENCE_MS = 5000;
const PAUSE_MS = 10;

/** Writes lines to a file, which it makes (mode 0600), and follows when it is moved away and made anew. */
export class FileSink implements Sink {
  readonly limits: BatchLimits = LIMITS;
  readonly #path: string;
  readonly #render: (record: SinkRecord) => string;
  #fd: number | null = null;

  constructor(path: string, render: (record: SinkRecord) => string) {
    this.#path = path;
    this.#render = render;
  }

  /** Synced before it resolves: an entry that counts as delivered is in the file after a power loss. */
  async deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const fd = this.#open();
    const start = fstatSync(fd).size;
    const bytes = Buffer.from(batch.map((record) => `${plainLine(this.#render(record))}\n`).join(""));
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fdatasyncSync(fd);
    } catch (error) {
      // No half a line stays, unless somebody else has written behind it; then the next batch begins a line of its own.
      if (fstatSync(fd).size <= start + bytes.length) ftruncateSync(fd, start);
      throw error;
    }
    return Promise.resolve(memory);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    const there = lstatSync(this.#path, { throwIfNoEntry: false });
    if (this.#fd !== null) {
      const own = fstatSync(this.#fd);
      if (there?.ino === own.ino && there.dev === own.dev) return this.#fd;
      this.close();
    }
    if (there !== undefined && !there.isFile()) throw fileTrouble(this.#path, "is not a regular file");
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
    const fd = openSync(this.#path, flags | (constants.O_NONBLOCK ?? 0), 0o600);
    this.#fd = fd;
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) writeSync(fd, "\n");
    return fd;
  }
}

/** Writes lines to the standard output of the process, without ever being held up by whoever reads it. */
export class StdoutSink implements Sink {
  readonly limits: BatchLimits = LIMITS;
  readonly #render: (record: SinkRecord) => string;
  #fd: number | null = null;

  constructor(render: (record: SinkRecord) => string) {
    this.#render = render;
  }

  async deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const fd = this.#open();
    for (const [index, record] of batch.entries()) {
      try {
        await writeLine(fd, Buffer.from(`${plainLine(this.#render(record))}\n`));
      } catch (error) {
        throw new PartlyDelivered(index, error);
      }
    }
    return memory;
  }

  close(): void {
    if (this.#fd !== null && this.#fd !== 1) closeSync(this.#fd);
    this.#fd = null;
  }

  // A description of its own, so that it can refuse to wait without changing how the rest of the process writes.
  #open(): number {
    if (this.#fd !== null) return this.#fd;
    try {
      this.#fd = openSync("/proc/self/fd/1", constants.O_WRONLY | constants.O_APPEND | (constants.O_NONBLOCK ?? 0));
    } catch {
      this.#fd = 1;
    }
    return this.#fd;
  }
}

// A line that was begun is finished, as long as its reader takes it at all.
async function writeLine(fd: number, bytes: Buffer): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isCode(error, "EAGAIN")) throw error;
      if (performance.now() > deadline) {
        throw new Error(`nobody has read standard output for ${PATIENCE_MS} ms`, { cause: error });
      }
      await sleep(PAUSE_MS);
    }
  }
}

// Control characters below 0x20 are escaped by JSON itself; these are not, and terminals act on some of them.
function plainLine(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu,
    (character) =>
      [...Array(character.length).keys()]
        .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}
