// Where appends come faster than checkpoints are made, they wait a moment, so that at most a thousand entries stand in the
// log without one. It is the last resort: a checkpoint is begun long before (step-pace.ts), and where none comes in time,
// for whatever reason, nobody is held up until the next has come.
//
// INVARIANT: what comes later goes later; nothing waits longer than `LONGEST_MS` for one checkpoint, and nothing is refused.

/** The most entries after the newest checkpoint, those that are being written included. */
export const MOST_AFTER = 980;
/** What is further behind isn't held up: it was behind when the log was opened, or other processes write it. */
const BACKLOG = 512;
const LONGEST_MS = 400;

/** What it needs of the process. */
export interface RoomHost {
  /** Entries in the log, and on the way into it. */
  readonly newest: () => number;
  /** Call `work` once, that much later; the answer calls it off. */
  readonly later: (ms: number, work: () => void) => () => void;
}

/** Room for appends after the newest checkpoint. */
export class AppendRoom {
  readonly #host: RoomHost;
  #most = Number.POSITIVE_INFINITY;
  #waiting: (() => void)[] = [];
  #callOff: (() => void) | null = null;

  constructor(host: RoomHost) {
    this.#host = host;
  }

  /** Whether an append can go on at once. Cost: two comparisons. */
  get isOpen(): boolean {
    return this.#waiting.length === 0 && this.#host.newest() < this.#most;
  }

  /** Call `go` in its turn, once there is room. */
  wait(go: () => void): void {
    this.#waiting.push(go);
    this.#callOff ??= this.#host.later(LONGEST_MS, () => {
      this.#callOff = null;
      this.open();
    });
  }

  /** The newest checkpoint holds so many entries. */
  covered(size: number): void {
    const newest = this.#host.newest();
    this.#most = newest - size > MOST_AFTER + BACKLOG ? Number.POSITIVE_INFINITY : size + MOST_AFTER;
    this.#rest();
    this.#letGo();
  }

  /** Hold nobody up before the next checkpoint is told. */
  open(): void {
    this.#most = Number.POSITIVE_INFINITY;
    this.#rest();
    this.#letGo();
  }

  #rest(): void {
    this.#callOff?.();
    this.#callOff = null;
  }

  #letGo(): void {
    let count = 0;
    for (const go of this.#waiting) {
      if (this.#host.newest() >= this.#most) break;
      count += 1;
      go();
    }
    const rest = this.#waiting.slice(count);
    this.#waiting = [];
    for (const go of rest) this.wait(go);
  }
}
