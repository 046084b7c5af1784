// The log's current file, held open: its end as this process knows it, following what others wrote, and appending.
//
// INVARIANT: `tail` is the end of a verified chain. Everything that changes the file happens under the log's lock.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import { ChainVerifier, type VisitedEntry } from "../ledger/verify.ts";
import type { BatchMac } from "./batch-mac.ts";
import { nodeChainHost } from "./chain-host.ts";
import { firstLine } from "./log-search.ts";
import { tryParseEntry } from "./parse-entry.ts";
import { readAt, writeAll, type FileStatus, type FileSystem } from "./file-system.ts";
import type { Host } from "./host.ts";
import type { LogPaths } from "./sidecar.ts";
import { VouchedLines } from "./vouched-lines.ts";

/** The end of the verified part of the file. */
export interface Tail {
  readonly bytes: number;
  readonly seq: number;
  readonly hash: string;
}

/** What had to be cut off the end. */
export interface TornTail {
  readonly bytes: number;
  /** How many of them were saved, from the first; the file of somebody else may be any size. */
  readonly kept: number;
  /** Whole entries among it, which chain, but which no process of this home vouches for. */
  readonly entries: number;
  /** Where the bytes were saved. */
  readonly file: string;
}

/** Sees each entry that follows the known tail. */
export type FollowVisitor = (entry: VisitedEntry) => void;

/** The tail of an empty first segment. */
export const EMPTY_TAIL: Tail = { bytes: 0, seq: 0, hash: GENESIS };

/** The open file of one segment. */
export class LogFile {
  readonly path: string;
  readonly fd: number;
  readonly segment: number;
  /** `seq` of the entry that a later segment begins with; null in the first segment. */
  readonly #firstSeq: number | null;
  tail: Tail = EMPTY_TAIL;
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #host: Host;
  readonly #identity: FileStatus;

