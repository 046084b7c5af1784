// What storage needs, besides files, of the process that it runs in: time that passes, turns, chance, a lock that the
// system frees when the process dies. One small object, so that a simulation can be that process.

import { setImmediate as soon, setTimeout as sleep } from "node:timers/promises";
import { openSqliteLock } from "./sqlite-lock.ts";

const { randomBytes } = process.getBuiltinModule("node:crypto");

/** A lock between processes, taken and given back by one of them. It ends with its process. */
export interface SystemLock {
  /** Take it if no other process holds it; never waits. Throws the system's error. */
  tryTake(): boolean;
  giveBack(): void;
  /** Let go of the lock's file, and of the lock. */
  close(): void;
}

/** The process. */
export interface Host {
  /** Its number, in names of files that are its own. */
  readonly pid: number;
  /** Milliseconds since some moment; never goes back. */
  elapsed(): number;
  /** Resolves after a turn of the event loop. */
  turn(): Promise<void>;
  pause(ms: number): Promise<void>;
  /** Call `work` once, that much later; the answer calls it off. */
  later(ms: number, work: () => void): () => void;
  /** From 0 up to 1, for pauses that are not to meet each other's. */
  chance(): number;
  /** Unguessable bytes, for keys and names. */
  readonly bytes: (count: number) => Buffer;
  /** Open a lock's file, made when it is missing. Throws the system's error; `isBusy` ones are worth another try. */
  openLock(path: string): SystemLock;
}

/** The process that this runs in. */
export const realHost: Host = {
  pid: process.pid,
  elapsed: () => performance.now(),
  turn: () => soon(),
  pause: (ms) => sleep(ms),
  later: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  chance: () => Math.random(),
  bytes: (count) => randomBytes(count),
  openLock: openSqliteLock,
};
