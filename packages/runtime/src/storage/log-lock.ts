// The lock that orders writers of one log, across processes: SQLite's own write lock on `lock.sqlite`.
//
// The file is in WAL mode and holds no data; the lock is taken by BEGIN IMMEDIATE and given back by ROLLBACK, so that
// nothing is ever written and a killed holder's lock ends with it. It never waits inside SQLite: a blocking wait would
// stall the event loop and starve other writers. Nothing but SQLite may open the file or its `-shm`.

import { setImmediate as soon, setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { CanopyError } from "../core/errors.ts";
import type { FileStatus, FileSystem } from "./file-system.ts";
import { isBusy, openDatabase } from "./sqlite.ts";

const OPEN_TIMEOUT_MS = 5000;

/** The lock of one log: one holder at a time, also among the callers of this object. */
export class LogLock {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #rollback: StatementSync;
  readonly #identity: FileStatus;
  #held = false;

  /** @throws {CanopyError} `LEDGER_UNAVAILABLE` when the lock file can't be used. */
  constructor(fs: FileSystem, path: string, timeoutMs: number) {
    this.#fs = fs;
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    try {
      // Opening may wait: recovering the WAL after a kill is exclusive.
      this.#database = openDatabase(path, OPEN_TIMEOUT_MS);
    } catch (error) {
      throw unavailable(`the lock \`${path}\` can't be opened`, error);
    }
    try {
      this.#database.exec("PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS lock(x); PRAGMA busy_timeout=0");
      this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
      this.#rollback = this.#database.prepare("ROLLBACK");
    } catch (error) {
      this.#database.close();
      throw unavailable(`the lock \`${path}\` can't be opened`, error);
    }
    const identity = fs.statusAt(path);
    if (identity === null || identity.kind !== "file") throw unavailable(`the lock \`${path}\` is not a regular file`);
    this.#identity = identity;
  }

  /**
   * Open the lock file, trying again while others make or recover it: SQLite doesn't wait when two processes turn a new
   * file to WAL at once. Throws as the constructor.
   */
  static async open(fs: FileSystem, path: string, timeoutMs: number): Promise<LogLock> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      try {
        return new LogLock(fs, path, timeoutMs);
      } catch (error) {
        const busy = error instanceof CanopyError && isBusy(error.cause);
        if (!busy || performance.now() > deadline) throw error;
        await sleep(1 + Math.random() * 4);
      }
    }
  }

  /** Take the lock if it is free. Cost: about 10 µs. Throws as `acquire`. */
  tryAcquire(): boolean {
    // Callers of one process share the connection, so SQLite would not make them wait for each other.
    if (this.#held) return false;
    try {
      this.#begin.run();
    } catch (error) {
      if (isBusy(error)) return false;
      throw unavailable(`the lock \`${this.#path}\` can't be taken`, error);
    }
    this.#held = true;
    const now = this.#fs.statusAt(this.#path);
    if (now !== null && now.ino === this.#identity.ino && now.dev === this.#identity.dev) return true;
    this.release();
    throw new CanopyError("LEDGER_REFUSED", `the lock \`${this.#path}\` was deleted or replaced while in use`, {
      fix: "stop every process that writes this log, then open it again",
    });
  }

  /**
   * Take the lock, waiting with growing, jittered pauses.
   *
   * @throws {CanopyError} `LEDGER_UNAVAILABLE` after the timeout, `LEDGER_REFUSED` when the lock file was replaced.
   */
  async acquire(): Promise<void> {
    const deadline = performance.now() + this.#timeoutMs;
    for (let attempt = 0; !this.tryAcquire(); attempt += 1) {
      if (performance.now() > deadline) {
        throw unavailable(`another process has held \`${this.#path}\` for over ${this.#timeoutMs} ms`);
      }
      if (attempt < 2) await soon();
      else await sleep(Math.random() * Math.min(8, 1 + attempt / 4));
    }
  }

  /** Give the lock back. */
  release(): void {
    this.#held = false;
    this.#rollback.run();
  }

  /** Close the database; gives the lock back if it is held. */
  close(): void {
    this.#database.close();
  }
}

function unavailable(message: string, cause?: unknown): CanopyError {
  return new CanopyError("LEDGER_UNAVAILABLE", message, cause === undefined ? {} : { cause });
}
