// Entries that a receiver refuses, set aside so that the sink can go on: `sinks/<name>.refused`, one JSON object a line.
//
//   {"canopy_refused":1,"id":"<entry_hash>","seq":13,"segment":1,"offset":4711,"at":"2026-11-23T08:00:00Z","error":"…"}
//
// `offset` is where the entry's line begins. The log keeps the entry; what stands here is where, and why it stayed. Those
// that are to be sent again stand in `<name>.again`, which whoever feeds the sink works off. Only that process writes
// these files; an operator's command moves them. A crash may leave an entry in a file twice, never in none.

import { join } from "node:path";
import { isCount, isJsonObject, type JsonValue } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { writeAll, type FileSystem } from "../storage/file-system.ts";
import { isCode, readWhole, replaceFile } from "../storage/owner-file.ts";
import type { LogPaths } from "../storage/sidecar.ts";

/** An entry that was set aside. */
export interface RefusedEntry {
  /** `entry_hash`. */
  readonly id: string;
  readonly seq: number;
  readonly segment: number;
  readonly offset: number;
  /** When it was set aside. */
  readonly at: string;
  /** What the receiver said last. */
  readonly error: string;
}

/** `refused`: set aside. `again`: to be sent again. */
export type RefusedFile = "refused" | "again";

/** The path of a file of refused entries. */
export function refusedPath(paths: LogPaths, name: string, file: RefusedFile): string {
  return join(paths.sinks, `${name}.${file}`);
}

/** The entries in a file, each once, as last set aside; none when there is no file. Cost: linear in the file. */
export function readRefused(fs: FileSystem, path: string): readonly RefusedEntry[] {
  const lines = (readWhole(fs, path)?.toString("utf8") ?? "").split("\n");
  const found = new Map<string, RefusedEntry>();
  for (const line of lines) {
    const entry = parse(line);
    if (entry !== null) found.set(entry.id, entry);
  }
  return [...found.values()];
}

/** Add an entry, made durable. Throws the system's error. Cost: a sync. */
export function addRefused(fs: FileSystem, path: string, entry: RefusedEntry): void {
  const fd = fs.open(path, "append");
  try {
    // What a crash left of a line is closed by the line feed in front.
    writeAll(fs, fd, Buffer.from(`\n${lineOf(entry)}`));
    fs.syncNow(fd);
  } finally {
    fs.close(fd);
  }
}

/** Let a file hold these entries only; without any it goes. Throws the system's error. */
export function keepRefused(fs: FileSystem, path: string, entries: readonly RefusedEntry[]): void {
  if (entries.length === 0) {
    fs.unlink(path);
    return;
  }
  replaceFile(fs, path, entries.map(lineOf).join(""));
}

/**
 * Move what is set aside under another name, unless something of that name is there: then false. What is added at the
 * same moment goes along. Throws the system's error.
 */
export function moveRefused(fs: FileSystem, from: string, to: string): boolean {
  try {
    fs.link(from, to);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  fs.unlink(from);
  return true;
}

function lineOf(entry: RefusedEntry): string {
  return `${JSON.stringify({ canopy_refused: 1, ...entry })}\n`;
}

function parse(line: string): RefusedEntry | null {
  const value = valueOf(line);
  if (!isJsonObject(value) || value["canopy_refused"] !== 1) return null;
  const { id, at, error, seq, segment, offset } = value;
  if (typeof id !== "string" || typeof at !== "string" || typeof error !== "string") return null;
  if (!isCount(seq) || !isCount(segment) || !isCount(offset)) return null;
  return { id, seq, segment, offset, at, error };
}

function valueOf(line: string): JsonValue {
  try {
    return parseStrictJson(line);
  } catch {
    // Half a line of a crash: its entry was set aside again afterwards.
    return null;
  }
}
