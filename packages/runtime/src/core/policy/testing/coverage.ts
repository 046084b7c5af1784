// What tests saw of a policy: which rules spoke, and which conditions they saw hold and not hold.

import type { RuleInput } from "../../rule.ts";
import type { CompiledRule } from "../evaluate.ts";
import { callsWithin } from "../../evaluate.ts";
import { explainRules, type ConditionTrace } from "../explain.ts";
import type { Place } from "../problem.ts";

/** What the tests saw of a condition. */
export interface ConditionCoverage {
  readonly key: string;
  readonly source: string;
  readonly seen_true: boolean;
  readonly seen_false: boolean;
}

/** What the tests saw of a rule. */
export interface RuleCoverage extends Place {
  readonly id: string;
  /** `spoke` at least once; only ever `ruled_out` by its conditions or `silent` (it applied and found nothing); `never` asked. */
  readonly state: "spoke" | "silent" | "ruled_out" | "never";
  readonly conditions: readonly ConditionCoverage[];
}

/** What the tests saw of a policy. */
export interface Coverage {
  readonly rules: readonly RuleCoverage[];
  /** Rules that spoke, in whole percent rounded down. */
  readonly rules_percent: number;
  /** Conditions seen both ways, counted by half, in whole percent rounded down; 100 when there are none. */
  readonly conditions_percent: number;
}

interface Seen {
  asked: boolean;
  applied: boolean;
  spoke: boolean;
  readonly conditions: { readonly key: string; readonly source: string; seen_true: boolean; seen_false: boolean }[];
}

// No test should have to wait for a rule's last day.
const NOT_COUNTED: ReadonlySet<string> = new Set(["expires"]);

/** Collects what tests see of a policy's rules. */
export class CoverageBook {
  readonly #rules: readonly CompiledRule[];
  readonly #seen = new Map<CompiledRule, Seen>();

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    for (const rule of rules) {
      const counted = rule.conditions.filter(({ key }) => !NOT_COUNTED.has(key));
      const conditions = counted.map(({ key, source }) => ({ key, source, seen_true: false, seen_false: false }));
      this.#seen.set(rule, { asked: false, applied: false, spoke: false, conditions });
    }
  }

  /** Note what a request shows, and each call in it. Cost: that of asking every rule written for them. */
  note(input: RuleInput): void {
    this.#noteOne(input);
    for (const inner of callsWithin(input)) this.note(inner);
  }

  #noteOne(input: RuleInput): void {
    for (const { rule, asked, conditions, finding } of explainRules(this.#rules, input)) {
      const seen = this.#seen.get(rule);
      if (!asked || seen === undefined) continue;
      seen.asked = true;
      seen.applied ||= conditions.every(({ holds }) => holds === true);
      seen.spoke ||= finding !== null;
      noteConditions(seen, conditions);
    }
  }

  /** What was seen so far. */
  coverage(): Coverage {
    const rules = this.#rules.map((rule) => this.#ruleCoverage(rule));
    const outcomes = rules.flatMap(({ conditions }) => conditions.flatMap((each) => [each.seen_true, each.seen_false]));
    return {
      rules,
      rules_percent: percent(rules.map(({ state }) => state === "spoke")),
      conditions_percent: percent(outcomes),
    };
  }

  #ruleCoverage(rule: CompiledRule): RuleCoverage {
    const seen = this.#seen.get(rule);
    const { id, line, col } = rule;
    return { id, line, col, state: stateOf(seen), conditions: seen?.conditions ?? [] };
  }
}

function noteConditions(seen: Seen, traces: readonly ConditionTrace[]): void {
  const counted = traces.filter(({ key }) => !NOT_COUNTED.has(key));
  for (const [index, condition] of seen.conditions.entries()) {
    condition.seen_true ||= counted[index]?.holds === true;
    condition.seen_false ||= counted[index]?.holds === false;
  }
}

function stateOf(seen: Seen | undefined): RuleCoverage["state"] {
  if (seen === undefined || !seen.asked) return "never";
  if (seen.spoke) return "spoke";
  return seen.applied ? "silent" : "ruled_out";
}

function percent(seen: readonly boolean[]): number {
  return seen.length === 0 ? 100 : Math.floor((seen.filter(Boolean).length * 100) / seen.length);
}
