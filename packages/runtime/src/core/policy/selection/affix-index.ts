// Which of many texts a text begins, or ends, with: one look-up for each length that they have.

import type { Report } from "./probe-index.ts";

/** Texts by length. */
export class AffixIndex {
  readonly #end: "prefix" | "suffix";
  readonly #byLength = new Map<number, Map<string, number[]>>();
  /** What all of them begin, or end, with: most texts don't. Null before the first. */
  #shared: string | null = null;

  constructor(end: "prefix" | "suffix") {
    this.#end = end;
  }

  /** Add a rule under its text. */
  add(text: string, rule: number): void {
    this.#shared = this.#shared === null ? text : this.#sharedWith(this.#shared, text);
    const texts = this.#byLength.get(text.length) ?? new Map<string, number[]>();
    this.#byLength.set(text.length, texts);
    const rules = texts.get(text);
    if (rules === undefined) texts.set(text, [rule]);
    else rules.push(rule);
  }

  /** Report the rules whose text this one begins or ends with. Cost: the distinct lengths, and the letters of each. */
  select(text: string, report: Report): void {
    if (this.#shared === null || !this.#fits(text, this.#shared)) return;
    for (const [length, texts] of this.#byLength) {
      if (length > text.length) continue;
      const start = this.#end === "prefix" ? 0 : text.length - length;
      const rules = texts.get(text.slice(start, start + length));
      if (rules !== undefined) report(rules);
    }
  }

  #fits(text: string, part: string): boolean {
    return this.#end === "prefix" ? text.startsWith(part) : text.endsWith(part);
  }

  #sharedWith(shared: string, text: string): string {
    let length = Math.min(shared.length, text.length);
    const part = (): string =>
      this.#end === "prefix" ? shared.slice(0, length) : shared.slice(shared.length - length);
    while (!this.#fits(text, part())) length--;
    return part();
  }
}
