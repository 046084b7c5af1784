// Counts what a simulation finds: flips by verdict, by rule, by agent and by action type, with a few examples of each.

import type { Verdict } from "../../core/finding.ts";
import type { NotSimulated, SimulatedDecision } from "./simulate-log.ts";

/** How many decisions go from one verdict to another. */
export interface FlipCount {
  readonly from: Verdict;
  readonly to: Verdict;
  readonly count: number;
}

/** The decisions of one rule, agent or action type. */
export interface FlipGroup {
  readonly name: string;
  /** Decisions in it; for a rule, those it flips. */
  readonly decisions: number;
  readonly flips: readonly FlipCount[];
}

/** What a simulation found. */
export interface FlipReport {
  /** The sum of the next three. */
  readonly decisions: number;
  readonly same: number;
  readonly flipped: number;
  readonly not_replayable: number;
  readonly reasons: Readonly<Partial<Record<NotSimulated, number>>>;
  readonly flips: readonly FlipCount[];
  /** Flips that the policy of then would make today too, because the engine's rules have changed. */
  readonly by_engine: number;
  /** Of the decisions that were ALLOW: how many would ask now, and how many would be denied. */
  readonly newly_gated: { readonly of: number; readonly asked: number; readonly denied: number };
  /** The groups in which something flips, those with the most flips first. */
  readonly by_rule: readonly FlipGroup[];
  readonly by_agent: readonly FlipGroup[];
  readonly by_action_type: readonly FlipGroup[];
  /** The first few flips of each kind and rule. */
  readonly examples: readonly SimulatedDecision[];
}

/** Names beyond so many are counted together. */
const MAX_NAMES = 10_000;
const OTHERS = "(others)";
const EXAMPLES_EACH = 3;
const MAX_EXAMPLES = 100;

/** Counts a simulation's decisions. Memory is bounded, whatever names agents give. */
export class FlipTally {
  readonly #outcomes = { same: 0, flipped: 0, not_replayable: 0 };
  readonly #reasons: Partial<Record<NotSimulated, number>> = {};
  readonly #flips = new Flips();
  readonly #rules = new Groups();
  readonly #agents = new Groups();
  readonly #types = new Groups();
  readonly #examples: SimulatedDecision[] = [];
  readonly #exampleCounts = new Map<string, number>();
  #allowed = 0;
  #byEngine = 0;

  /** Count one decision. */
  saw(decision: SimulatedDecision): void {
    const { outcome, why, recorded, simulated, entry, rule_ref, cause } = decision;
    this.#outcomes[outcome] += 1;
    if (why !== null) this.#reasons[why] = (this.#reasons[why] ?? 0) + 1;
    if (simulated === null) return;
    if (recorded === "ALLOW") this.#allowed += 1;
    const flip = outcome === "flipped" ? { from: recorded, to: simulated } : null;
    this.#agents.saw(textOf(entry["avid"]), flip);
    this.#types.saw(textOf(entry["action_type"]), flip);
    if (flip === null) return;
    if (cause === "engine") this.#byEngine += 1;
    this.#flips.saw(flip.from, flip.to);
    this.#rules.saw(rule_ref ?? "(no rule)", flip);
    this.#keepExample(decision);
  }

  /** What was counted. */
  report(): FlipReport {
    const { same, flipped, not_replayable } = this.#outcomes;
    return {
      decisions: same + flipped + not_replayable,
      ...this.#outcomes,
      reasons: { ...this.#reasons },
      flips: this.#flips.counts(),
      by_engine: this.#byEngine,
      newly_gated: {
        of: this.#allowed,
        asked: this.#flips.count("ALLOW", "REQUIRE_APPROVAL"),
        denied: this.#flips.count("ALLOW", "DENY"),
      },
      by_rule: this.#rules.groups(),
      by_agent: this.#agents.groups(),
      by_action_type: this.#types.groups(),
      examples: this.#examples,
    };
  }

  #keepExample(decision: SimulatedDecision): void {
    const key = `${decision.recorded} ${decision.simulated ?? ""} ${decision.rule_ref ?? ""}`;
    const kept = this.#exampleCounts.get(key) ?? 0;
    if (kept >= EXAMPLES_EACH || this.#examples.length >= MAX_EXAMPLES) return;
    this.#exampleCounts.set(key, kept + 1);
    this.#examples.push(decision);
  }
}

class Flips {
  readonly #counts = new Map<string, FlipCount>();

  saw(from: Verdict, to: Verdict): void {
    this.#counts.set(`${from} ${to}`, { from, to, count: this.count(from, to) + 1 });
  }

  count(from: Verdict, to: Verdict): number {
    return this.#counts.get(`${from} ${to}`)?.count ?? 0;
  }

  counts(): readonly FlipCount[] {
    return [...this.#counts.values()].toSorted((a, b) => b.count - a.count || byText(a.from + a.to, b.from + b.to));
  }

  total(): number {
    return [...this.#counts.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

class Groups {
  readonly #groups = new Map<string, { decisions: number; readonly flips: Flips }>();

  saw(name: string, flip: { readonly from: Verdict; readonly to: Verdict } | null): void {
    const known = this.#groups.has(name) || this.#groups.size < MAX_NAMES ? name : OTHERS;
    const group = this.#groups.get(known) ?? { decisions: 0, flips: new Flips() };
    this.#groups.set(known, group);
    group.decisions += 1;
    if (flip !== null) group.flips.saw(flip.from, flip.to);
  }

  groups(): readonly FlipGroup[] {
    return [...this.#groups]
      .map(([name, { decisions, flips }]) => ({ name, decisions, flips, total: flips.total() }))
      .filter(({ total }) => total > 0)
      .toSorted((a, b) => b.total - a.total || byText(a.name, b.name))
      .map(({ name, decisions, flips }) => ({ name, decisions, flips: flips.counts() }));
  }
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
