// Which rules of a policy are asked about an action: those written for it whose guards hold, in the order of the file.

import type { RuleInput } from "../../rule.ts";
import type { Steps } from "../../steps.ts";
import { typeKey } from "../type-name.ts";
import { clausesOf, type GuardedRule } from "./rule-guards.ts";
import { indexOf, type RuleIndex, type IndexedRule } from "./rule-index.ts";

/** A policy's rules by what they are written for. */
interface Lists {
  readonly any: RuleIndex;
  readonly types: ReadonlyMap<string, RuleIndex>;
  readonly verbs: ReadonlyMap<string, RuleIndex>;
}

/** Make a selector, a rule a step. Cost: linear in the rules. */
export function* selectorOf<Rule extends GuardedRule>(rules: readonly Rule[]): Steps<RuleSelector<Rule>> {
  const any: IndexedRule[] = [];
  const types = new Map<string, IndexedRule[]>();
  const verbs = new Map<string, IndexedRule[]>();
  for (const [number, rule] of rules.entries()) {
    const indexed = { number, clauses: clausesOf(rule), texts: rule.texts };
    if (rule.any) any.push(indexed);
    for (const key of new Set(rule.types.map(typeKey))) addTo(types, key, indexed);
    for (const verb of new Set(rule.verbs)) addTo(verbs, verb, indexed);
    yield;
  }
  const lists = { any: yield* indexOf(any), types: yield* indexesOf(types), verbs: yield* indexesOf(verbs) };
  return new RuleSelector(rules, lists);
}

function* indexesOf(lists: ReadonlyMap<string, readonly IndexedRule[]>): Steps<ReadonlyMap<string, RuleIndex>> {
  const indexes = new Map<string, RuleIndex>();
  for (const [key, list] of lists) indexes.set(key, yield* indexOf(list));
  return indexes;
}

/** Selects rules. Not to be shared between threads. */
export class RuleSelector<Rule extends GuardedRule> {
  readonly #rules: readonly Rule[];
  readonly #lists: Lists;
  /** By rule: the round that selected it last. */
  readonly #selected: Float64Array;
  #round = 0;
  readonly #keys = new Map<string, string>();

  constructor(rules: readonly Rule[], lists: Lists) {
    this.#rules = rules;
    this.#lists = lists;
    this.#selected = new Float64Array(rules.length);
  }

  /** The rules that may matter to an action. Cost: see `RuleIndex.select`; not the number of rules. */
  select(input: RuleInput): readonly Rule[] {
    const round = ++this.#round;
    const selected: number[] = [];
    const report = (numbers: readonly number[]): void => {
      for (const number of numbers) {
        if (this.#selected[number] === round) continue;
        this.#selected[number] = round;
        selected.push(number);
      }
    };
    for (const index of this.#indexesFor(input)) index.select(input, report);
    if (selected.length === 0) return NO_RULES;
    if (selected.length > 1) selected.sort((left, right) => left - right);
    const rules: Rule[] = [];
    for (const number of selected) {
      const rule = this.#rules[number];
      if (rule !== undefined) rules.push(rule);
    }
    return rules;
  }

  // An action is known by its canonical type and by its own name; a rule may have been written for either.
  #indexesFor({ action }: RuleInput): readonly RuleIndex[] {
    const { any, types, verbs } = this.#lists;
    const { action_type, raw_action_type } = action;
    const key = this.#keyOf(action_type);
    const found = types.get(key);
    const indexes = found === undefined ? [] : [found];
    const name = raw_action_type === action_type ? key : this.#keyOf(raw_action_type);
    const named = name === key ? undefined : types.get(name);
    if (named !== undefined) indexes.push(named);
    const ofVerb = verbs.size === 0 ? undefined : verbs.get(action.verb);
    if (ofVerb !== undefined) indexes.push(ofVerb);
    indexes.push(any);
    return indexes;
  }

  // Agents use a few dozen names, over and over.
  #keyOf(name: string): string {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = typeKey(name);
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }
}

const MOST_KEYS = 1000;
const NO_RULES: readonly never[] = [];

function addTo(lists: Map<string, IndexedRule[]>, key: string, rule: IndexedRule): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [rule]);
  else known.push(rule);
}
