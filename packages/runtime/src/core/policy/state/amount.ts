// Amounts of counters: exact decimals that are not negative, kept as digits and scale so that sums cost no parsing.

import { aligned, type Scaled } from "../../decimal.ts";

/** `digits / 10^scale`. */
export type Amount = Scaled;

/** The longest amount, in characters: more than any money has. */
export const LONGEST_AMOUNT = 80;

/** Nothing. */
export const ZERO: Amount = { digits: 0n, scale: 0 };

const PLAIN = /^\d{1,80}(?:\.\d{1,80})?$/;

/** Read a plain decimal that is not negative (`190.02`); null for anything else, and for over 80 characters. */
export function parseAmount(text: string): Amount | null {
  if (text.length > LONGEST_AMOUNT || !PLAIN.test(text)) return null;
  const point = text.indexOf(".");
  if (point === -1) return { digits: BigInt(text), scale: 0 };
  return { digits: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** The exact sum. */
export function addAmounts(left: Amount, right: Amount): Amount {
  const [a, b] = aligned(left, right);
  return { digits: a + b, scale: Math.max(left.scale, right.scale) };
}

/** The exact difference. */
export function subtractAmounts(left: Amount, right: Amount): Amount {
  const [a, b] = aligned(left, right);
  return { digits: a - b, scale: Math.max(left.scale, right.scale) };
}

/** Whether the left amount is more than the right one. */
export function exceeds(left: Amount, right: Amount): boolean {
  const [a, b] = aligned(left, right);
  return a > b;
}

/** A plain decimal without needless zeros: one text for each value. */
export { scaledText as amountText } from "../../decimal.ts";
