// How much matching one evaluation may cost: counted, not timed, so that the same input always ends the same.

/** What one evaluation may spend: about a quarter of a second where every pattern is as slow as patterns get. */
export const EVALUATION_BUDGET = 12_000_000;

/** Thrown when the budget is spent; the rule that spends it becomes a DENY. */
export class BudgetSpent extends Error {}

/** What is left to spend. */
export class Budget {
  #left: number = EVALUATION_BUDGET;

  /**
   * Spend some units. One is about what an engine's instruction may cost on one character.
   *
   * @throws {BudgetSpent} when there are not so many left.
   */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new BudgetSpent("the evaluation budget is spent");
  }
}
