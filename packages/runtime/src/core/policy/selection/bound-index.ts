// Which of many bounds a number keeps or breaks: sorted, so that those it concerns stand together.

import type { Report } from "./probe-index.ts";

interface Bound {
  readonly bound: number;
  readonly rule: number;
}

/** Bounds by their number. */
export class BoundIndex {
  readonly #least: Bound[] = [];
  readonly #most: Bound[] = [];

  /** Add a rule that concerns numbers of at least, or at most, this one. */
  add({ by, bound }: { readonly by: "least" | "most"; readonly bound: number }, rule: number): void {
    (by === "least" ? this.#least : this.#most).push({ bound, rule });
  }

  /** Sort; nothing may be added afterwards. */
  build(): void {
    this.#least.sort((left, right) => left.bound - right.bound);
    this.#most.sort((left, right) => right.bound - left.bound);
  }

  /** Report the rules that a number concerns. Cost: as many as there are. */
  select(number: number, report: Report): void {
    const rules: number[] = [];
    for (const { bound, rule } of this.#least) {
      if (bound > number) break;
      rules.push(rule);
    }
    for (const { bound, rule } of this.#most) {
      if (bound < number) break;
      rules.push(rule);
    }
    if (rules.length > 0) report(rules);
  }
}
