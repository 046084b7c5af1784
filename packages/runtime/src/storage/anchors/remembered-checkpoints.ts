// What a home remembers of its logs' checkpoints: the newest it made itself, and some older ones.
//
//   <home>/checkpoints/<log_id>/<32 hex digits>/<size>.note        as a folder anchor has them (folder-anchor.ts)
//   <home>/checkpoints/<log_id>/anchors/…                          what it knows of other anchors (anchor-memory.ts)

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import type { KnownCheckpoint } from "../checkpoint-audit.ts";
import type { FileSystem } from "../file-system.ts";
import { readWhole } from "../owner-file.ts";

const { hash } = process.getBuiltinModule("node:crypto");

const MOST_READ = 16;
const MAX_NOTE_BYTES = 65_536;

/** Where a home keeps what it knows of a log's checkpoints. */
export function checkpointsFolder(home: string, logId: string): string {
  const name = /^[0-9a-f]{1,64}$/.test(logId) ? logId : hash("sha256", logId, "hex");
  return join(home, "checkpoints", name);
}

/**
 * The newest checkpoints that a home made of a log. They are its own files, like its head file, so signatures are not
 * looked at; what can't be read is passed over. Cost: up to 16 small files; nothing when there are none.
 */
export function rememberedCheckpoints(fs: FileSystem, home: string, logId: string): readonly KnownCheckpoint[] {
  const folder = checkpointsFolder(home, logId);
  const notes = names(folder, /^[0-9a-f]{32}$/).flatMap((origin) =>
    names(join(folder, origin), /^[0-9]{16}\.note$/).map((name) => join(folder, origin, name)),
  );
  return notes.slice(-MOST_READ).flatMap((path) => read(fs, path) ?? []);
}

function names(folder: string, pattern: RegExp): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort();
  } catch {
    return [];
  }
}

function read(fs: FileSystem, path: string): KnownCheckpoint | null {
  try {
    if ((fs.statusAt(path)?.size ?? 0) > MAX_NOTE_BYTES) return null;
    const { size, root } = readCheckpoint(readWhole(fs, path)?.toString("utf8") ?? "").checkpoint;
    return { name: "home", place: path, size, root };
  } catch {
    return null;
  }
}
