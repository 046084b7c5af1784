// One place that checkpoints go to: a queue of one, since only the newest counts, tried again with growing pauses. A busy
// log makes many checkpoints a second, and publishing one may cost more than making it (two syncs, for a folder): so one a
// second is published, the first at once and the last when the log is closed.

import { errorText } from "../../core/errors.ts";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const EVERY_MS = 1000;

/** Where a lane leads. */
export interface LaneTarget {
  readonly name: string;
  /** Bring a checkpoint there. Rejects when that could not be done; the lane then tries again with the newest. */
  publish(note: string): Promise<void>;
}

/** Told how a lane fares; awaited before the lane goes on. Must not reject. */
export interface LaneReport {
  readonly reached: (name: string, note: string) => Promise<void>;
  /** `failures` counts from 1 within an outage. */
  readonly failed: (name: string, error: string, failures: number) => Promise<void>;
}

/** Pauses between attempts, in ms; for tests. */
export interface LanePauses {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Between the beginnings of two that succeed. Default 1,000. */
  readonly everyMs?: number;
}

/** Publishes to one target, in the background. */
export class PublishLane {
  readonly #target: LaneTarget;
  readonly #report: LaneReport;
  readonly #pauses: LanePauses;
  #next: string | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  #begunAt = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | null = null;
  #hurry = false;
  #closed = false;

  constructor(target: LaneTarget, report: LaneReport, pauses?: LanePauses) {
    this.#target = target;
    this.#report = report;
    this.#pauses = pauses ?? { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS };
  }

  /** Bring this checkpoint there when its turn comes, unless a newer one is given before that. Returns at once. */
  offer(note: string): void {
    if (this.#closed) return;
    this.#next = note;
    this.#running ??= this.#run();
  }

  /** Bring what is waiting there now: without a pause, and with one last attempt when it fails. */
  async flush(): Promise<void> {
    this.#hurry = true;
    this.#wake?.();
    await this.#running;
    this.#hurry = false;
  }

  /** Give up what is still waiting. */
  close(): void {
    this.#closed = true;
    this.#next = null;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (this.#next !== null && !this.#closed) {
      await this.#pause(this.#begunAt + (this.#pauses.everyMs ?? EVERY_MS) - performance.now());
      const note = this.#next;
      if (note === null) break;
      this.#next = null;
      this.#begunAt = performance.now();
      const isLast = this.#hurry;
      try {
        await this.#target.publish(note);
        this.#failures = 0;
        await this.#report.reached(this.#target.name, note);
      } catch (error) {
        this.#failures += 1;
        await this.#report.failed(this.#target.name, errorText(error), this.#failures);
        this.#next ??= note;
        if (isLast) break;
        const longest = Math.min(this.#pauses.longestMs, this.#pauses.firstMs * 2 ** (this.#failures - 1));
        // Not all at once: several processes share an anchor.
        await this.#pause(longest * (0.5 + Math.random() / 2));
        this.#begunAt = Number.NEGATIVE_INFINITY;
      }
    }
    this.#running = null;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#hurry || this.#closed || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
