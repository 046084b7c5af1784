// The queue of appends of one process. Many callers are served in two batches, of which one is prepared and written
// while the other is being synced; they are answered in order, so that none is before what it stands on is durable.
//
// A lone caller's syncs are made in other threads too: both at once, while this one signs, they take no longer than two in
// a row here, and hold up nothing else. Where no sync is waited for, promises settle in microtasks, which would keep
// timers and sockets from ever running, so the queue yields to the event loop every 5 ms.

import type { Durability } from "../ledger/ports.ts";
import type { BatchWriter, PendingAppend, WrittenBatch } from "./batch-writer.ts";
import type { Host } from "./host.ts";
import { relatedId } from "./parse-entry.ts";
import { takesFromState } from "./state-parts.ts";
import type { LogState } from "./log-state.ts";

/** The most entries that one batch holds. */
export const MAX_BATCH = 256;
const YIELD_AFTER_MS = 5;
const BATCH_SYNC_MS = 500;
const MAX_FLIGHTS = 2;
const SPLIT_FROM = 32;

/** What happens around each batch, under the lock. */
export interface QueueHooks {
  /** Heal, rotate, or otherwise make the log ready. Under the lock, log followed. */
  readonly beforeWrite: () => void;
  /** After a batch was answered, outside the lock. */
  readonly afterBatch: () => void;
}

/** A batch that is written and not yet answered. */
interface Flight {
  readonly written: WrittenBatch;
  /** Settles when everyone in it was answered or refused; never rejects. */
  readonly done: Promise<void>;
}

/** The queue of one open log. */
export class AppendQueue {
  readonly #state: LogState;
  readonly #writer: BatchWriter;
  readonly #durability: Durability;
  readonly #hooks: QueueHooks;
  readonly #host: Host;
  #waiting: PendingAppend[] = [];
  /** How many were pushed and are not written yet. */
  #unwritten = 0;
  /** Oldest first, at most two. */
  #flights: readonly Flight[] = [];
  #running: Promise<void> | null = null;
  #lastSize = 1;
  #lastYield: number;
  /** Answered before their sync, oldest first: one for each pair of files, with the newest head. */
  #unsynced: readonly WrittenBatch[] = [];
  /** Those whose late sync is on its way. */
  #syncing: readonly WrittenBatch[] = [];
  #lateSync: Promise<void> = Promise.resolve();
  /** Calls the late sync off. */
  #timer: (() => void) | null = null;

  constructor(state: LogState, writer: BatchWriter, durability: Durability, hooks: QueueHooks) {
    this.#state = state;
    this.#writer = writer;
    this.#durability = durability;
    this.#hooks = hooks;
    this.#host = state.parts.host;
    this.#lastYield = this.#host.elapsed();
  }

  /** Append when its turn comes; it is answered through its `resolve` or `reject`. */
  push(append: PendingAppend): void {
    this.#waiting.push(append);
    this.#unwritten += 1;
    this.#running ??= this.#run();
  }

  /** How many were pushed and neither written nor refused yet. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** Wait until everything pushed so far is answered, then sync what is not. Throws the system's error. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
    this.#timer?.();
    this.#timer = null;
    await this.#syncLate();
  }

  /** Sync what was written and answered before its sync. Throws the system's error. */
  async flush(): Promise<void> {
    await this.#syncLate();
  }

