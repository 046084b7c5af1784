// The rules that ask about one place, so that what stands there gives those it concerns.

import type { Comparison } from "./guard.ts";
import { gramIndexOf, type GramIndex } from "./gram-index.ts";
import type { Probe, Reading } from "./probe.ts";
import type { RuleInput } from "../../rule.ts";
import type { Steps } from "../../steps.ts";
import { AffixIndex } from "./affix-index.ts";
import { BoundIndex } from "./bound-index.ts";

/** Takes rules by their numbers; some more than once. */
export type Report = (rules: readonly number[]) => void;

/** What guards expect to find at a place. */
type Expected = "text" | "number" | "boolean";

/** Finds the rules of one probe. */
export class ProbeIndex {
  readonly #probe: Probe;
  readonly #tokens = new Map<string, number[]>();
  readonly #held = new Map<string, number[]>();
  readonly #prefixes = new AffixIndex("prefix");
  readonly #suffixes = new AffixIndex("suffix");
  readonly #bounds = new BoundIndex();
  readonly #expecting: Readonly<Record<Expected, number[]>> = { text: [], number: [], boolean: [] };
  #grams: GramIndex | null = null;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** Add a rule under a comparison. */
  add(comparison: Comparison, rule: number): void {
    switch (comparison.by) {
      case "token":
        addTo(this.#tokens, comparison.token, rule);
        this.#expecting[expectedOf(comparison.token)].push(rule);
        return;
      case "holds":
        addTo(this.#held, comparison.text, rule);
        break;
      case "prefix":
        this.#prefixes.add(comparison.text, rule);
        break;
      case "suffix":
        this.#suffixes.add(comparison.text, rule);
        break;
      case "least":
      case "most":
        this.#bounds.add(comparison, rule);
        this.#expecting.number.push(rule);
        return;
      default:
        comparison satisfies never;
    }
    this.#expecting.text.push(rule);
  }

  /** Make the tables; nothing may be added afterwards. */
  *build(): Steps<void> {
    if (this.#held.size > 0) this.#grams = yield* gramIndexOf(this.#held);
    this.#bounds.build();
  }

  /** Report the rules that what stands there may concern. */
  select(input: RuleInput, report: Report): void {
    const reading = this.#probe.read(input);
    if (reading.type === "nothing") return;
    if (reading.type !== "any") this.#reportUnexpected(reading, report);
    for (const token of reading.tokens) {
      const rules = this.#tokens.get(token);
      if (rules !== undefined) report(rules);
    }
    if (reading.texts.length > 0) this.#searchTexts(reading.texts, report);
    if (reading.number !== null) this.#bounds.select(reading.number, report);
  }

  #searchTexts(texts: readonly string[], report: Report): void {
    if (this.#grams !== null && !this.#grams.search(texts, report)) report([...this.#held.values()].flat());
    for (const text of texts) {
      this.#prefixes.select(text, report);
      this.#suffixes.select(text, report);
    }
  }

  // Comparing with another type than was expected may fail, and a rule that fails speaks.
  #reportUnexpected({ type }: Reading, report: Report): void {
    if (type !== "text") report(this.#expecting.text);
    if (type !== "number") report(this.#expecting.number);
    if (type !== "boolean") report(this.#expecting.boolean);
  }
}

function expectedOf(token: string): Expected {
  if (token.startsWith("n")) return "number";
  return token.startsWith("b") ? "boolean" : "text";
}

function addTo(lists: Map<string, number[]>, key: string, rule: number): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [rule]);
  else known.push(rule);
}
