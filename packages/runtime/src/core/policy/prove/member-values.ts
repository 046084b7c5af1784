// A few values for a member of the payload or the context that stand for all: whatever the member holds, conditions that
// compare it with these literals (as it is, as a decimal, as a double) come to what they come to for one of these.
//
//   not there; in something that has no members; null, true, false; a list; a map
//   each text that is compared with; text that reads as no number; text that reads as a number just below, at and just
//   above each number that is compared with, spelt otherwise than the texts that are compared with
//   numbers: the same, and between, below and above all

import type { JsonValue } from "../../json.ts";
import { computeDecimal, decimalText, parseDecimal } from "../cel/decimal-value.ts";
import type { CelDecimal } from "../cel/value.ts";

/** What a member holds. */
export type MemberValue =
  | { readonly kind: "absent" }
  /** What should hold it has no members. */
  | { readonly kind: "no_parent" }
  | { readonly kind: "value"; readonly value: JsonValue };

/** The values for a member that is compared with these numbers (as decimal text) and texts. Cost: linear in them. */
export function memberValues(numbers: readonly string[], texts: readonly string[]): readonly MemberValue[] {
  const doubles = new Set(numbers.flatMap((number) => aroundDouble(Number(number))));
  const sorted = [...doubles, -Number.MAX_VALUE, Number.MAX_VALUE, 0, 1, -1]
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const between = sorted.slice(1).map((high, index) => (sorted[index] ?? 0) / 2 + high / 2);
  // Plain numbers first: of values that come to the same, the first is shown.
  const plain = numbers.map(Number).flatMap((number) => [number, number + 1, number - 1]);
  const all = [...new Set([...plain, ...sorted, ...between])].filter(Number.isFinite);
  const exact = [...numbers.flatMap(aroundDecimal), ...all.map(plainText)];
  const spelled = [...new Set(exact)].map((text) => otherwise(text, texts));
  const words = [...new Set(texts)];
  const values: readonly JsonValue[] = [
    null,
    true,
    false,
    [],
    {},
    ...words,
    otherwise("not a number", texts),
    ...["NaN", "Infinity", "-Infinity"].filter((text) => !words.includes(text)),
    ...all,
    ...spelled,
  ];
  return [{ kind: "absent" }, { kind: "no_parent" }, ...values.map((value) => ({ kind: "value", value }) as const)];
}

// Comparisons with a literal change at the literal alone, whichever of its neighbours it is rounded to.
function aroundDouble(value: number): readonly number[] {
  if (!Number.isFinite(value)) return [];
  const [below, above] = [neighbour(value, -1n), neighbour(value, 1n)];
  return [neighbour(below, -1n), below, value, above, neighbour(above, 1n)];
}

// The bits of a double, read as an integer, count up with its size.
function neighbour(value: number, step: bigint): number {
  const floats = new Float64Array([value === 0 ? 0 : value]);
  const bits = new BigInt64Array(floats.buffer);
  const [at = 0n] = bits;
  if (value === 0) return step > 0n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  bits[0] = at + (value > 0 ? step : -step);
  const [result = value] = floats;
  return Number.isFinite(result) ? result : value;
}

const TINY: CelDecimal | null = parseDecimal("1e-300");

function aroundDecimal(number: string): readonly string[] {
  const at = parseDecimal(number);
  if (at === null || TINY === null) return [];
  const near = [computeDecimal("-", at, TINY), at, computeDecimal("+", at, TINY)];
  return near.flatMap((one) => (one === null ? [] : [decimalText(one)]));
}

function plainText(value: number): string {
  const decimal = parseDecimal(String(value));
  return decimal === null ? String(value) : decimalText(decimal);
}

// Zeros before a number change how it is spelt, not what it reads as.
function otherwise(text: string, taken: readonly string[]): string {
  let spelled = text;
  while (taken.includes(spelled)) {
    spelled = /^-?\d/.test(spelled) ? spelled.replace(/^(-?)/, "$10") : `${spelled}.`;
  }
  return spelled;
}