  /**
   * Open (or make) the log. `tail` still has to be set.
   *
   * @throws {CanopyError} `LEDGER_REFUSED` for what isn't a plain file of one name, `LEDGER_UNAVAILABLE` for what can't be opened.
   */
  constructor(fs: FileSystem, paths: LogPaths, host: Host, path: string = paths.log) {
    this.#fs = fs;
    this.#paths = paths;
    this.#host = host;
    this.path = path;
    this.fd = openLog(fs, path);
    try {
      this.#identity = fs.statusOf(this.fd);
      if (this.#identity.links > 1) throw refused(`the log \`${path}\` has a second name: a hard link`);
      const rotated = readRotation(fs, this.fd);
      this.segment = rotated?.segment ?? 1;
      this.#firstSeq = rotated?.seq ?? null;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether this is a new segment that nothing was written to yet but the entry it begins with. */
  get isFresh(): boolean {
    return this.#firstSeq !== null && this.tail.seq === this.#firstSeq;
  }

  /** Whether the log's path still names this very file. Cost: one status call. */
  isInPlace(): boolean {
    const now = this.#fs.statusAt(this.#paths.log);
    return now !== null && now.ino === this.#identity.ino && now.dev === this.#identity.dev;
  }

  /** Size of the file now. */
  size(): number {
    return this.#fs.statusOf(this.fd).size;
  }

  /**
   * Verify what was written after the known tail and move the tail. Under the lock. What follows the last line that this
   * home vouches for is cut off into the sidecar; a last line is given its line feed when it is whole. What stands before
   * `floor`, in bytes, was durable: none of it is ever cut off. Without `visit` nothing is held in memory. Cost: constant
   * when nothing was written, else one SHA-256 a line.
   *
   * @throws {CanopyError} `LEDGER_REFUSED` when the file shrank, was changed before the floor, or is a segment that this
   * home didn't begin.
   */
  follow(mac: BatchMac, visit: FollowVisitor | null, floor = 0): TornTail | null {
    const size = this.size();
    if (size < Math.max(this.tail.bytes, Number.isFinite(floor) ? floor : 0))
      throw refused(`the log \`${this.path}\` shrank while it was in use`);
    if (size === this.tail.bytes) return null;
    const from = this.tail;
    const place = (entry: VisitedEntry): VisitedEntry => ({ ...entry, offset: from.bytes + entry.offset });
    const vouched = new VouchedLines(mac, from.hash, visit === null ? null : (entry) => visit(place(entry)));
    const verifier = new ChainVerifier(nodeChainHost, {
      strict: false,
      after: from.hash,
      roomBytes: Math.min(MAX_ROOM_BYTES, size - from.bytes),
      visit: (entry) => vouched.take(entry),
    });
    this.#feed(verifier, vouched, size);
    if (verifier.state().failure === null) verifier.end();
    const { bytes, entries, hash } = vouched.end();
    if (entries === 0 && from.bytes === 0 && this.segment > 1) throw this.#notBegunHere();
    // The line feed of the last line may be missing.
    const end = entries === 0 ? from.bytes : Math.min(from.bytes + bytes + 1, size);
    if (end < Math.min(floor, size)) throw changed(this.path);
    this.tail = { bytes: end, seq: from.seq + entries, hash };
    return end < size ? this.#cut(size, verifier.state().entries - entries) : this.#endTail(entries);
  }

  #notBegunHere(): CanopyError {
    return refused(`the log \`${this.path}\` is a segment that no process of this home began`);
  }

  /**
   * Append whole lines. Under the lock, with the tail followed. Throws the system's error; then nothing was written; and
   * `LEDGER_REFUSED` when others wrote meanwhile; then nothing may rest on what was written.
   */
  append(text: string, entries: number, head: string): void {
    const bytes = Buffer.from(text);
    const from = this.tail;
    try {
      writeAll(this.#fs, this.fd, bytes);
    } catch (error) {
      this.#undo(from.bytes);
      throw error;
    }
    // Whoever wrote in between has not had the lock: what stands there now follows from nothing, and is not answered.
    if (this.size() !== from.bytes + bytes.length)
      throw refused(`another process wrote to the log \`${this.path}\` without its lock`);
    this.tail = { bytes: from.bytes + bytes.length, seq: from.seq + entries, hash: head };
  }

  /** Write the verified bytes after `from` again and sync them: after a failed sync the disk may not have them. */
  rewrite(from: number): void {
    const fd = this.#fs.open(this.path, "update");
    try {
      for (let at = from; at < this.tail.bytes; at += COPIED_BYTES) {
        const bytes = readAt(this.#fs, fd, at, Math.min(COPIED_BYTES, this.tail.bytes - at));
        writeAll(this.#fs, fd, bytes, at);
      }
      this.#fs.syncNow(fd);
    } finally {
      this.#fs.close(fd);
    }
  }

  /** Give a whole last line its line feed. Returns the size of the file then. Under the lock. */
  endLine(): number {
    const size = this.size();
    if (size === 0 || readAt(this.#fs, this.fd, size - 1, 1)[0] === LINE_FEED) return size;
    writeAll(this.#fs, this.fd, Buffer.from("\n"));
    return size + 1;
  }

  close(): void {
    this.#fs.close(this.fd);
  }

  #feed(verifier: ChainVerifier, vouched: VouchedLines, to: number): void {
    for (let at = this.tail.bytes; at < to && !vouched.isForeign;) {
      const room = verifier.room();
      const count = this.#fs.read(this.fd, room.subarray(0, Math.min(room.length, to - at)), at);
      if (count === 0 || !verifier.filled(count)) return;
      at += count;
    }
  }

  #endTail(entries: number): null {
    if (entries > 0) this.tail = { ...this.tail, bytes: this.endLine() };
    return null;
  }

  /** Save what follows the tail into the sidecar, then cut it off. */
  #cut(size: number, entries: number): TornTail {
    const length = size - this.tail.bytes;
    const kept = Math.min(length, MAX_SAVED_BYTES);
    const end = this.tail.bytes + kept;
    const name = `${this.segment}-${this.tail.bytes}-${this.#host.pid}-${Math.trunc(this.#host.elapsed() * 1000)}`;
    const path = join(this.#paths.torn, name);
    const fd = this.#fs.open(path, "fresh");
    try {
      for (let at = this.tail.bytes; at < end; at += COPIED_BYTES) {
        writeAll(this.#fs, fd, readAt(this.#fs, this.fd, at, Math.min(COPIED_BYTES, end - at)), at - this.tail.bytes);
      }
      this.#fs.syncNow(fd);
    } finally {
      this.#fs.close(fd);
    }
    this.#fs.truncate(this.fd, this.tail.bytes);
    return { bytes: length, kept, entries, file: name };
  }

  /** Cut off what an append that failed has left. When even that fails, the next one under the lock cuts it. */
  #undo(bytes: number): void {
    try {
      if (this.size() > bytes) this.#fs.truncate(this.fd, bytes);
    } catch {
      // The caller reports the first error.
    }
  }
}

const LINE_FEED = 10;
const MAX_ROOM_BYTES = 1_048_576;
const COPIED_BYTES = 1_048_576;
/** More than a batch, and than a line may have. */
const MAX_SAVED_BYTES = 134_217_728;

function openLog(fs: FileSystem, path: string): number {
  try {
    return fs.open(path, "append");
  } catch (error) {
    // A link, a pipe, a device.
    if (error instanceof CanopyError) throw refused(`the log ${error.message}`);
    throw new CanopyError("LEDGER_UNAVAILABLE", `the log \`${path}\` can't be opened for writing`, {
      cause: error,
      fix: "make the file and its folder writable for this user",
    });
  }
}

/** Which segment a file is, and its first `seq`: its first entry says so, when it isn't the first segment. */
function readRotation(fs: FileSystem, fd: number): { readonly segment: number; readonly seq: number } | null {
  const line = firstLine(fs, fd);
  const entry = line === null ? null : tryParseEntry(line);
  const segment = entry?.event === "log_rotated" ? entry["segment"] : null;
  return entry !== null && typeof segment === "number" ? { segment, seq: entry.seq } : null;
}

function changed(path: string): CanopyError {
  return refused(`entries of the log \`${path}\` that were durable were changed after they were written`);
}

function refused(message: string): CanopyError {
  return new CanopyError("LEDGER_REFUSED", message, { fix: "keep the file as evidence and run `canopy verify` on it" });
}
