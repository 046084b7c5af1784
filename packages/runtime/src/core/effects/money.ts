// Movements of money: what a payload asks to be moved, as one exact amount with its currency, or the reason why it can't
// be told. Every member that looks like an amount counts; where they disagree, that is the reason.

import { addDecimals, compareDecimals } from "../decimal.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { Effect } from "./effect.ts";
import { multiplyDecimals, plainNumber, readAmount, readCurrency, shift } from "./money-amount.ts";
import { foldName, nameWords } from "./text.ts";
import { wordSet } from "../word-set.ts";

/** Names of the amount itself. All of them must agree. */
const PRIMARY: ReadonlySet<string> = wordSet(
  "amount amounts value total price sum cost payment subtotal budget bid wager stake donation charge due worth spend upto atmost",
);
/** Names of what comes on top. */
const EXTRA: ReadonlySet<string> = wordSet(
  "tip tips gas fee fees tax taxes gratuity shipping surcharge commission bonus vat gst delivery handling interest penalty markup extra additional addition insurance duty duties postage",
);
/** Names of what may be an amount too, or a word about one: they count when they hold a number. */
const PERHAPS: ReadonlySet<string> = wordSet(
  "principal salary wage rent loan premium allowance gift grant reward prize contribution payable advance deposit hold debit credit",
);
/** Last words of names that speak about an amount and hold none: `payment_method`, `due_date`, `tax_id`. */
const ABOUT: ReadonlySet<string> = wordSet(
  "id ids method methods type kind date day time ref reference status state address account name note notes memo code link url provider gateway intent terms description label reason category center centre plan key details info processor processed currency",
);
/** Names of a count that the amount is for one of. */
const COUNTS: ReadonlySet<string> = wordSet(
  "quantity qty count units shares pieces copies nights seats tickets people persons attendees participants guests installments instalments months times repeat repeats occurrences",
);
/** Names of lists of parts. */
const LISTS: ReadonlySet<string> = wordSet(
  "items lineitems lines products cart payments transfers payouts orders entries purchases transactions splits recipients payees allocations distribution distributions disbursements legs batch",
);
const CURRENCIES: ReadonlySet<string> = wordSet("currency currencycode ccy asset token coin ticker denomination");
/** Words in a name for hundredths of the currency. */
const CENTS: ReadonlySet<string> = wordSet("cents cent pence pennies minor");
/** Words in a name for parts of other assets. */
const ASSET_PARTS: ReadonlySet<string> = wordSet(
  "satoshi satoshis sats wei gwei lamports btc eth sol xmr usdt usdc doge",
);
const CODES: ReadonlySet<string> = wordSet(
  "usd eur gbp jpy inr cad aud chf cny rub brl mxn krw sek nok dkk pln nzd sgd hkd zar",
);
/** Names that ask for whatever there is. */
const EVERYTHING: ReadonlySet<string> = wordSet(
  "max all sendmax sendall everything entirebalance fullbalance emptyaccount closeaccount withdrawall unlimited",
);
/** Words in the name of a flag that asks for whatever there is: `use_max`, `send_all`, `drain_account`. */
const EVERYTHING_WORDS: ReadonlySet<string> = wordSet("max maximum all everything entire full whole sweep drain empty");
/** Names of members that change what a number means. */
const SCALES: ReadonlySet<string> = wordSet(
  "unit scale multiplier factor exponent decimals units precision magnitude exchangerate fxrate conversionrate rate leverage per",
);
/** Names of lists of those who are each paid. */
const PAYEES: ReadonlySet<string> = wordSet(
  "recipients payees beneficiaries receivers vendors suppliers employees to tos destinations accounts addresses wallets",
);
/** Names that say how often. */
const RHYTHMS: ReadonlySet<string> = wordSet(
  "interval frequency cadence period every schedule recurrence recurring repeat repeatevery billingperiod billinginterval",
);
/** Rhythms in which a subscription is paid, and none. */
const SLOW_RHYTHM =
  /^(?:once|one[ _-]?time|one[ _-]?off|none|never|no|false|monthly|month|1 ?month|per month|quarterly|quarter|yearly|year|annual|annually|per year)?$/i;

const MAX_PARTS = 1000;
const MAX_DEPTH = 3;

