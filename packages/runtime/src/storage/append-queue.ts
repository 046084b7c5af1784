// The queue of appends of one process: forms batches, one at a time, while the one before is being synced.
//
// A lone caller is served in one go, without a thread hop; since its promises settle in microtasks, which would keep
// timers and sockets from ever running, the queue yields to the event loop every 5 ms.

import { setImmediate as soon } from "node:timers/promises";
import type { Durability } from "../runtime/ports.ts";
import type { BatchWriter, PendingAppend, WrittenBatch } from "./batch-writer.ts";
import type { Head } from "./head-file.ts";
import { relatedId } from "./parse-entry.ts";
import type { LogState } from "./log-state.ts";

const MAX_BATCH = 256;
const YIELD_AFTER_MS = 5;
const BATCH_SYNC_MS = 500;
const SLOW_SYNC_MS = 4;
const SLOW_FOR_MS = 200;

/** What happens around each batch, under the lock. */
export interface QueueHooks {
  /** Heal, rotate, or otherwise make the log ready. Under the lock, log followed. */
  readonly beforeWrite: () => void;
  /** After a batch was answered, outside the lock. */
  readonly afterBatch: () => void;
}

/** The queue of one open log. */
export class AppendQueue {
  readonly #state: LogState;
  readonly #writer: BatchWriter;
  readonly #durability: Durability;
  readonly #hooks: QueueHooks;
  #waiting: PendingAppend[] = [];
  #running: Promise<void> | null = null;
  #lastSize = 1;
  #lastYield = performance.now();
  #slowUntil = 0;
  #unsynced: WrittenBatch | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(state: LogState, writer: BatchWriter, durability: Durability, hooks: QueueHooks) {
    this.#state = state;
    this.#writer = writer;
    this.#durability = durability;
    this.#hooks = hooks;
  }

  /** Append when its turn comes; it is answered through its `resolve` or `reject`. */
  push(append: PendingAppend): void {
    this.#waiting.push(append);
    this.#running ??= this.#run();
  }

  /** Wait until everything pushed so far is answered, then sync what is not. Throws the system's error. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#syncLate();
  }

  async #run(): Promise<void> {
    // A group forms while the event loop turns once; a lone caller is not made to wait for it.
    if (this.#lastSize > 1) await soon();
    else await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (performance.now() - this.#lastYield > YIELD_AFTER_MS) {
        await soon();
        this.#lastYield = performance.now();
      }
      await this.#commit(this.#take());
      if (this.#lastSize > 1) await soon();
    }
    this.#running = null;
  }

  /** The next batch: as many as fit, but no guard that an earlier append of the same batch could change. */
  #take(): readonly PendingAppend[] {
    const touched = new Set<unknown>();
    let count = 0;
    for (const { request } of this.#waiting) {
      if (count >= MAX_BATCH || (request.guard !== undefined && touched.has(request.guard.authorization_id))) break;
      touched.add(relatedId(request.entry));
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
      if (written !== null) await this.#finish(written, batch.length === 1 && this.#waiting.length === 0);
    } catch (error) {
      for (const append of batch) append.reject(error);
    }
    this.#state.closeRetired();
    this.#hooks.afterBatch();
  }

  async #write(batch: readonly PendingAppend[]): Promise<WrittenBatch | null> {
    const sealed = this.#writer.seal(batch);
    const { lock } = this.#state.parts;
    if (!lock.tryAcquire()) await lock.acquire();
    try {
      this.#state.follow();
      this.#hooks.beforeWrite();
      return this.#writer.write(batch, sealed);
    } finally {
      lock.release();
    }
  }

  async #finish(written: WrittenBatch, lone: boolean): Promise<void> {
    if (this.#durability !== "sync") {
      this.#unsynced = written;
      if (this.#durability === "batch") this.#timer ??= setTimeout(() => void this.#syncSoon(), BATCH_SYNC_MS);
      this.#writer.answer(written, this.#writer.sign(written));
      return;
    }
    if (lone && !this.#isDiskSlow()) {
      const start = performance.now();
      this.#writer.syncNow(written);
      if (performance.now() - start > SLOW_SYNC_MS) this.#slowUntil = start + SLOW_FOR_MS;
      const proofs = this.#writer.sign(written);
      this.#writer.advance(written.head);
      this.#writer.answer(written, proofs);
      return;
    }
    const synced = this.#writer.sync(written);
    // A signature that fails must not leave the sync's own failure unheard.
    const [proofs] = await Promise.all([Promise.resolve().then(() => this.#writer.sign(written)), synced]);
    this.#writer.advance(written.head);
    this.#writer.answer(written, proofs);
  }

  /** Whether a sync has lately taken so long that one more in this thread would hold up everything else in it. */
  #isDiskSlow(): boolean {
    return performance.now() < this.#slowUntil;
  }

  async #syncSoon(): Promise<void> {
    this.#timer = null;
    try {
      await this.#syncLate();
    } catch {
      // The log is marked; the next append is refused.
    }
  }

  async #syncLate(): Promise<void> {
    const written = this.#unsynced;
    if (written === null) return;
    this.#unsynced = null;
    const head: Head = written.head;
    await this.#writer.sync(written);
    this.#writer.advance(head);
  }
}
