// Amounts of counters: exact decimals that are not negative, kept as digits and scale so that sums cost no parsing.

/** `digits / 10^scale`. */
export interface Amount {
  readonly digits: bigint;
  readonly scale: number;
}

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
  const scale = Math.max(left.scale, right.scale);
  return { digits: raised(left, scale) + raised(right, scale), scale };
}

/** The exact difference. */
export function subtractAmounts(left: Amount, right: Amount): Amount {
  const scale = Math.max(left.scale, right.scale);
  return { digits: raised(left, scale) - raised(right, scale), scale };
}

/** Whether the left amount is more than the right one. */
export function exceeds(left: Amount, right: Amount): boolean {
  const scale = Math.max(left.scale, right.scale);
  return raised(left, scale) > raised(right, scale);
}

/** A plain decimal without needless zeros: one text for each value. */
export function amountText({ digits, scale }: Amount): string {
  const negative = digits < 0n;
  const plain = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = plain.slice(0, plain.length - scale);
  const fraction = plain.slice(plain.length - scale).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function raised({ digits, scale }: Amount, to: number): bigint {
  return scale === to ? digits : digits * 10n ** BigInt(to - scale);
}
