// How much matching one evaluation may cost: counted, not timed, so that the same input always ends the same.

/** What rules in force may spend in one decision: about a fifth of a second where everything is as slow as it gets. */
export const EVALUATION_BUDGET = 10_000_000;

/** What rules that are only tried may spend beside that. */
const TRIED_BUDGET = 2_000_000;

/** Thrown when the budget is spent; the rule that spends it becomes a DENY. */
export class BudgetSpent extends Error {}

// One for all: making an error costs more than most rules do, and thousands may meet an empty budget.
const SPENT = new BudgetSpent("the evaluation budget is spent");

/**
 * What looking for a text in another may cost beyond reading it once: engines compare anew at each place, so that
 * `xxxyxxx` in many `x` takes the product of both lengths. Short ones cost about what reading does.
 */
export function comparisonUnits(length: number, wanted: number): number {
  return wanted <= SHORT || wanted > length ? 0 : ((length - wanted) * (wanted - SHORT)) / COMPARISONS_A_UNIT;
}

const SHORT = 16;
const COMPARISONS_A_UNIT = 48;

/** What is left to spend. */
export class Budget {
  readonly #units: number;
  #left: number;
  #tried: Budget | null = null;

  constructor(units: number = EVALUATION_BUDGET) {
    this.#units = units;
    this.#left = units;
  }

  /** How many units were charged so far: more than there were, once it is spent. */
  get spent(): number {
    return this.#units - this.#left;
  }

  /** What rules that are only tried may spend beside this: always the same one. */
  get tried(): Budget {
    return (this.#tried ??= new Budget(TRIED_BUDGET));
  }

  /**
   * Spend some units. One is about what an engine's instruction may cost on one character.
   *
   * @throws {BudgetSpent} when there are not so many left.
   */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw SPENT;
  }
}
