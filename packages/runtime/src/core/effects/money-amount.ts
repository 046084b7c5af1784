// One amount of money from what people write: exact decimals only, nothing is rounded and nothing is guessed. What can
// be read two ways, or is no amount, is a problem, and problems ask.

import { isJsonObject, type JsonValue } from "../json.ts";
import { foldName } from "./text.ts";

/** An amount in units of its currency, or why there is none. */
export interface AmountReading {
  /** Plain decimal (`-12.50`), or null. */
  readonly amount: string | null;
  /** ISO 4217 code or ticker that stands beside the number; null when none does. */
  readonly currency: string | null;
  readonly problem: string | null;
}

const SIGNS: ReadonlyMap<string, string> = new Map([
  ["$", "USD"],
  ["us$", "USD"],
  ["usd", "USD"],
  ["dollar", "USD"],
  ["dollars", "USD"],
  ["buck", "USD"],
  ["bucks", "USD"],
  ["us dollars", "USD"],
  ["€", "EUR"],
  ["euro", "EUR"],
  ["euros", "EUR"],
  ["£", "GBP"],
  ["pounds", "GBP"],
  ["¥", "JPY"],
  ["yen", "JPY"],
  ["₹", "INR"],
  ["rupees", "INR"],
  ["₽", "RUB"],
  ["₩", "KRW"],
  ["₿", "BTC"],
  ["bitcoin", "BTC"],
  ["bitcoins", "BTC"],
  ["ether", "ETH"],
]);

const MULTIPLES: ReadonlyMap<string, number> = new Map([
  ["k", 3],
  ["thousand", 3],
  ["grand", 3],
  ["m", 6],
  ["mm", 6],
  ["mn", 6],
  ["mio", 6],
  ["million", 6],
  ["millions", 6],
  ["b", 9],
  ["bn", 9],
  ["billion", 9],
  ["billions", 9],
  ["trillion", 12],
]);

const LONGEST = 200;

/** Read an amount. Total; cost linear in the value. */
export function readAmount(value: JsonValue): AmountReading {
  if (typeof value === "number")
    return Number.isFinite(value) ? amountOf(plainNumber(value), null) : trouble("not a finite number");
  if (typeof value === "string") return readText(value);
  if (isJsonObject(value)) return readObject(value);
  if (Array.isArray(value)) return trouble("several amounts");
  return trouble(value === null ? "no amount" : "not a number");
}

/** The currency that a text names: a code, a ticker, a sign or a word; null when it names none. */
export function readCurrency(text: string): string | null {
  if (text.length > LONGEST) return null;
  const name = text.normalize("NFKC").trim().toLowerCase();
  const sign = SIGNS.get(name);
  if (sign !== undefined) return sign;
  return /^[a-z][a-z0-9]{1,9}$/.test(name) ? name.toUpperCase() : null;
}

function amountOf(amount: string, currency: string | null): AmountReading {
  return { amount, currency, problem: null };
}

function trouble(problem: string): AmountReading {
  return { amount: null, currency: null, problem };
}

function readObject(value: Readonly<Record<string, JsonValue>>): AmountReading {
  let amount: AmountReading | null = null;
  let currency: string | null = null;
  for (const [name, item] of Object.entries(value)) {
    const key = foldName(name);
    if (key === "currency" || key === "currencycode" || key === "unit" || key === "asset") {
      currency = typeof item === "string" ? readCurrency(item) : null;
      if (currency === null) return trouble("a currency that can't be read");
    } else if (key === "value" || key === "amount" || key === "number" || key === "units" || key === "total") {
      if (amount !== null) return trouble("several amounts");
      amount = readAmount(item);
    } else return trouble(`an amount with a member that can't be read: \`${name.slice(0, 40)}\``);
  }
  if (amount === null) return trouble("no amount");
  return amount.problem === null ? amountOf(amount.amount ?? "0", currency ?? amount.currency) : amount;
}

