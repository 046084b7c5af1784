// `budget` and `rate`: how much of something a session, a trace, an agent, a tenant or everybody may have in a time.
//
//   budget: {sum: payload.amount, limit: 200 USD, window: 24h, per: agent}      what is spent; an error gives it back
//   rate: {limit: 30, window: 1m, per: session}                                 how many are begun
//
// The rule speaks when what is used, and what this action would add, come to more than the limit. Without a window it
// is counted over the whole life of the scope. The counter's name is the rule's id.

import type { Located, LocatedEntry } from "../located.ts";
import type { PredicateInput } from "../predicates/predicate.ts";
import type { ValueReader } from "../rule-values.ts";
import { addAmounts, amountText, exceeds, type Amount } from "../state/amount.ts";
import { SCOPES, type Scope } from "../state/scope.ts";
import { HistoryUnknown, type Added } from "../state/state-view.ts";
import { celSum, ONE_EACH, parseLimit, parseSum, spendSum, type Limit, type Sum } from "../state/sum.ts";
import { readDuration, type Duration } from "./duration-value.ts";
import { mapMembers, type MapNames } from "./map-members.ts";
import type { Members } from "../members.ts";
import type { Condition, RuleKey } from "./rule-key.ts";

/** A limit on what is used in a window. */
export interface Counter {
  readonly key: "budget" | "rate";
  readonly sum: Sum;
  /** A fixed amount, or what an expression over parameters and the agent's context gives. */
  readonly limit: Amount | Sum;
  /** What the limit counts, for people: a currency, or null. */
  readonly currency: string | null;
  /** Null: over the scope's life. */
  readonly window: Duration | null;
  readonly per: Scope;
}

/** The counter of a rule, if it has one. */
export interface CounterPart {
  readonly counter: Counter | null;
}

const BUDGET: MapNames = {
  known: ["sum", "limit", "window", "per"],
  required: ["limit", "per"],
  sample: "{sum: payload.amount, limit: 200 USD, window: 24h, per: agent}",
};
const RATE: MapNames = {
  known: ["limit", "window", "per"],
  required: ["limit", "per"],
  sample: "{limit: 30, window: 1m, per: session}",
};

/** `budget` and `rate`. */
export const counterKey: RuleKey<CounterPart> = {
  names: ["budget", "rate"],
  read: (members, values) => {
    const budget = members.get("budget");
    const rate = members.get("rate");
    const entry = budget ?? rate;
    if (entry === undefined) return { counter: null };
    if (budget !== undefined && rate !== undefined) {
      const message = "the rule has both `budget` and `rate`";
      values.problems.refuse("unknown_key", rate, message, "write two rules");
    }
    checkVerdict(entry, members, values);
    return { counter: entry === budget ? readBudget(entry, values) : readRate(entry, values) };
  },
};

// What the limit stops is every such action; a rule that also looked for words would count what it doesn't stop.
function checkVerdict({ key, value }: LocatedEntry, members: Members, { problems }: ValueReader): void {
  const other = [...members.keys()].find((name) => /^(?:deny|require_approval|allow)_/.test(name));
  if (other !== undefined) {
    const fix = `put \`${other}\` into a rule of its own, or what it looks for into a condition`;
    problems.refuse("unknown_key", members.get(other) ?? value, `\`${other}\` can't stand beside \`${key}\``, fix);
  } else if (!isTrue(members.get("deny")) && !isTrue(members.get("require_approval"))) {
    const message = `\`${key}\` doesn't say what happens beyond the limit`;
    problems.refuse("no_effect", value, message, "add `deny: true` or `require_approval: true`");
  }
}

function isTrue(entry: LocatedEntry | undefined): boolean {
  return entry !== undefined && entry.value.kind === "boolean" && entry.value.value;
}

function readBudget(entry: LocatedEntry, values: ValueReader): Counter | null {
  const members = mapMembers(entry, BUDGET, values);
  if (members === null) return null;
  const limit = readLimit(members.get("limit"), values);
  const currency = limit !== null && "amount" in limit ? limit.currency : null;
  const sum = readSum(members.get("sum"), entry.value, { currency, values });
  const rest = readRest(members, values);
  if (limit === null || sum === null || rest === null) return null;
  return { key: "budget", sum, limit: amountOrSum(limit), currency: currency ?? sum.currency, ...rest };
}

function readRate(entry: LocatedEntry, values: ValueReader): Counter | null {
  const members = mapMembers(entry, RATE, values);
  if (members === null) return null;
  const limit = readLimit(members.get("limit"), values);
  const rest = readRest(members, values);
  if (limit === null || rest === null) return null;
  if ("read" in limit || (limit.currency === null && limit.amount.scale === 0)) {
    return { key: "rate", sum: ONE_EACH, limit: amountOrSum(limit), currency: null, ...rest };
  }
  const at = members.get("limit")?.value ?? entry.value;
  values.problems.refuse("unknown_value", at, "the limit of a rate counts actions", "write a whole number");
  return null;
}