  async #run(): Promise<void> {
    // A group forms while the event loop turns once; a lone caller is not made to wait for it.
    if (this.#lastSize > 1) await this.#host.turn();
    else await Promise.resolve();
    for (;;) {
      const [oldest] = this.#flights;
      if (oldest !== undefined && (this.#waiting.length === 0 || this.#flights.length === MAX_FLIGHTS)) {
        await oldest.done;
        // Whoever was answered may ask again in this turn of the event loop; a lone caller has done so by now.
        if (oldest.written.appends.length > 1) await this.#host.turn();
        continue;
      }
      if (this.#waiting.length === 0) break;
      if (this.#host.elapsed() - this.#lastYield > YIELD_AFTER_MS) {
        await this.#host.turn();
        this.#lastYield = this.#host.elapsed();
      }
      await this.#commit(this.#take());
    }
    this.#running = null;
  }

  /**
   * The next batch: as many as fit, but no guard that an earlier append of the same batch could change, and nothing that
   * rests on the state after an entry that takes something back from it, or that a kill switch of the same batch may forbid.
   */
  #take(): readonly PendingAppend[] {
    const touched = new Set<unknown>();
    const callers = this.#flights.reduce((sum, { written }) => sum + written.appends.length, this.#waiting.length);
    const most = callers < SPLIT_FROM ? MAX_BATCH : Math.min(MAX_BATCH, Math.ceil(callers / 2));
    let count = 0;
    let takesBack = false;
    let stops = false;
    let newest = "";
    for (const { request, underLock } of this.#waiting) {
      // What is done under the lock is done before all of its batch: nothing that was to come before it may be in there.
      if (underLock !== undefined && count > 0) break;
      if (count >= most || (request.guard !== undefined && touched.has(request.guard.authorization_id))) break;
      // The newest entry that a guard is shown is none of its own batch: none there may be later than its own.
      const { timestamp } = request.entry;
      if (request.guard !== undefined && timestamp !== "" && timestamp < newest) break;
      if (timestamp > newest) newest = timestamp;
      if (takesBack && request.renew !== undefined) break;
      if (stops && request.admit !== undefined) break;
      stops ||= request.entry.event === "kill_switch";
      takesBack ||= takesFromState(request.entry);
      touched.add(relatedId(request.entry));
      // What is renewed says only then what it belongs to.
      if (request.guard !== undefined) touched.add(request.guard.authorization_id);
      count += 1;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#lastSize = batch.length;
    return batch;
  }

  async #commit(batch: readonly PendingAppend[]): Promise<void> {
    try {
      const written = await this.#write(batch);
      if (written === null) this.#rest();
      else if (this.#durability === "sync") this.#launch(written);
      else this.#finishNow(written);
    } catch (error) {
      for (const append of batch) append.reject(error);
      this.#rest();
    }
  }

  async #write(batch: readonly PendingAppend[]): Promise<WrittenBatch | null> {
    try {
      const sealed = this.#writer.seal(batch);
      const { lock } = this.#state.parts;
      if (!lock.tryAcquire()) await lock.acquire();
      try {
        this.#state.follow();
        this.#hooks.beforeWrite();
        return this.#writer.write(sealed);
      } finally {
        lock.release();
      }
    } finally {
      this.#unwritten -= batch.length;
    }
  }

  /** Sync and answer, after the batch before; the next may be written meanwhile. */
  #launch(written: WrittenBatch): void {
    const before = this.#flights.at(-1)?.done;
    const done = this.#finishLater(written, before).catch((error: unknown) => {
      for (const append of written.appends) append.reject(error);
    });
    const flight = {
      written,
      done: done.then(() => {
        this.#flights = this.#flights.filter((other) => other !== flight);
        this.#rest();
      }),
    };
    this.#flights = [...this.#flights, flight];
  }

  async #finishLater(written: WrittenBatch, before: Promise<void> | undefined): Promise<void> {
    const synced = this.#writer.sync(written);
    // A signature that fails must not leave the sync's own failure unheard.
    const [proofs] = await Promise.all([Promise.resolve().then(() => this.#writer.sign(written)), synced, before]);
    this.#writer.advance(written.head);
    this.#writer.answer(written, proofs);
  }

  /** Answer in this very call: no sync is waited for. */
  #finishNow(written: WrittenBatch): void {
    // The files of older batches are synced too: another day's records, the log before a rotation.
    const others = this.#unsynced.filter(({ log, records }) => log !== written.log || records !== written.records);
    this.#unsynced = [...others, written];
    if (this.#durability === "batch") this.#timer ??= this.#host.later(BATCH_SYNC_MS, () => void this.#syncSoon());
    this.#writer.answer(written, this.#writer.sign(written));
    this.#rest();
  }

  /** After a batch: let go of files that no batch needs any more. */
  #rest(): void {
    const flying = this.#flights.map(({ written }) => written);
    this.#state.closeRetired([...flying, ...this.#unsynced, ...this.#syncing]);
    this.#hooks.afterBatch();
  }

  async #syncSoon(): Promise<void> {
    this.#timer = null;
    try {
      await this.#syncLate();
    } catch {
      // The log is marked; the next append is refused.
    }
  }

  /** One after the other: whoever waits for one knows that what was answered before it is durable. */
  #syncLate(): Promise<void> {
    this.#lateSync = this.#lateSync.catch(() => undefined).then(() => this.#syncUnsynced());
    return this.#lateSync;
  }

  async #syncUnsynced(): Promise<void> {
    this.#syncing = this.#unsynced;
    this.#unsynced = [];
    try {
      for (const written of this.#syncing) await this.#writer.sync(written);
      const newest = this.#syncing.at(-1);
      if (newest !== undefined) this.#writer.advance(newest.head);
    } finally {
      this.#syncing = [];
    }
  }
}