function readText(text: string): AmountReading {
  if (text.length > LONGEST) return trouble("too long to be an amount");
  const plain = text
    .normalize("NFKC")
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "")
    .trim()
    .toLowerCase()
    .replaceAll("\u2212", "-");
  const match =
    /^(\(?)\s*([+-]?)\s*([^\d\s.,+\-()]*(?: ?[a-z]{3,})?)\s*([+-]?)\s*(\.?\d[\d.,'_ \u2019]*)(e[+-]?\d{1,3})?\s*([^\d()]*)(\)?)$/u.exec(
      plain,
    );
  if (match === null) return trouble("not a number");
  const [, open = "", sign = "", before = "", inner = "", digits = "", exponent = "", after = "", close = ""] = match;
  if ((open === "") !== (close === "") || (sign !== "" && inner !== "")) return trouble("not a number");
  const number = readDigits(digits.trim());
  if (number === null) return trouble("a number that can be read in more than one way");
  const units = readUnits(before, after);
  if (units === null) return trouble("words beside the number that can't be read");
  const negative = open === "(" || sign === "-" || inner === "-";
  const shifted = shift(number, units.power + (exponent === "" ? 0 : Number(exponent.slice(1))));
  return amountOf(negative ? negate(shifted) : shifted, units.currency);
}

interface Units {
  readonly currency: string | null;
  readonly power: number;
}

// `$`, `USD`, `5k`, `5 million dollars`; anything else beside a number is not understood.
function readUnits(before: string, after: string): Units | null {
  let currency: string | null = null;
  let power = 0;
  let tail = after.trim().replace(/\.$/, "");
  const multiple = /^[a-z]+/.exec(tail)?.[0] ?? "";
  const raised = MULTIPLES.get(multiple);
  if (raised !== undefined) {
    power = raised;
    tail = tail.slice(multiple.length).trim();
  }
  for (const word of [before.trim(), tail]) {
    if (word === "") continue;
    const named = SIGNS.get(word) ?? (/^[a-z]{3,5}$/.test(word) ? word.toUpperCase() : null);
    if (named === null || (currency !== null && currency !== named)) return null;
    currency = named;
  }
  return { currency, power };
}

// Separators: a point or comma once is a decimal mark, groups of three are thousands; `5,000` is five thousand, and
// `5.000` is five thousand to some and five to others.
function readDigits(text: string): string | null {
  const bare = text.replaceAll(/[ _'\u2019]/g, "");
  if (bare !== text && !/^\d{1,3}(?:[ _'\u2019]\d{3})+(?:[.,]\d{1,2})?$/.test(text)) return null;
  if (/^\d+$/.test(bare) || /^\d*\.\d{1,2}$/.test(bare) || /^\d+\.\d{4,}$/.test(bare)) return withZero(bare);
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(bare)) return bare.replaceAll(",", "");
  if (/^\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?$/.test(bare) || /^\d{1,3}\.\d{3},\d{1,2}$/.test(bare)) {
    return bare.replaceAll(".", "").replace(",", ".");
  }
  if (/^\d+,\d{1,2}$/.test(bare)) return bare.replace(",", ".");
  return /^0\.\d{3}$/.test(bare) || /^\d{4,}\.\d{3}$/.test(bare) ? bare : null;
}

function withZero(text: string): string {
  return text.startsWith(".") ? `0${text}` : text;
}

/** A finite double spelt without an exponent, exactly as ECMAScript writes its shortest form. */
export function plainNumber(value: number): string {
  const text = String(Math.abs(value));
  const at = text.indexOf("e");
  const plain = at < 0 ? text : shift(text.slice(0, at), Number(text.slice(at + 1)));
  return value < 0 ? negate(plain) : plain;
}

function negate(decimal: string): string {
  return /^0*(?:\.0*)?$/.test(decimal) ? decimal : `-${decimal}`;
}

/** A plain decimal times a power of ten. */
export function shift(decimal: string, power: number): string {
  if (power === 0) return decimal;
  const [whole = "0", fraction = ""] = decimal.split(".");
  const digits = whole + fraction;
  const point = whole.length + power;
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return (digits + "0".repeat(point - digits.length)).replace(/^0+(?=\d)/, "");
  return `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/^0+(?=\d)/, "");
}

/** The exact product of two plain decimals. */
export function multiplyDecimals(left: string, right: string): string {
  const scale = (left.split(".")[1] ?? "").length + (right.split(".")[1] ?? "").length;
  const product = BigInt(left.replace(".", "")) * BigInt(right.replace(".", ""));
  const negative = product < 0n;
  const text = (negative ? -product : product).toString();
  const plain = scale === 0 ? text : shift(text, -scale);
  return negative ? `-${plain}` : plain;
}
