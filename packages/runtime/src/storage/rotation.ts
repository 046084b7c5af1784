// Starting a new segment when the log has grown: `audit.log` becomes `audit.log.d/segments/<number>.log`.
//
// The new file begins at genesis with a `log_rotated` entry that carries the old file's name, count and head. It is
// written and synced aside; the old file gets its second name; then one rename puts the new file in place. A crash
// between the two leaves one file of two names, which the next open sees and undoes. The new file's name is made durable by
// whoever writes the first batch to it, which may be another process than the one that rotated.
//
// INVARIANT: once the rename may have happened, nothing is written to the old file any more, and nothing to the new one
// before its name is durable.

import { join } from "node:path";
import { GENESIS } from "../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../ledger/entry.ts";
import { sha256Hex } from "./chain-host.ts";
import { writeAll, type FileStatus, type FileSystem } from "./file-system.ts";
import { LogFile } from "./log-file.ts";
import { firstLine } from "./log-search.ts";
import type { LogState } from "./log-state.ts";
import { tryParseEntry } from "./parse-entry.ts";
import { segmentName, segmentPath, type LogPaths } from "./sidecar.ts";
import { systemEntry } from "./system-entry.ts";

/**
 * Start a new segment. Under the lock, log followed. False when the disk can't take a second name: the log goes on as it
 * is. Throws the system's error when the old file can't be synced, or the new one not be followed: then nothing may be
 * written before both are tried again. Cost: two syncs and a few names.
 */
export function rotate(state: LogState, timestamp: string): boolean {
  const { proofs, logId, mac } = state.parts;
  const { log } = state;
  syncOld(state);
  const seq = log.tail.seq + 1;
  const draft = {
    ...systemEntry("log_rotated", timestamp, "the log reached the size at which a new segment begins"),
    segment: log.segment + 1,
    previous_segment: segmentName(log.segment),
    previous_entries: log.tail.seq - firstSeqOf(state.parts.fs, log) + 1,
    previous_bytes: log.tail.bytes,
    previous_head: log.tail.hash,
  };
  const seat = { prevHash: GENESIS, seq, payloadRef: null, mac: (line: string): string => mac.of(line) };
  const sealed = sealEntry(prepareEntry(draft, logId, false), seat, sha256Hex);
  if (!putInPlace(state, sealed.line, seq)) return false;
  state.switchTo(new LogFile(state.parts.fs, state.parts.paths, state.parts.host), seq - 1);
  state.follow();
  proofs.sign(logId, seq, [sealed.entryHash]);
  return true;
}

// A sync that fails may lose what others have written and wait for.
function syncOld({ parts: { fs, poison }, log }: LogState): void {
  try {
    fs.syncNow(log.fd);
  } catch (error) {
    poison.set(`sync failed: ${String(error)}`);
    throw error;
  }
}

function putInPlace({ parts, log }: LogState, line: string, seq: number): boolean {
  const { fs, paths, host } = parts;
  const aside = join(paths.segments, `next-${host.pid}-${seq}`);
  const second = segmentPath(paths, log.segment);
  try {
    writeAside(fs, aside, line);
    fs.link(paths.log, second);
    fs.syncFolder(paths.segments);
    fs.rename(aside, paths.log);
    return true;
  } catch (error) {
    // A rename that fails may be done all the same.
    if (!log.isInPlace()) throw error;
    remove(fs, aside);
    // Only what is this very file: a file that stood there before is a segment.
    if (isSame(fs.statusAt(second), fs.statusOf(log.fd))) remove(fs, second);
    return false;
  }
}

// What stays is undone by whoever opens the log, or follows a rotation, next; a file aside hinders nobody.
function remove(fs: FileSystem, path: string): void {
  try {
    fs.unlink(path);
  } catch {
    // See above.
  }
}

/** Undo a rotation that was interrupted: the log still has a second name among the segments. Under the lock. */
export function undoHalfRotation(fs: FileSystem, paths: LogPaths): void {
  const log = fs.statusAt(paths.log);
  if (log === null || log.kind !== "file" || log.links !== 2) return;
  const fd = fs.open(paths.log, "read");
  try {
    const path = segmentPath(paths, segmentOf(fs, fd));
    const other = fs.statusAt(path);
    if (isSame(other, log)) fs.unlink(path);
  } finally {
    fs.close(fd);
  }
}

function isSame(one: FileStatus | null, other: FileStatus): boolean {
  return one !== null && one.ino === other.ino && one.dev === other.dev;
}

function writeAside(fs: FileSystem, path: string, text: string): void {
  const fd = fs.open(path, "update");
  try {
    fs.truncate(fd, 0);
    writeAll(fs, fd, Buffer.from(text));
    fs.syncNow(fd);
  } finally {
    fs.close(fd);
  }
}

function firstSeqOf(fs: FileSystem, log: LogFile): number {
  const line = firstLine(fs, log.fd);
  const entry = line === null ? null : tryParseEntry(line);
  return entry === null ? 1 : entry.seq;
}

function segmentOf(fs: FileSystem, fd: number): number {
  const line = firstLine(fs, fd);
  const entry = line === null ? null : tryParseEntry(line);
  return entry?.event === "log_rotated" && typeof entry["segment"] === "number" ? entry["segment"] : 1;
}
