// Title II: money. Judged by the exact amount, whether it moves through a payment tool or a command.

import { compareDecimals, addDecimals, isDecimal } from "../decimal.ts";
import { effectsOf, type MoneyMove } from "../effects/effect.ts";
import { ask, effectRule, liftedBy, type Judgement } from "../effect-rule.ts";
import type { Severity } from "../finding.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** What may be spent in one action when no limit is given, in USD. */
export const DEFAULT_SPENDING_LIMIT = 10;

const OVERRIDE = "agent_ctx['spending_limit'] = <number> | 'unlimited'";

/** Financial Actions: more than the limit in one action asks, and so does an amount that can't be read. */
export const financial: Rule = effectRule({
  layer: "civil_code",
  id: "Title II",
  title: "Financial Actions",
  display: "Title II — Financial Actions",
  reads: "movements of money, by declared verb or by command: amount, currency, and their sum within the action",
  judges: ["money.move"],
  default: `REQUIRE_APPROVAL above ${DEFAULT_SPENDING_LIMIT} USD, and for amounts or currencies that can't be compared`,
  override_key: "spending_limit",
  revision: 1,
  judgeAction: judge,
});

function judge({ action, effects, agent }: RuleInput): readonly Judgement[] {
  const moves = effectsOf(effects, "money.move");
  if (moves.length === 0) {
    return action.verb === "money" ? [liftedBy(OVERRIDE, ask("no amount could be read", action.action_type))] : [];
  }
  const judgements = moves.flatMap((move) => judgeUnusable(move, agent.spending_limit));
  if (agent.spending_limit === "unlimited") return judgements;
  const total = moves.filter(isComparable).reduce((sum, move) => addDecimals(sum, move.amount), "0");
  return [...judgements, ...judgeTotal(total, agent.spending_limit ?? DEFAULT_SPENDING_LIMIT)];
}

// An unreadable amount asks whatever the limit: "unlimited" is a limit on amounts, and there is none here.
function judgeUnusable(move: MoneyMove, limit: number | "unlimited" | null): readonly Judgement[] {
  if (move.problem !== null || move.amount === null || !isDecimal(move.amount)) {
    return [liftedBy(OVERRIDE, ask("the amount can't be relied on", move.problem ?? move.amount ?? "no amount"))];
  }
  if (compareDecimals(move.amount, "0") < 0) return [ask("the amount is negative", move.amount)];
  if (limit !== "unlimited" && !isUsd(move.currency)) {
    return [liftedBy(OVERRIDE, ask("the currency can't be compared with the limit in USD", `${move.currency}`))];
  }
  return [];
}

function isComparable(move: MoneyMove): move is MoneyMove & { readonly amount: string } {
  return move.problem === null && move.amount !== null && isDecimal(move.amount) && isUsd(move.currency);
}

function isUsd(currency: string | null): boolean {
  return currency === null || currency === "USD";
}

function judgeTotal(total: string, limit: number): readonly Judgement[] {
  if (compareDecimals(total, String(limit)) <= 0) return [];
  const severity = severityOf(Number(total), limit);
  return [liftedBy(OVERRIDE, ask(`the amount is over the spending limit of ${limit} USD`, total, severity))];
}

function severityOf(amount: number, limit: number): Severity {
  if (limit <= 0) return "high";
  const ratio = amount / limit;
  if (ratio >= 10) return "critical";
  return ratio >= 2 ? "high" : "medium";
}
