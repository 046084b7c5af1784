// Which of many texts a text begins, or ends, with: one look-up for each length that they have.

import type { Report } from "./probe-index.ts";

/** Texts by length. */
export class AffixIndex {
  readonly #end: "prefix" | "suffix";
  readonly #byLength = new Map<number, Map<string, number[]>>();

  constructor(end: "prefix" | "suffix") {
    this.#end = end;
  }

  /** Add a rule under its text. */
  add(text: string, rule: number): void {
    const texts = this.#byLength.get(text.length) ?? new Map<string, number[]>();
    this.#byLength.set(text.length, texts);
    const rules = texts.get(text);
    if (rules === undefined) texts.set(text, [rule]);
    else rules.push(rule);
  }

  /** Report the rules whose text this one begins or ends with. Cost: the distinct lengths, and the letters of each. */
  select(text: string, report: Report): void {
    for (const [length, texts] of this.#byLength) {
      if (length > text.length) continue;
      const start = this.#end === "prefix" ? 0 : text.length - length;
      const rules = texts.get(text.slice(start, start + length));
      if (rules !== undefined) report(rules);
    }
  }
}
