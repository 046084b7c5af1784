// The rules written for one action type, verb or any action, under the guard that tells most about each.

import type { RuleInput } from "../../rule.ts";
import type { Steps } from "../../steps.ts";
import { allTexts, mainTexts, MAX_TEXT_BYTES } from "../texts.ts";
import type { Clause, Guard } from "./guard.ts";
import { ProbeIndex, type Report } from "./probe-index.ts";

/** A rule to be found: its number, its clauses, and which texts it looks into. */
export interface IndexedRule {
  readonly number: number;
  readonly clauses: readonly Clause[];
  readonly texts: "main" | "all" | null;
}

/** Index rules, one a step. Cost: linear in their clauses. */
export function* indexOf(rules: readonly IndexedRule[]): Steps<RuleIndex> {
  const weights = new Map<string, number>();
  for (const rule of rules) {
    addWeights(weights, rule);
    yield;
  }
  const index = new RuleIndex();
  for (const rule of rules) {
    index.add(rule, lightest(rule.clauses, weights));
    yield;
  }
  yield* index.build();
  return index;
}

/** Finds the rules that may matter to an action. */
export class RuleIndex {
  readonly #always: number[] = [];
  readonly #probes = new Map<string, ProbeIndex>();
  /** Rules that look into texts: one that is too long concerns them all. */
  readonly #reading: Readonly<Record<"main" | "all", number[]>> = { main: [], all: [] };

  /** Add a rule under one of its clauses; null: it has none. */
  add({ number, texts }: IndexedRule, clause: Clause | null): void {
    if (texts !== null) this.#reading[texts].push(number);
    if (clause === null) this.#always.push(number);
    for (const { probe, comparison } of clause ?? []) {
      const index = this.#probes.get(probe.key) ?? new ProbeIndex(probe);
      this.#probes.set(probe.key, index);
      index.add(comparison, number);
    }
  }

  /** Make the tables, a probe a step; nothing may be added afterwards. */
  *build(): Steps<void> {
    for (const probe of this.#probes.values()) {
      yield* probe.build();
      yield;
    }
  }

  /** How many rules are asked whatever the action is like. */
  get unguarded(): number {
    return this.#always.length;
  }

  /** Report the rules that may matter, some more than once. Cost: the probes, the texts and the rules reported. */
  select(input: RuleInput, report: Report): void {
    input.budget?.spend(this.#probes.size * PROBE_UNITS);
    if (this.#always.length > 0) report(this.#always);
    for (const probe of this.#probes.values()) probe.select(input, report);
    this.#reportTooLong(input, report);
  }

  #reportTooLong(input: RuleInput, report: Report): void {
    const { main, all } = this.#reading;
    if (main.length + all.length === 0 || input.action.canonical.length < SURELY_SHORT) return;
    if (main.length > 0 && mainTexts(input.action).tooLong) report(main);
    if (all.length > 0 && allTexts(input.action).tooLong) report(all);
  }
}

// What reading a place costs: it counts where each rule has one of its own, for each of hundreds of calls.
const PROBE_UNITS = 8;

// Texts of an action are parts of its payload, or the whole in another spelling.
const SURELY_SHORT: number = MAX_TEXT_BYTES / 8;

// How many guards compare alike: what a guard lets through, as far as that can be told beforehand.
function addWeights(weights: Map<string, number>, { clauses }: IndexedRule): void {
  if (clauses.length < 2) return;
  for (const clause of clauses) {
    for (const guard of clause) {
      const key = keyOf(guard);
      weights.set(key, (weights.get(key) ?? 0) + 1);
    }
  }
}

function keyOf({ probe, comparison }: Guard): string {
  switch (comparison.by) {
    case "token":
      return `${probe.key} = ${comparison.token}`;
    case "holds":
    case "prefix":
    case "suffix":
      return `${probe.key} ${comparison.by} ${comparison.text}`;
    // Bounds of one place are broken together, more or less.
    case "least":
    case "most":
      return `${probe.key} ${comparison.by}`;
    default:
      return comparison satisfies never;
  }
}

function lightest(clauses: readonly Clause[], weights: ReadonlyMap<string, number>): Clause | null {
  const [first = null, ...others] = clauses;
  if (others.length === 0) return first;
  let best = first;
  let least = Infinity;
  for (const clause of clauses) {
    const weight = clause.reduce((sum, guard) => sum + (weights.get(keyOf(guard)) ?? 0), 0);
    if (weight < least) {
      least = weight;
      best = clause;
    }
  }
  return best;
}
