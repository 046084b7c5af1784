// Exact decimals: read from text and numbers, compared, added, subtracted and multiplied without rounding.

import { aligned } from "../../decimal.ts";
import { CelDecimal } from "./value.ts";

/** The most digits a decimal may have, before and behind the point together. */
export const MAX_DIGITS = 400;

const DECIMAL = /^([+-]?)(\d{1,400})(?:\.(\d{1,400}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Parse `12`, `-0.50`, `1e3`; null when it is none or has more than `MAX_DIGITS` digits. */
export function parseDecimal(text: string): CelDecimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > MAX_DIGITS) return null;
  return decimalOf(scale < 0 ? digits * 10n ** BigInt(-scale) : digits, Math.max(scale, 0));
}

/** The decimal that a double is written as: 9.99 is exactly 9.99. Null for infinities and what is no number. */
export function decimalOfDouble(value: number): CelDecimal | null {
  return parseDecimal(String(value));
}

/** As plain text, without zeros at the end: `12`, `-0.5`. */
export { scaledText as decimalText } from "../../decimal.ts";

/** Below 0, 0 or above 0, as `left` is below, equal to or above `right`. */
export function compareDecimal(left: CelDecimal, right: CelDecimal): number {
  const [a, b] = aligned(left, right);
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The exact sum, difference or product; null when it has more than `MAX_DIGITS` digits. */
export function computeDecimal(operator: "+" | "-" | "*", left: CelDecimal, right: CelDecimal): CelDecimal | null {
  if (operator === "*") return decimalOf(left.digits * right.digits, left.scale + right.scale);
  const [a, b] = aligned(left, right);
  return decimalOf(operator === "+" ? a + b : a - b, Math.max(left.scale, right.scale));
}

// Zeros at the end say nothing: without them a chain of sums stays short.
function decimalOf(digits: bigint, scale: number): CelDecimal | null {
  let [short, places] = [digits, scale];
  while (places > 0 && short % 10n === 0n) {
    short /= 10n;
    places--;
  }
  return places > MAX_DIGITS || short >= LARGEST || short <= -LARGEST ? null : new CelDecimal(short, places);
}

const LARGEST = 10n ** BigInt(MAX_DIGITS);
