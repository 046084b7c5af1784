// What comparisons with fixed values say together of one term: whether any value at all could satisfy them.

import { CelDecimal, CelUint } from "../cel/value.ts";
import type { CelLiteral, CelOperator } from "../cel/node.ts";

/** A term compared with a fixed value: `payload.amount > 10`. */
export interface Comparison {
  /** The term as written, without spaces. */
  readonly term: string;
  readonly operator: Exclude<CelOperator, "in" | "+" | "-" | "*" | "/" | "%">;
  readonly value: CelLiteral;
}

/** Whether no value could satisfy all comparisons of some term. Cost: linear in them. */
export function contradict(comparisons: readonly Comparison[]): boolean {
  const terms = new Map<string, TermRange>();
  for (const { term, operator, value } of comparisons) {
    const range = terms.get(term) ?? new TermRange(term);
    terms.set(term, range);
    range.narrow(operator, value);
    if (range.empty) return true;
  }
  return false;
}

/** The opposite of a comparison: what holds where it doesn't (and where neither fails). */
export function negated(comparison: Comparison): Comparison {
  return { ...comparison, operator: OPPOSITE[comparison.operator] };
}

const OPPOSITE: Readonly<Record<Comparison["operator"], Comparison["operator"]>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

/** The values that are left for one term. */
class TermRange {
  #equal: string | null = null;
  readonly #unequal = new Set<string>();
  #low: { readonly value: number; readonly open: boolean } | null = null;
  #high: { readonly value: number; readonly open: boolean } | null = null;
  empty = false;

  constructor(term: string) {
    // A length is never negative.
    if (/\.size\(\)$|^size\(/.test(term)) this.#low = { value: 0, open: false };
  }

  narrow(operator: Comparison["operator"], value: CelLiteral): void {
    const key = keyOf(value);
    const number = numberOf(value);
    if (operator === "==") {
      if (this.#equal !== null && key !== null && this.#equal !== key) this.empty = true;
      this.#equal ??= key;
      if (number !== null) this.#bound(number, { low: true, high: true, open: false });
    } else if (operator === "!=") {
      if (key !== null) this.#unequal.add(key);
    } else if (number !== null) {
      const low = operator === ">" || operator === ">=";
      this.#bound(number, { low, high: !low, open: operator === ">" || operator === "<" });
    }
    this.empty ||= this.#equal !== null && this.#unequal.has(this.#equal);
    this.empty ||= this.#isCrossed();
  }

  #bound(
    value: number,
    { low, high, open }: { readonly low: boolean; readonly high: boolean; readonly open: boolean },
  ): void {
    if (low && (this.#low === null || value > this.#low.value || (value === this.#low.value && open))) {
      this.#low = { value, open };
    }
    if (high && (this.#high === null || value < this.#high.value || (value === this.#high.value && open))) {
      this.#high = { value, open };
    }
  }

  #isCrossed(): boolean {
    if (this.#low === null || this.#high === null) return false;
    if (this.#low.value !== this.#high.value) return this.#low.value > this.#high.value;
    return this.#low.open || this.#high.open;
  }
}

/** Equal for equal values, different for different ones; null where that can't be told (bytes). */
function keyOf(value: CelLiteral): string | null {
  const number = numberOf(value);
  if (number !== null) return `number ${number}`;
  if (value === null || typeof value === "boolean") return String(value);
  return typeof value === "string" ? `text ${value}` : null;
}

/** A number that a double holds exactly; null for what isn't one, since rounding could make two values one. */
function numberOf(value: CelLiteral): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint" || value instanceof CelUint) {
    const number = Number(typeof value === "bigint" ? value : value.value);
    return Number.isSafeInteger(number) ? number : null;
  }
  if (!(value instanceof CelDecimal)) return null;
  const digits = Number(value.digits);
  return Number.isSafeInteger(digits) && value.scale <= 15 ? digits / 10 ** value.scale : null;
}
