// The sinks of one open log, as its runtime has them: a thread, and what that thread has the log say.
//
// The runtime's own thread does nothing for sinks but append a note when one is behind or well again. The thread reads
// the log by itself; it doesn't hold the process up, and a process that ends leaves the rest to the next.

import { mkdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Clock, Ledger } from "../ledger/ports.ts";
import { withinTime } from "../storage/anchors/within-time.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths, type LogPaths } from "../storage/sidecar.ts";
import { noteEntry, type SinkNote } from "./sink-notes.ts";
import type { SinkTarget } from "./sink-target.ts";
import type { SinkWorkerData, SinkWorkerMessage, SinkWorkerOrder } from "./sink-worker.ts";

/** What the sinks of a log work with. */
export interface LedgerSinksOptions {
  readonly log: string;
  readonly home: string;
  readonly targets: readonly SinkTarget[];
  readonly fields: readonly string[];
  readonly ledger: Pick<Ledger, "append">;
  readonly clock: Clock;
}

const FLUSH_MS = 1000;
const RESTART_MS = 5000;

/** Feeds the sinks of a log as long as it is open. */
export class LedgerSinks {
  readonly #options: LedgerSinksOptions;
  readonly #paths: LogPaths;
  #worker: Worker | null = null;
  #restart: NodeJS.Timeout | null = null;
  #flushed: (() => void) | null = null;
  #closed = false;

  /** Starts the thread. Throws the system's error when the home can't hold the cursors. */
  constructor(options: LedgerSinksOptions) {
    this.#options = options;
    this.#paths = logPaths(realFileSystem, options.log, options.home);
    mkdirSync(this.#paths.sinks, { recursive: true, mode: 0o700 });
    this.#start();
  }

  /** Deliver what is durable, for at most a second: a receiver that is gone doesn't keep a process from ending. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    const done = new Promise<void>((resolve) => (this.#flushed = resolve));
    this.#order(worker, { kind: "flush" });
    await withinTime(FLUSH_MS, done).catch(() => undefined);
    this.#worker = null;
    await worker.terminate();
  }

  #start(): void {
    const { targets, fields } = this.#options;
    const workerData: SinkWorkerData = { paths: this.#paths, targets, fields };
    // Options of the process (`--input-type`) may be none that a thread can take.
    const worker = new Worker(new URL("./sink-worker.js", import.meta.url), { workerData, execArgv: [] });
    worker.on("message", (message: SinkWorkerMessage) => void this.#heard(worker, message));
    worker.on("error", () => this.#died());
    // After the listeners, which would hold the process up again.
    worker.unref();
    this.#worker = worker;
  }

  async #heard(worker: Worker, message: SinkWorkerMessage): Promise<void> {
    switch (message.kind) {
      case "note":
        this.#order(worker, { kind: "noted", id: message.id, done: await this.#record(message.note) });
        return;
      case "flushed":
        this.#flushed?.();
        return;
      default:
        message satisfies never;
    }
  }

  async #record(note: SinkNote): Promise<boolean> {
    const { ledger, clock } = this.#options;
    try {
      await ledger.append({ entry: noteEntry(note, clock.now()) });
      return true;
    } catch {
      // A log that can't be appended to says so to whoever decides; the note is tried again.
      return false;
    }
  }

  #died(): void {
    this.#worker = null;
    this.#flushed?.();
    if (this.#closed) return;
    this.#restart = setTimeout(() => this.#start(), RESTART_MS);
    this.#restart.unref();
  }

  #order(worker: Worker, order: SinkWorkerOrder): void {
    worker.postMessage(order, []);
  }
}
