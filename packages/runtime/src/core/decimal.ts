// Exact decimals as text, so that money is never rounded.

const DECIMAL = /^-?\d{1,400}(?:\.\d{1,400})?$/;

/** Whether a text is a plain decimal: digits, at most one point, a leading minus; no exponent, no separators. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** An exact decimal: `digits` divided by ten to the power of `scale`, which is 0 or more. */
export interface Scaled {
  readonly digits: bigint;
  readonly scale: number;
}

/** The digits of two decimals at the larger of their scales. */
export function aligned(left: Scaled, right: Scaled): readonly [bigint, bigint] {
  const scale = Math.max(left.scale, right.scale);
  return [raised(left, scale), raised(right, scale)];
}

function raised({ digits, scale }: Scaled, to: number): bigint {
  return scale === to ? digits : digits * 10n ** BigInt(to - scale);
}

/** A decimal as plain text without zeros at the end, one text for each value: `12`, `-0.5`. */
export function scaledText({ digits, scale }: Scaled): string {
  const plain = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = plain.slice(0, plain.length - scale);
  const fraction = plain.slice(plain.length - scale).replace(/0+$/, "");
  return `${digits < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Less than 0, 0 or more than 0, as `left` is below, equal to or above `right`. Anything that is no number counts as 0. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = aligned(scaled(left), scaled(right));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The exact sum, as a plain decimal. */
export function addDecimals(left: string, right: string): string {
  const [first, second] = [scaled(left), scaled(right)];
  const [a, b] = aligned(first, second);
  return write(a + b, Math.max(first.scale, second.scale));
}

// `String(number)` may carry an exponent (`1e+21`, `5e-7`): it is spelt out first.
function scaled(text: string): Scaled {
  const match = /^(-?)(\d{1,400})(?:\.(\d{1,400}))?(?:e([+-]\d{1,3}))?$/.exec(text);
  if (match === null) return { digits: 0n, scale: 0 };
  const [, sign = "", whole = "0", fraction = "", exponent = "0"] = match;
  const shift = fraction.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return shift >= 0 ? { digits, scale: shift } : { digits: digits * 10n ** BigInt(-shift), scale: 0 };
}

function write(digits: bigint, scale: number): string {
  if (scale === 0) return digits.toString();
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
