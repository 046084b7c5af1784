// The index over the log: where entries stand, by what they hold. Derived: without it everything still works, slower.

import { Worker } from "node:worker_threads";
import { CanopyError } from "../core/errors.ts";
import type { FileSystem } from "./file-system.ts";
import { coversLog, IndexCatchUp } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { isBefore, LOG_START, type ChainPoint, type EntryPosition, type TimedPoint } from "./log-point.ts";
import type { LogPaths } from "./sidecar.ts";
import { isBusy } from "./sqlite.ts";
import type { StateRow } from "./state-tail.ts";

/** Positions found in the index, and the point up to which the index covers the log. */
export interface IndexAnswer {
  readonly positions: readonly EntryPosition[];
  readonly through: ChainPoint;
}

/** The index as the ledger asks it. No question throws: what isn't covered is scanned instead. */
export interface LogIndex {
  positionsOf(authorizationId: string): IndexAnswer;
  killSwitches(): IndexAnswer;
  trace(traceId: string): IndexAnswer;
  /** See `IndexDatabase.ofCounter`. */
  counter(part: string, fromSeconds: number): CounterAnswer;
  /** See `IndexDatabase.tagsOf`. */
  tags(part: string): TagAnswer;
  close(): Promise<void>;
}

/** What the index knows of a counter. */
export interface CounterAnswer {
  readonly rows: readonly StateRow[];
  readonly through: TimedPoint;
}

/** What the index knows of a part's tags; some may be newer than the point. */
export interface TagAnswer {
  readonly tags: ReadonlyMap<string, number>;
  readonly through: TimedPoint;
}

const NOTHING: IndexAnswer = { positions: [], through: LOG_START };
const WORKER_AFTER_MS = 250;
const FAR_BEHIND_BYTES = 4_194_304;

/** An index that covers nothing. */
export const noIndex: LogIndex = {
  positionsOf: () => NOTHING,
  killSwitches: () => NOTHING,
  trace: () => NOTHING,
  counter: () => ({ rows: [], through: LOG_START }),
  tags: () => ({ tags: new Map(), through: LOG_START }),
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
  #catchUp: IndexCatchUp | null = null;
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
    return this.#positions((database) => database.withHash(authorizationId));
  }

  killSwitches(): IndexAnswer {
    return this.#positions((database) => database.killSwitches());
  }

  trace(traceId: string): IndexAnswer {
    return this.#positions((database) => database.ofTrace(traceId));
  }

  counter(part: string, fromSeconds: number): CounterAnswer {
    return this.#ask(
      (database, through) => {
        return { rows: database.ofCounter(part, fromSeconds).filter((row) => isBefore(row, through)), through };
      },
      { rows: [], through: LOG_START },
    );
  }

  tags(part: string): TagAnswer {
    return this.#ask((database, through) => ({ tags: database.tagsOf(part), through }), {
      tags: new Map(),
      through: LOG_START,
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#start);
    await this.#worker?.terminate();
    this.#worker = null;
    this.#database?.close();
    this.#database = null;
    this.#broken = true;
  }

  #positions(question: (database: IndexDatabase) => readonly EntryPosition[]): IndexAnswer {
    return this.#ask((database, through) => {
      return { positions: question(database).filter((position) => isBefore(position, through)), through };
    }, NOTHING);
  }

  #ask<Answer>(question: (database: IndexDatabase, through: TimedPoint) => Answer, nothing: Answer): Answer {
    if (this.#broken || (this.#fs.statusAt(this.#paths.index) === null && !this.#isFarBehind(0))) return nothing;
    try {
      this.#database ??= new IndexDatabase(this.#paths.index);
      if (this.#worker === null) this.#stepWithoutWorker(this.#database);
      // The point is read first: entries that are added in between are then found twice, never missed.
      const through = this.#database.through();
      if (through === null || through.log_id !== this.#logId) return nothing;
      if (!coversLog(this.#fs, this.#paths, through, this.#segment())) return nothing;
      return question(this.#database, through);
    } catch (error) {
      this.#broken = !isBusy(error);
      return nothing;
    }
  }

  /**
   * A run too short for a worker does a little of its work, so that many short runs keep up too. Cost: up to 80 ms; where
   * little of a large log is indexed, what each question costs anyway, which goes through all of the rest.
   */
  #stepWithoutWorker(database: IndexDatabase): void {
    const through = database.through();
    const from = through?.segment === this.#segment() ? through.offset : 0;
    if (!this.#isFarBehind(from)) return;
    try {
      const behind = (this.#fs.statusAt(this.#paths.log)?.size ?? 0) - from;
      this.#catchUp ??= new IndexCatchUp(this.#fs, this.#paths, database);
      this.#catchUp.step(Math.max(FAR_BEHIND_BYTES, behind / 8));
    } catch (error) {
      // A log that doesn't verify is found out by whoever goes through the rest of it.
      if (!isBusy(error) && !(error instanceof CanopyError)) throw error;
    }
  }

  #isFarBehind(offset: number): boolean {
    return (this.#fs.statusAt(this.#paths.log)?.size ?? 0) - offset > FAR_BEHIND_BYTES;
  }

  #startWorker(): void {
    const worker = new Worker(new URL("./index-worker.js", import.meta.url), {
      workerData: this.#paths,
      // Options of the process (`--input-type`) may be none that a thread can take.
      execArgv: [],
      name: "canopy-index",
    });
    worker.unref();
    worker.on("error", () => (this.#worker = null));
    this.#worker = worker;
  }
}