/** Whether a payload of an action of another kind looks like a payment: an amount and a currency side by side. */
export function hasMoneyMembers(members: JsonObject): boolean {
  let amount = false;
  let currency = false;
  for (const name of Object.keys(members)) {
    const key = foldName(name);
    amount ||= nameWords(name).some((word) => PRIMARY.has(word));
    currency ||= CURRENCIES.has(key) || nameWords(name).some((word) => CODES.has(word));
  }
  return amount && currency;
}

/** The movement of money that the members ask for: one effect. Total; cost linear in the members. */
export function moneyEffects(members: JsonObject, via: string): readonly Effect[] {
  const total = totalOf(members, 0);
  return [
    {
      kind: "money.move",
      via,
      amount: total.problem === null ? total.amount : null,
      currency: total.currency,
      problem: total.problem,
    },
  ];
}

interface Total {
  readonly amount: string | null;
  readonly currency: string | null;
  readonly problem: string | null;
}

interface Gathered {
  primary: string[];
  extra: string[];
  count: string | null;
  parts: Total[];
  currencies: Set<string>;
  problem: string | null;
  seen: number;
}

function totalOf(members: JsonObject, depth: number): Total {
  const gathered: Gathered = {
    primary: [],
    extra: [],
    count: null,
    parts: [],
    currencies: new Set(),
    problem: null,
    seen: 0,
  };
  gather(members, gathered, depth);
  return sumUp(gathered);
}

function gather(members: JsonObject, into: Gathered, depth: number): void {
  for (const [name, value] of Object.entries(members)) {
    into.seen += 1;
    if (into.seen > MAX_PARTS) {
      into.problem ??= "too many members to add up";
      return;
    }
    gatherMember(name, value, into, depth);
  }
}

function gatherMember(name: string, value: JsonValue, into: Gathered, depth: number): void {
  const key = foldName(name);
  const parts = key === "upto" || key === "atmost" ? [key] : nameWords(name).map(withoutNumber);
  const last = parts.at(-1) ?? "";
  if (CURRENCIES.has(key) || (last === "currency" && typeof value === "string")) return gatherCurrency(value, into);
  if (EVERYTHING.has(key)) {
    if (value !== false && value !== null && value !== 0) into.problem ??= `\`${name}\` asks for whatever there is`;
    return;
  }
  if (value === true && parts.some((word) => EVERYTHING_WORDS.has(word))) {
    into.problem ??= `\`${name}\` asks for whatever there is`;
    return;
  }
  if (RHYTHMS.has(key) && typeof value !== "number" && isFast(value)) {
    into.problem ??= `\`${name}\` repeats the payment`;
    return;
  }
  if (PAYEES.has(key) && isListOfNames(value)) return gatherCount(name, value.length, into);
  if (LISTS.has(key) && Array.isArray(value)) return gatherParts(value, into, depth);
  if (key.startsWith("numberof") || key.startsWith("noof") || (parts[0] === "num" && parts.length > 1))
    return gatherCount(name, value, into);
  if (COUNTS.has(last) && !parts.some((word) => PRIMARY.has(word))) return gatherCount(name, value, into);
  if (SCALES.has(key)) {
    const currency = typeof value === "string" ? readCurrency(value) : null;
    if (currency === "USD") into.currencies.add("USD");
    else into.problem ??= `\`${name}\` changes what the number means`;
    return;
  }
  if (parts.length > 1 && ABOUT.has(last) && !isJsonObject(value)) return;
  if (parts.some((word) => EXTRA.has(word))) return gatherAmount(name, value, into.extra, into);
  if (parts.some((word) => PERHAPS.has(word)) && holdsNumber(value)) {
    return gatherAmount(name, value, into.extra, into);
  }
  if (parts.some((word) => PRIMARY.has(word) || CENTS.has(word) || ASSET_PARTS.has(word))) {
    return gatherAmount(name, value, into.primary, into);
  }
  if (isJsonObject(value) && depth < MAX_DEPTH) gather(value, into, depth + 1);
}

// `amount2` is an amount like any other.
function withoutNumber(word: string): string {
  return word.length > 3 ? word.replace(/\d{1,3}$/, "") : word;
}

