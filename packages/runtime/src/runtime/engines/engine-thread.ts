// An engine in a thread of its own, so that one that hangs holds nothing up: after its time it is ended and made anew.

import { Worker } from "node:worker_threads";
import type { JsonObject } from "../../core/json.ts";
import { failed, type ExternalAnswer } from "../../core/policy/index.ts";
import type { EngineAsk, EngineSays, EngineWorkerData } from "./engine-worker.ts";

/** Making an engine ready may take this long, once; no decision waits for it again. */
const LONGEST_START_MS = 10_000;
const MOST_MEMORY_MB = 256;
/** After so many hangs in a row it is left alone for a while: each costs a thread. */
const HANGS_BEFORE_REST = 3;
const REST_MS = 1000;

interface Waiting {
  readonly ask: EngineAsk;
  /** How many threads it was given to. */
  tries: number;
  readonly done: (answers: readonly ExternalAnswer[]) => void;
  readonly timer: NodeJS.Timeout;
}

/** A thread with one engine. */
export class EngineThread {
  readonly #data: EngineWorkerData;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #started: Promise<ExternalAnswer | null>;
  #worker: Worker | null = null;
  #isReady = false;
  #unusable: ExternalAnswer | null = null;
  #nextId = 0;
  #progressAt = 0;
  #hangs = 0;
  #restUntil = 0;
  #isClosed = false;

  constructor(data: EngineWorkerData, timeoutMs: number) {
    this.#data = data;
    this.#timeoutMs = timeoutMs;
    this.#started = this.#start();
  }

  /** Null once it is ready for the first time, or why it can't be. */
  started(): Promise<ExternalAnswer | null> {
    return this.#started;
  }

  /** Ask about the documents of one action. Answers within the engine's time, whatever the engine does. Never rejects. */
  async ask(inputs: readonly JsonObject[]): Promise<readonly ExternalAnswer[]> {
    const unusable = await this.#started;
    if (unusable !== null) return [unusable];
    if (this.#isClosed) return [failed("error", "was closed")];
    if (performance.now() < this.#restUntil) return [failed("timeout", "is left alone for a second, because it hung")];
    return new Promise((done) => {
      const id = (this.#nextId += 1);
      const ask = { id, inputs, until_ms: Date.now() + this.#timeoutMs };
      const timer = setTimeout(() => this.#late(id), this.#timeoutMs);
      if (this.#waiting.size === 0) this.#progressAt = performance.now();
      const waiting = { ask, done, timer, tries: 0 };
      this.#waiting.set(id, waiting);
      if (this.#worker === null) this.#spawn();
      else if (this.#isReady) this.#give(waiting);
    });
  }

  /** End the thread. What waits for an answer gets a failure. */
  close(): void {
    this.#isClosed = true;
    this.#end();
    for (const id of this.#waiting.keys()) this.#settle(id, [failed("error", "was closed")]);
  }

  #start(): Promise<ExternalAnswer | null> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#unusable = failed("timeout", `was not ready within ${LONGEST_START_MS / 1000} seconds`);
        this.#end();
        resolve(this.#unusable);
      }, LONGEST_START_MS);
      this.#spawn((unusable) => {
        clearTimeout(late);
        resolve(unusable);
      });
    });
  }

  #spawn(ready: (unusable: ExternalAnswer | null) => void = () => undefined): void {
    const worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
      workerData: this.#data,
      // Options of the process (`--input-type`) may be none that a thread can take.
      execArgv: [],
      // What is printed all the same stays in the thread (engine-worker.ts).
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    this.#worker = worker;
    this.#isReady = false;
    // One that is not ready by then never will be: the next question begins anew.
    const late = setTimeout(() => {
      if (worker === this.#worker && !this.#isReady) this.#end();
    }, LONGEST_START_MS);
    late.unref();
    worker.once("message", () => clearTimeout(late));
    worker.on("message", (says: EngineSays) => {
      if (worker === this.#worker) this.#hear(says, ready);
    });
    const ended = (why: string): void => {
      if (worker !== this.#worker) return;
      this.#worker = null;
      ready(failed("unusable", why));
      // A thread that ends after an error takes along what came behind: that is asked once more.
      for (const [id, { tries }] of this.#waiting) if (tries > 1) this.#settle(id, [failed("error", why)]);
      if (this.#waiting.size > 0) this.#spawn();
    };
    worker.on("error", (error) => ended(`ended with an error: ${error instanceof Error ? error.message : "unknown"}`));
    worker.on("exit", () => ended("ended by itself"));
    // After the listeners, which would hold the process up again. What is asked is held by its timer.
    worker.unref();
  }

  #hear(says: EngineSays, ready: (unusable: ExternalAnswer | null) => void): void {
    this.#progressAt = performance.now();
    switch (says.kind) {
      case "ready":
        this.#isReady = true;
        ready(null);
        for (const waiting of this.#waiting.values()) this.#give(waiting);
        return;
      case "unusable":
        this.#unusable = says.answer;
        this.#end();
        ready(says.answer);
        for (const id of this.#waiting.keys()) this.#settle(id, [says.answer]);
        return;
      case "answer":
        this.#hangs = 0;
        this.#settle(says.id, says.answers);
        return;
      default:
        says satisfies never;
    }
  }

  #give(waiting: Waiting): void {
    waiting.tries += 1;
    this.#worker?.postMessage(waiting.ask, []);
  }

  #late(id: number): void {
    // Slow because many ask is not stuck: ending it would only make the others wait longer.
    const isStuck = this.#isReady && performance.now() - this.#progressAt >= this.#timeoutMs;
    this.#settle(id, [failed("timeout", `did not answer within ${this.#timeoutMs} ms`)]);
    if (!isStuck || this.#isClosed) return;
    this.#end();
    this.#hangs += 1;
    if (this.#hangs >= HANGS_BEFORE_REST) {
      this.#restUntil = performance.now() + REST_MS;
      this.#hangs = 0;
    }
    this.#spawn();
  }

  #settle(id: number, answers: readonly ExternalAnswer[]): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.done(answers);
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#isReady = false;
    void worker?.terminate();
  }
}
