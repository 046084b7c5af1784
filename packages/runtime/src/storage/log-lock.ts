// The lock that orders writers of one log, across processes, and the callers of one process among themselves.

import { CanopyError } from "../core/errors.ts";
import { toLedgerError } from "./ledger-error.ts";
import type { FileStatus, FileSystem } from "./file-system.ts";
import { realHost, type Host, type SystemLock } from "./host.ts";
import { isBusy } from "./sqlite.ts";

/** The lock of one log: one holder at a time, also among the callers of this object. */
export class LogLock {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #host: Host;
  readonly #system: SystemLock;
  readonly #identity: FileStatus;
  /** The file of SQLite's in which the lock is held; null where the system's lock has none. */
  readonly #shared: FileStatus | null;
  #held = false;

  /** @throws {CanopyError} `LEDGER_UNAVAILABLE` when the lock file can't be used. */
  constructor(fs: FileSystem, path: string, timeoutMs: number, host: Host = realHost) {
    this.#fs = fs;
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.#host = host;
    try {
      this.#system = host.openLock(path);
    } catch (error) {
      throw unavailable(`the lock \`${path}\` can't be opened`, error);
    }
    const identity = fs.statusAt(path);
    if (identity === null || identity.kind !== "file") throw unavailable(`the lock \`${path}\` is not a regular file`);
    this.#identity = identity;
    this.#shared = fs.statusAt(`${path}-shm`);
  }

  /**
   * Open the lock file, trying again while others make or recover it: SQLite doesn't wait when two processes turn a new
   * file to WAL at once. Throws as the constructor.
   */
  static async open(fs: FileSystem, path: string, timeoutMs: number, host: Host = realHost): Promise<LogLock> {
    const deadline = host.elapsed() + timeoutMs;
    for (;;) {
      try {
        return new LogLock(fs, path, timeoutMs, host);
      } catch (error) {
        const busy = error instanceof CanopyError && isBusy(error.cause);
        if (!busy || host.elapsed() > deadline) throw error;
        await host.pause(1 + host.chance() * 4);
      }
    }
  }

  /** Take the lock if it is free. Cost: about 10 µs. Throws as `acquire`. */
  tryAcquire(): boolean {
    // Callers of one process share what they take it with, so that would not make them wait for each other.
    if (this.#held) return false;
    try {
      if (!this.#system.tryTake()) return false;
    } catch (error) {
      throw unavailable(`the lock \`${this.#path}\` can't be taken`, error);
    }
    this.#held = true;
    if (isSame(this.#fs.statusAt(this.#path), this.#identity) && this.#isShared()) return true;
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
    const deadline = this.#host.elapsed() + this.#timeoutMs;
    for (let attempt = 0; !this.tryAcquire(); attempt += 1) {
      if (this.#host.elapsed() > deadline) {
        throw unavailable(`another process has held \`${this.#path}\` for over ${this.#timeoutMs} ms`);
      }
      if (attempt < 2) await this.#host.turn();
      else await this.#host.pause(this.#host.chance() * Math.min(8, 1 + attempt / 4));
    }
  }

  /** Give the lock back. */
  release(): void {
    this.#held = false;
    this.#system.giveBack();
  }

  /** Whether whoever opens the lock now holds it in the same file: in another, both would have it. */
  #isShared(): boolean {
    return this.#shared === null || isSame(this.#fs.statusAt(`${this.#path}-shm`), this.#shared);
  }

  /** Close the lock's file; gives the lock back if it is held. */
  close(): void {
    this.#system.close();
  }
}

function isSame(now: FileStatus | null, known: FileStatus): boolean {
  return now !== null && now.ino === known.ino && now.dev === known.dev;
}

const FIX = "see which other process writes the log, and that its folder can be written to; then try again";

function unavailable(message: string, cause?: unknown): CanopyError {
  if (cause === undefined) return new CanopyError("LEDGER_UNAVAILABLE", message, { fix: FIX });
  return toLedgerError(cause, message, { fix: FIX });
}
