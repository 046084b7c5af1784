// When the next checkpoint is due: seldom, since each costs as much as some hundred entries, and so that at most a thousand
// entries wait for one, those that come while it is made included.

/** The most entries that wait for a checkpoint; where it can't be kept up with, appends wait (append-room.ts). */
const MOST_WAITING = 1000;
/** Entries that come between the moment when a step is due and that when it begins, and before its end is told. */
const ROOM = 150;
/** So many waited at a step's end: appends were held up, or all but, and more would have come. */
const HELD_UP = 930;
const MORE = 100;
/** More often than this it isn't worth it: appends wait a moment instead. */
const SOONEST = 250;
/** How many more wait where another process made the newest checkpoint: it is likely to make the next, at less cost. */
const AFTER_OTHERS = 100;
const LATEST = 940;

/** The pace of one log's checkpoints. */
export class StepPace {
  #during = 0;
  /** Whether another process made the newest checkpoint. */
  isOthers = false;

  /** How many entries wait when a step is due. */
  get due(): number {
    const due = Math.max(SOONEST, MOST_WAITING - ROOM - this.#during);
    return this.isOthers ? Math.min(LATEST, due + AFTER_OTHERS) : due;
  }

  /**
   * A step was taken, so many entries came meanwhile, and so many waited for its end. The next is expected to take as long;
   * what was long is forgotten slowly.
   */
  took(entries: number, waited: number): void {
    const before = waited < HELD_UP ? Math.floor(this.#during * 0.9) : this.#during + MORE;
    this.#during = Math.min(MOST_WAITING, Math.max(entries, before));
    this.isOthers = false;
  }
}
