// The index over the log: where entries stand, by what they hold. Derived: without it everything still works, slower.

import { Worker } from "node:worker_threads";
import type { FileSystem } from "./file-system.ts";
import { catchUpIndex, coversLog } from "./index-catch-up.ts";
import { IndexDatabase, type LogPoint } from "./index-database.ts";
import type { LinePosition } from "./recent-entries.ts";
import type { LogPaths } from "./sidecar.ts";
import { isBusy } from "./sqlite.ts";

/** Positions found in the index, and the point up to which the index covers the log. */
export interface IndexAnswer {
  readonly positions: readonly LinePosition[];
  readonly through: LogPoint;
}

/** The index as the ledger asks it. No question throws: what isn't covered is scanned instead. */
export interface LogIndex {
  positionsOf(authorizationId: string): IndexAnswer;
  killSwitches(): IndexAnswer;
  trace(traceId: string): IndexAnswer;
  close(): Promise<void>;
}

const NOTHING: IndexAnswer = { positions: [], through: { segment: 1, offset: 0 } };
const WORKER_AFTER_MS = 250;
const FAR_BEHIND_BYTES = 4_194_304;

/** An index that covers nothing. */
export const noIndex: LogIndex = {
  positionsOf: () => NOTHING,
  killSwitches: () => NOTHING,
  trace: () => NOTHING,
  close: () => Promise.resolve(),
};

/** The index of one log, read here and kept by a worker that starts a moment later, so that short runs have none. */
export class SqliteLogIndex implements LogIndex {
  readonly #fs: FileSystem;
  readonly #paths: LogPaths;
  readonly #logId: string;
  readonly #segment: () => number;
  readonly #start: NodeJS.Timeout;
  #database: IndexDatabase | null = null;
  #broken = false;
  #worker: Worker | null = null;

  /** `segment` gives the number of the log's current segment. */
  constructor(fs: FileSystem, paths: LogPaths, logId: string, segment: () => number) {
    this.#fs = fs;
    this.#paths = paths;
    this.#logId = logId;
    this.#segment = segment;
    this.#start = setTimeout(() => this.#startWorker(), WORKER_AFTER_MS);
    this.#start.unref();
  }

  positionsOf(authorizationId: string): IndexAnswer {
    return this.#ask((database) => database.withHash(authorizationId));
  }

  killSwitches(): IndexAnswer {
    return this.#ask((database) => database.killSwitches());
  }

  trace(traceId: string): IndexAnswer {
    return this.#ask((database) => database.ofTrace(traceId));
  }

  async close(): Promise<void> {
    clearTimeout(this.#start);
    await this.#worker?.terminate();
    this.#worker = null;
    this.#database?.close();
    this.#database = null;
    this.#broken = true;
  }

  #ask(question: (database: IndexDatabase) => readonly LinePosition[]): IndexAnswer {
    if (this.#broken || (this.#fs.statusAt(this.#paths.index) === null && !this.#isFarBehind(0))) return NOTHING;
    try {
      this.#database ??= new IndexDatabase(this.#paths.index);
      if (this.#worker === null) this.#stepWithoutWorker(this.#database);
      // The point is read first: entries that are added in between are then found twice, never missed.
      const through = this.#database.through();
      if (through === null || through.log_id !== this.#logId) return NOTHING;
      if (!coversLog(this.#fs, this.#paths, through, this.#segment())) return NOTHING;
      const isBefore = (position: LinePosition): boolean =>
        position.segment < through.segment ||
        (position.segment === through.segment && position.offset < through.offset);
      return { positions: question(this.#database).filter(isBefore), through };
    } catch (error) {
      this.#broken = !isBusy(error);
      return NOTHING;
    }
  }

  /** A run too short for a worker does a little of its work, so that many short runs keep up too. Cost: up to 60 ms. */
  #stepWithoutWorker(database: IndexDatabase): void {
    const through = database.through();
    const sameSegment = through !== null && through.segment === this.#segment();
    if (!this.#isFarBehind(sameSegment ? through.offset : 0)) return;
    try {
      catchUpIndex(this.#fs, this.#paths, database, FAR_BEHIND_BYTES);
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  #isFarBehind(offset: number): boolean {
    return (this.#fs.statusAt(this.#paths.log)?.size ?? 0) - offset > FAR_BEHIND_BYTES;
  }

  #startWorker(): void {
    const worker = new Worker(new URL("./index-worker.js", import.meta.url), { workerData: this.#paths.log });
    worker.unref();
    worker.on("error", () => (this.#worker = null));
    this.#worker = worker;
  }
}
