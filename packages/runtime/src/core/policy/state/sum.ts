// What one action adds to a budget.
//
//   spend("USD")        what it moves of money, all of it in that currency; money without a currency is read as USD
//   payload.amount      a member of the payload: a number, or text that is an amount
//   anything else       an expression in CEL that gives a number, or text that is one
//
// Exact, and total: what can't be read, is missing, is negative or is of another currency is a failure, and a budget
// that fails denies.

import type { Effect } from "../../effects/effect.ts";
import { readAmount } from "../../effects/money-amount.ts";
import { isJsonObject, type JsonValue } from "../../json.ts";
import { BudgetSpent } from "../budget.ts";
import { celAmount, type CelCondition } from "../cel/index.ts";
import type { PredicateInput } from "../predicates/predicate.ts";
import { addAmounts, parseAmount, ZERO, type Amount } from "./amount.ts";
import type { Added } from "./state-view.ts";

/** What a budget counts of an action. */
export interface Sum {
  /** As written, or what stands for it. */
  readonly source: string;
  /** The currency that it counts, where the sum itself says so. */
  readonly currency: string | null;
  readonly read: (input: PredicateInput) => Added;
}

/** A plain limit, and the currency that it names. */
export interface Limit {
  readonly amount: Amount;
  readonly currency: string | null;
}

const SPEND = /^spend\(\s*(?:"([A-Za-z0-9]{2,10})"|'([A-Za-z0-9]{2,10})')\s*\)$/;
const MEMBER = /^payload((?:\.[A-Za-z_][\w-]*)+)$/;

/** The sum that a text means. `currency` is that of the limit. Null: it is none of the plain ones. */
export function parseSum(source: string, currency: string | null): Sum | null {
  const text = source.trim();
  const spent = SPEND.exec(text);
  if (spent !== null) return spendSum(spent[1] ?? spent[2] ?? "");
  const member = MEMBER.exec(text);
  return member === null ? null : memberSum(text, (member[1] ?? "").slice(1).split("."), currency);
}

/** What an action moves of money, all in one currency. */
export function spendSum(currency: string): Sum {
  const wanted = currency.toUpperCase();
  return { source: `spend("${wanted}")`, currency: wanted, read: ({ effects }) => moneyIn(effects, wanted) };
}

/** What an expression in CEL gives. Throws `BudgetSpent`. */
export function celSum(expression: CelCondition): Sum {
  return {
    source: expression.source,
    currency: null,
    read: (input) => {
      const result = expression.evaluate(input.cel());
      if ("value" in result) return amountIn(celAmount(result.value), null, "USD");
      const { code, message } = result.error;
      if (code === "budget") throw new BudgetSpent(message);
      return { failure: `\`${expression.source.slice(0, 80)}\`: ${message}` };
    },
  };
}

/** A rate counts one for each action. */
export const ONE_EACH: Sum = { source: "1", currency: null, read: () => ({ amount: { digits: 1n, scale: 0 } }) };

function moneyIn(effects: readonly Effect[], currency: string): Added {
  let sum = ZERO;
  for (const effect of effects) {
    if (effect.kind !== "money.move") continue;
    const added = amountIn(effect.amount, effect.currency, currency);
    if ("failure" in added) return added;
    sum = addAmounts(sum, added.amount);
  }
  return { amount: sum };
}

function memberSum(source: string, path: readonly string[], currency: string | null): Sum {
  return {
    source,
    currency: null,
    read: ({ action, effects }) => {
      const value = memberAt(action.payload, path);
      if (value === undefined) return { failure: `${source} is missing` };
      const { amount, currency: beside, problem } = readAmount(value);
      if (amount === null || problem !== null) return { failure: `${source} can't be read: ${problem ?? "no amount"}` };
      const named = [beside, ...effects.flatMap((effect) => (effect.kind === "money.move" ? [effect.currency] : []))];
      const other = named.find((one) => one !== null && one !== (currency ?? "USD"));
      if (other !== undefined && other !== null) return otherCurrency(other, currency);
      return amountIn(amount, null, currency ?? "USD");
    },
  };
}

function amountIn(text: string | null, currency: string | null, wanted: string): Added {
  if ((currency ?? "USD") !== wanted) return otherCurrency(currency ?? "USD", wanted);
  if (text === null) return { failure: "the amount can't be read" };
  if (text.startsWith("-") && /[1-9]/.test(text)) return { failure: "the amount is negative" };
  const amount = parseAmount(text.replace(/^-/, ""));
  return amount === null ? { failure: "the amount is too long" } : { amount };
}

function otherCurrency(found: string, wanted: string | null): Added {
  const counted = wanted === null ? "no currency, which is read as USD" : wanted;
  return { failure: `the amount is in ${found.slice(0, 16)}, the budget counts ${counted}` };
}

function memberAt(root: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** An amount of a limit with its currency: `200`, `200.50 USD`. Null when it is none, or negative. */
export function parseLimit(text: string): Limit | null {
  const match = /^(\d{1,60}(?:\.\d{1,18})?)(?:\s+([A-Za-z][A-Za-z0-9]{1,9}))?$/.exec(text.trim());
  const amount = match === null ? null : parseAmount(match[1] ?? "");
  return amount === null ? null : { amount, currency: match?.[2]?.toUpperCase() ?? null };
}
