// Every function that a condition may call. `matches`, `has` and the macros are the compiler's own.

import { computeDecimal, parseDecimal } from "../decimal-value.ts";
import { failed, textAt, type CallSite, type Overload } from "../function.ts";
import { DECIMAL } from "../type.ts";
import { CelDecimal, type CelOutcome, type CelValue } from "../value.ts";
import { CONVERSIONS } from "./convert.ts";
import { TEXT_FUNCTIONS } from "./text.ts";
import { TIME_FUNCTIONS } from "./time.ts";

// What can't be counted must not read as nothing spent.
function spend(args: readonly CelValue[], call: CallSite): CelOutcome {
  const currency = textAt(args, 0).toUpperCase();
  let sum: CelDecimal | null = new CelDecimal(0n, 0);
  for (const { effect } of call.view.effects) {
    if (effect.kind !== "money.move") continue;
    const amount = effect.amount === null ? null : parseDecimal(effect.amount);
    if (amount === null || amount.digits < 0n) {
      return failed("unknown_value", effect.problem ?? "the amount can't be read", call);
    }
    if ((effect.currency ?? "USD").toUpperCase() !== currency) {
      return failed("other_currency", `the amount is not in ${currency}`, call);
    }
    sum = sum === null ? null : computeDecimal("+", sum, amount);
  }
  call.view.budget.spend(call.view.effects.length);
  return sum ?? failed("overflow", "the sum has too many digits", call);
}

/** The functions by name. */
export const FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  ...CONVERSIONS,
  ...TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
  spend: [{ target: null, args: ["string"], result: DECIMAL, run: spend }],
};