function amountOrSum(limit: Limit | Sum): Amount | Sum {
  return "amount" in limit ? limit.amount : limit;
}

function readLimit(entry: LocatedEntry | undefined, values: ValueReader): Limit | Sum | null {
  if (entry === undefined) return null;
  const { value } = entry;
  const { problems } = values;
  const text = textOf(value) ?? "";
  const limit = parseLimit(text);
  if (limit === null && /^(?:params|ctx)\b|^[a-z]+\(/.test(text.trim())) return readCelLimit(entry, values);
  if (limit === null) {
    const message = "`limit` is not an amount: expected a decimal that is not negative, and perhaps a currency";
    problems.refuse("unknown_value", value, message, "write `200`, `200.50` or `200 USD`");
  } else if (limit.amount.digits === 0n) {
    problems.refuse("unknown_value", value, "`limit` is nothing at all", "drop the limit and write `deny: true` alone");
    return null;
  }
  return limit;
}

// An agent's own words must not say how much it may have.
function readCelLimit(entry: LocatedEntry, values: ValueReader): Sum | null {
  const expression = values.expression(entry, "amount");
  if (expression === null) return null;
  const other = expression.reads.find((name) => name !== "params" && name !== "ctx");
  if (other === undefined) return celSum(expression);
  const message = `the limit reads \`${other}\`: expected \`params\` and \`ctx\` only`;
  values.problems.refuse("unknown_value", entry.value, message, "rest limits on what agents don't write");
  return null;
}

function textOf(value: Located): string | null {
  if (value.kind === "number") return value.source;
  return value.kind === "text" ? value.text : null;
}

interface SumContext {
  readonly currency: string | null;
  readonly values: ValueReader;
}

function readSum(entry: LocatedEntry | undefined, at: Located, { currency, values }: SumContext): Sum | null {
  const { problems } = values;
  if (entry === undefined) {
    if (currency !== null) return spendSum(currency);
    const fix = "write `sum: payload.amount`, or a limit with a currency: `200 USD`";
    problems.refuse("missing_key", at, "`budget` doesn't say what it sums", fix);
    return null;
  }
  const text = entry.value.kind === "text" ? entry.value.text : "";
  const sum = parseSum(text, currency) ?? readCelSum(entry, values);
  if (sum !== null && sum.currency !== null && currency !== null && sum.currency !== currency) {
    const message = `the sum counts ${sum.currency}, the limit ${currency}`;
    problems.refuse("unknown_value", entry.value, message, `write \`spend("${currency}")\``);
  }
  return sum;
}

function readCelSum(entry: LocatedEntry, values: ValueReader): Sum | null {
  const expression = values.expression(entry, "amount");
  return expression === null ? null : celSum(expression);
}

function readRest(members: Members, values: ValueReader): Pick<Counter, "window" | "per"> | null {
  const per = values.choice(members.get("per"), SCOPES);
  const window = readDuration(members.get("window"), values);
  return per === null || window === undefined ? null : { per, window };
}

/** The condition of a rule's counter: that the action would go beyond the limit. */
export function counterConditions({ id, counter }: CounterPart & { readonly id: string }): readonly Condition[] {
  if (counter === null) return [];
  return [
    {
      key: counter.key,
      source: counterSource(counter),
      holds: (input) => {
        const { state } = input;
        if (state === undefined) throw new HistoryUnknown();
        const added = state.addedTo(id);
        if (added === null) return false;
        if ("failure" in added) return added;
        const limit = limitOf(counter, input);
        if ("failure" in limit) return limit;
        return exceeds(addAmounts(state.usedOf(id), added.amount), limit.amount);
      },
    },
  ];
}

function limitOf({ limit }: Counter, input: PredicateInput): Added {
  return "read" in limit ? limit.read(input) : { amount: limit };
}

function counterSource({ key, sum, limit, currency, window, per }: Counter): string {
  const sums = key === "rate" ? "" : `${sum.source} `;
  const most = "read" in limit ? limit.source : unit(limit, currency);
  return `${sums}> ${most} ${span(window, per)}`;
}

/** Why a counter speaks: `190.02 of 200 USD used in 24h per agent, this would add 9.99`. */
export function counterFigures(id: string, counter: Counter, input: PredicateInput): string {
  const { state } = input;
  const added = state?.addedTo(id) ?? null;
  const limit = limitOf(counter, input);
  if (state === undefined || added === null || "failure" in added || "failure" in limit) return "the limit is reached";
  const { currency, window, per } = counter;
  const figures = `${amountText(state.usedOf(id))} of ${unit(limit.amount, currency)} used ${span(window, per)}`;
  return `${figures}, this would add ${amountText(added.amount)}`;
}

function unit(limit: Amount, currency: string | null): string {
  return currency === null ? amountText(limit) : `${amountText(limit)} ${currency}`;
}

function span(window: Duration | null, per: Scope): string {
  return window === null ? `per ${per}` : `in ${window.text} per ${per}`;
}
