// Money (being written): until then every amount is one that can't be used, and asks.

import type { JsonObject } from "../json.ts";
import type { Effect } from "./effect.ts";

/** Whether a payload looks like a payment. */
export function hasMoneyMembers(members: JsonObject): boolean {
  return "amount" in members;
}

/** The movement of money that the members ask for. */
export function moneyEffects(_members: JsonObject, via: string): readonly Effect[] {
  return [{ kind: "money.move", via, amount: null, currency: null, problem: "amounts are not read yet" }];
}
