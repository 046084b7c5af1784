// When the next checkpoint is due: seldom, since each costs as much as some hundred entries, and so that at most a thousand
// entries wait for one, those that come while it is made included.

/** The most entries that wait for a checkpoint, while the machine can keep up. */
const MOST_WAITING = 1000;
/** Entries that come between the moment when a step is due and that when it begins, and before its end is told. */
const ROOM = 300;
const SOONEST = 50;

/** The pace of one log's checkpoints. */
export class StepPace {
  #during = 0;

  /** How many entries wait when a step is due. */
  get due(): number {
    return Math.max(SOONEST, MOST_WAITING - ROOM - this.#during);
  }

  /** A step was taken, and so many entries came meanwhile. The next is expected to take as long; what was long is forgotten slowly. */
  took(entries: number): void {
    this.#during = Math.max(entries, Math.floor(this.#during * 0.8));
  }
}