function holdsNumber(value: JsonValue): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\s*[^\w\s]?\s*\d/.test(value));
}

// Names, or objects that name no amount of their own.
function isListOfNames(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length > 1 && value.every((item) => !namesAmount(item));
}

function namesAmount(item: JsonValue): boolean {
  if (isJsonObject(item)) return Object.keys(item).some((name) => nameWords(name).some((word) => PRIMARY.has(word)));
  return typeof item === "number";
}

function isFast(value: JsonValue): boolean {
  return typeof value === "string" && !SLOW_RHYTHM.test(value.trim());
}

function gatherCurrency(value: JsonValue, into: Gathered): void {
  if (value === null) return;
  const currency = typeof value === "string" ? readCurrency(value) : null;
  if (currency === null) into.problem ??= "a currency that can't be read";
  else into.currencies.add(currency);
}

function gatherCount(name: string, value: JsonValue, into: Gathered): void {
  const count = readAmount(value);
  if (count.problem !== null || count.amount === null || count.currency !== null || into.count !== null) {
    into.problem ??= `the count \`${name}\` can't be read`;
  } else into.count = count.amount;
}

function gatherAmount(name: string, value: JsonValue, list: string[], into: Gathered): void {
  const parts = nameWords(name);
  // `amount: {value, currency}` is one amount; `payment: {amount, tip, …}` is a payload of its own.
  const reading = readAmount(value);
  if (reading.problem !== null && isJsonObject(value) && Object.keys(value).length > 0) {
    gather(value, into, MAX_DEPTH);
    return;
  }
  if (reading.problem !== null || reading.amount === null) {
    into.problem ??= `\`${name}\`: ${reading.problem ?? "no amount"}`;
    return;
  }
  if (reading.currency !== null) into.currencies.add(reading.currency);
  for (const word of parts) if (CODES.has(word)) into.currencies.add(word.toUpperCase());
  const asset = parts.find((word) => ASSET_PARTS.has(word));
  if (asset !== undefined) into.currencies.add(asset.toUpperCase());
  list.push(parts.some((word) => CENTS.has(word)) ? hundredth(reading.amount) : reading.amount);
}

function hundredth(amount: string): string {
  return amount.startsWith("-") ? `-${shift(amount.slice(1), -2)}` : shift(amount, -2);
}

function gatherParts(value: readonly JsonValue[], into: Gathered, depth: number): void {
  if (value.length > MAX_PARTS) into.problem ??= "too many parts to add up";
  for (const item of value.slice(0, MAX_PARTS)) {
    if (typeof item === "number") into.parts.push({ amount: plainNumber(item), currency: null, problem: null });
    else if (isJsonObject(item) && depth < MAX_DEPTH) into.parts.push(totalOf(item, depth + 1));
  }
}

function sumUp(gathered: Gathered): Total {
  const { primary, extra, count, problem } = gathered;
  // A part that names no amount (a product without a price) adds nothing that could be told.
  const parts = gathered.parts.filter((part) => part.amount !== null || part.problem !== NONE);
  for (const part of parts) if (part.currency !== null) gathered.currencies.add(part.currency);
  const currencies = [...gathered.currencies];
  const currency = currencies[0] ?? null;
  const failed = (why: string): Total => ({ amount: null, currency, problem: why });
  if (problem !== null) return failed(problem);
  if (currencies.length > 1) return failed(`several currencies: ${currencies.slice(0, 4).join(", ")}`);
  const broken = parts.find((part) => part.problem !== null);
  if (broken !== undefined) return failed(broken.problem ?? "a part that can't be read");
  const inParts = parts.length === 0 ? null : parts.reduce((sum, part) => addDecimals(sum, part.amount ?? "0"), "0");
  const [first = inParts ?? (extra.length > 0 ? "0" : null)] = primary;
  if (first === null) return failed(NONE);
  if (primary.some((amount) => compareDecimals(amount, first) !== 0)) return failed("several amounts that disagree");
  const base = count === null ? first : multiplyDecimals(first, count);
  if (inParts !== null && compareDecimals(inParts, first) !== 0) return failed("the parts don't add up to the amount");
  return { amount: extra.reduce(addDecimals, base), currency, problem: null };
}

const NONE = "no amount";
