// Signed batches of other entries than those that stand in a log. Each proves that entries are gone, which is a fault; unless
// an entry of the log says that it was accepted to go on without them.
//
// INVARIANT: such an entry counts only for batches that stood in the file when it was written, and only when a batch that
// holds covers it: whoever can write files, and has no key, can make no such entry.

/** A batch: `seq` of its first and last entry, and where its record ends in the file. */
export interface PlacedBatch {
  readonly first: number;
  readonly last: number;
  readonly end: number;
}

/** An entry by which a loss was accepted. */
export interface Acceptance {
  readonly seq: number;
  /** `seq` of the first entry that may be another one than before. */
  readonly from: number;
  /** Size of the file of records then. */
  readonly proofsBytes: number;
}

/** How far batches reach that hold: by keys that are known, and by any. */
export interface Reach {
  readonly known: number;
  readonly any: number;
}

/** What an audit had counted before a batch. */
export interface Counted {
  readonly batches: number;
  readonly covered: number;
  readonly through: number;
}

/** Batches of other entries, in one: what has to be known to say whether all of them are explained. */
interface Others {
  /** `seq` of the first entry of the first of them. */
  readonly first: number;
  /** The smallest `last` and the largest `end`. */
  readonly last: number;
  readonly end: number;
  /** Whether a key that is known signed one of them: then one has to cover what explains it. */
  readonly isKnown: boolean;
  /** `seq` of the newest entry that explains them; 0: none yet. */
  readonly by: number;
  /** What was counted before the first of them. */
  readonly before: Counted;
}

/** A batch as it is met. */
export interface OtherBatch {
  readonly batch: PlacedBatch;
  /** Whether a key that is known signed it. */
  readonly isKnown: boolean;
  readonly before: Counted;
}

/** A batch that nothing explains. */
export interface Unexplained {
  /** `seq` of its first entry. */
  readonly first: number;
  readonly before: Counted;
}

/** A log is taken over now and then; one that says so more often than this is nobody's work. */
const MOST_ACCEPTANCES = 256;

/** Collects them, in the log's order. Memory: a few numbers. */
export class AbandonedBatches {
  readonly #acceptances: Acceptance[] = [];
  #doubtful: Others | null = null;
  #explained: Others | null = null;
  #count = 0;
  #waiting = 0;

  /** An entry says that a loss was accepted. It may explain batches that were found already. */
  accept(acceptance: Acceptance): void {
    if (this.#acceptances.length === MOST_ACCEPTANCES) return;
    this.#acceptances.push(acceptance);
    if (this.#doubtful === null || !isExplainedBy(this.#doubtful, acceptance)) return;
    this.#explained = joined(this.#explained, { ...this.#doubtful, by: acceptance.seq });
    this.#count += this.#waiting;
    this.#doubtful = null;
    this.#waiting = 0;
  }

  /** Whether an entry that was seen explains that this batch is of other entries. */
  explains(batch: PlacedBatch): boolean {
    return this.#acceptances.some((each) => isExplainedBy(batch, each));
  }

  /** A batch of other entries. */
  add({ batch, isKnown, before }: OtherBatch): void {
    const by = this.#acceptances.find((each) => isExplainedBy(batch, each))?.seq ?? 0;
    const other: Others = { ...batch, isKnown, by, before };
    if (by > 0) {
      this.#explained = joined(this.#explained, other);
      this.#count += 1;
    } else {
      this.#doubtful = joined(this.#doubtful, other);
      this.#waiting += 1;
    }
  }

  /** The first batch that nothing explains, or null, when so much of the log is covered. */
  unexplained(reach: Reach): Unexplained | null {
    if (this.#doubtful !== null) return this.#doubtful;
    if (this.#explained === null) return null;
    const { by, isKnown } = this.#explained;
    return by > (isKnown ? reach.known : reach.any) ? this.#explained : null;
  }

  /** How many batches are explained, and `seq` of the newest entry that does; null: none. */
  get told(): { readonly batches: number; readonly seq: number } | null {
    return this.#explained === null ? null : { batches: this.#count, seq: this.#explained.by };
  }
}

function isExplainedBy({ last, end }: Pick<PlacedBatch, "last" | "end">, { from, proofsBytes }: Acceptance): boolean {
  return last >= from && end <= proofsBytes;
}

function joined(before: Others | null, other: Others): Others {
  if (before === null) return other;
  return {
    first: before.first,
    before: before.before,
    last: Math.min(before.last, other.last),
    end: Math.max(before.end, other.end),
    isKnown: before.isKnown || other.isKnown,
    by: Math.max(before.by, other.by),
  };
}
