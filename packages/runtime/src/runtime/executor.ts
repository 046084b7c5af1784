// What this process has begun and not finished, kept where the next process finds it when this one dies.
//
//   CANOPY_HOME/executors/<name of the log>/<executor_id>.sqlite      table begun(id): authorizations noted before their tool_start
//
// Not beside the log: who can write there could have the executions of a live process attested as UNKNOWN.
// The database is locked for as long as the process lives, and the system frees the lock when it dies, however it dies:
// that tells a dead executor from a live one, also over containers that share nothing but the folder. Only SQLite opens
// these files.

import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { CanopyError } from "../core/errors.ts";
import { isBusy, openDatabase } from "../storage/sqlite.ts";
import { makeOwnerFolder } from "../storage/owner-folder.ts";

/** Remembers what a process has begun. */
export interface Executor {
  readonly id: string;
  /** Note an authorization, durably. Notes of the same turn share one sync. @throws {CanopyError} `LEDGER_UNAVAILABLE`. */
  note(authorization_id: string): Promise<void>;
  /** It has a result now. A note that is lost here costs the next open one look-up. */
  forget(authorization_id: string): void;
  /** Release the lock; what has no result yet is then unknown to the next open. Never throws. */
  close(): void;
}

const LOCK_TIMEOUT_MS = 5000;
/** A file without its table is one that is being made, unless it is older than this. */
const MAKING_MS = 60_000;

/** The executor of this process. Nothing is made before the first note; that takes a few milliseconds, later ones one sync. */
export function createExecutor(folder: string, id: string): Executor {
  let database: DatabaseSync | null = null;
  let waiting: { readonly id: string; readonly done: (error: unknown) => void }[] = [];
  const flush = (): void => {
    const notes = waiting;
    waiting = [];
    let failure: unknown = null;
    try {
      database ??= makeDatabase(folder, id);
      insertAll(database, notes);
    } catch (error) {
      failure = error;
    }
    for (const { done } of notes) done(failure);
  };
  return {
    id,
    note: async (authorization_id) =>
      new Promise((resolve, reject) => {
        const done = (error: unknown): void => {
          if (error === null) resolve();
          else reject(unavailable(folder, error));
        };
        if (waiting.push({ id: authorization_id, done }) === 1) setImmediate(flush);
      }),
    forget: (authorization_id) => {
      try {
        // Not synced: the log has the result, and is what counts.
        database?.exec("PRAGMA synchronous=OFF");
        database?.prepare("DELETE FROM begun WHERE id = ?").run(authorization_id);
        database?.exec("PRAGMA synchronous=FULL");
      } catch {
        // The log has the result; a note too many is looked up once by the next open.
      }
    },
    close: () => {
      if (database === null) return;
      const open = database;
      database = null;
      try {
        if (releaseAndTell(open)) removeDatabase(pathOf(folder, id));
      } catch {
        // A file that stays is looked at by the next open, which asks the log what became of what it names.
      }
    },
  };
}

/** An executor whose process is gone, and what it had begun. */
export interface DeadExecutor {
  readonly id: string;
  readonly begun: readonly string[];
  /** Remove its file, once all of it is attested. */
  readonly bury: () => void;
}

/** Executors whose process is gone; one that can't be read is passed over with a warning. Cost: one try of a lock for each file; usually there are none. */
export function findDeadExecutors(folder: string): readonly DeadExecutor[] {
  if (!existsSync(folder)) return [];
  const ids = readdirSync(folder).flatMap((file) => /^([\w-]{1,80})\.sqlite$/.exec(file)?.[1] ?? []);
  return ids.sort().flatMap((id) => {
    const path = pathOf(folder, id);
    const begun = readDead(path);
    return begun === null ? [] : [{ id, begun, bury: () => removeDatabase(path) }];
  });
}

function makeDatabase(folder: string, id: string): DatabaseSync {
  makeOwnerFolder(folder);
  const database = openDatabase(pathOf(folder, id), LOCK_TIMEOUT_MS);
  try {
    // Exclusive before WAL: then no shared memory file is made, and the lock stays from the first write on.
    database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    database.exec("BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS begun(id TEXT PRIMARY KEY) WITHOUT ROWID; COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether nothing is begun any more. Closes the database in any case. */
function releaseAndTell(database: DatabaseSync): boolean {
  try {
    return database.prepare("SELECT id FROM begun LIMIT 1").get() === undefined;
  } finally {
    database.close();
  }
}

function insertAll(database: DatabaseSync, notes: readonly { readonly id: string }[]): void {
  database.exec("BEGIN");
  try {
    const insert = database.prepare("INSERT OR IGNORE INTO begun(id) VALUES (?)");
    for (const { id } of notes) insert.run(id);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** What a dead executor had begun; null while its process lives, or is still making the file. */
function readDead(path: string): readonly string[] | null {
  let database: DatabaseSync | null = null;
  try {
    database = openDatabase(path, 0);
    database.exec("BEGIN EXCLUSIVE");
    const made = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'begun'").get() !== undefined;
    // A file that was removed while it was looked for is made anew, empty, by opening it; it ages and is removed too.
    if (!made) return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > MAKING_MS ? [] : null;
    const rows = database.prepare("SELECT id FROM begun ORDER BY id").all();
    return rows.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  } catch (error) {
    // One file that can't be read must not stop every agent on this log; it stays where it is, and people are told.
    if (!isBusy(error)) process.emitWarning(`\`${path}\` can't be read`, { type: "CanopyExecutorWarning" });
    return null;
  } finally {
    database?.close();
  }
}

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}.sqlite`);
}

function removeDatabase(path: string): void {
  for (const suffix of ["-wal", "-shm", "-journal", ""]) rmSync(`${path}${suffix}`, { force: true });
}

function unavailable(path: string, cause: unknown): CanopyError {
  return new CanopyError("LEDGER_UNAVAILABLE", `what is begun can't be noted in \`${path}\``, {
    cause,
    fix: "see to the disk and the permissions of CANOPY_HOME",
  });
}
