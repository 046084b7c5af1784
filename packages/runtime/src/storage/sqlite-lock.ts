// The lock between processes: SQLite's own write lock on a file.
//
// The file is in WAL mode and holds no data; the lock is taken by BEGIN IMMEDIATE and given back by ROLLBACK, so that
// nothing is ever written and a killed holder's lock ends with it. It never waits inside SQLite: a blocking wait would
// stall the event loop and starve other writers. Nothing but SQLite may open the file or its `-shm`.

import type { SystemLock } from "./host.ts";
import { isBusy, openDatabase } from "./sqlite.ts";

const OPEN_TIMEOUT_MS = 5000;

/** Open a lock's file. Throws SQLite's errors. */
export function openSqliteLock(path: string): SystemLock {
  // Opening may wait: recovering the WAL after a kill is exclusive.
  const database = openDatabase(path, OPEN_TIMEOUT_MS);
  try {
    database.exec("PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS lock(x); PRAGMA busy_timeout=0");
    const begin = database.prepare("BEGIN IMMEDIATE");
    const rollback = database.prepare("ROLLBACK");
    return {
      tryTake: () => {
        try {
          begin.run();
          return true;
        } catch (error) {
          if (isBusy(error)) return false;
          throw error;
        }
      },
      giveBack: () => void rollback.run(),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
