// Rules that can't change anything, since another one always speaks at least as strictly wherever they apply.
//
// All rules are asked and the strictest verdict wins, so order means nothing: a rule is outdone by one that is written
// for the same actions, has no condition that it doesn't have, and speaks whenever it applies.

import type { Severity } from "../../finding.ts";
import type { RuleSource } from "../check.ts";
import { conditionsOf } from "../keys/index.ts";
import type { ProblemList } from "../problem.ts";
import { typeKey } from "../type-name.ts";

/** Report rules that are outdone. Cost: linear in the rules, their names and their conditions. */
export function reportOutdone(rules: readonly RuleSource[], problems: ProblemList): void {
  const speakers = new Speakers(rules);
  for (const rule of rules) {
    const says = strictestOf(rule);
    if (rule.mode !== "enforce" || says === null) continue;
    const by = speakers.outdoing(rule);
    if (by === null || graver(rule, by) || (says === "ask" && by.says === "ask" && demandsMore(rule))) continue;
    const does = by.says === "deny" ? "denies" : "asks for";
    if (by.says === "deny" && says !== "deny") {
      const message = `rule ${rule.id} ${DOES[says]}, but rule ${by.rule.id} on line ${by.rule.line} denies every such action`;
      problems.report("warning", "contradictory", rule, { message, fix: "narrow one of them, or drop it" });
    } else {
      const message = `rule ${rule.id} changes nothing: rule ${by.rule.id} on line ${by.rule.line} ${does} every such action`;
      problems.report("warning", "unreachable", rule, { message });
    }
  }
}

const DOES = { deny: "denies", ask: "asks" } as const;

interface Speaker {
  readonly rule: RuleSource;
  readonly says: "deny" | "ask";
}

/** The rules that speak whenever they apply, by what they are written for and their conditions. */
class Speakers {
  readonly #byKey = new Map<string, Speaker[]>();

  constructor(rules: readonly RuleSource[]) {
    for (const rule of rules) {
      const says = rule.deny_always ? "deny" : rule.require_approval ? "ask" : null;
      if (says === null || rule.mode !== "enforce") continue;
      for (const name of namesOf(rule)) this.#add(keyOf(name, sourcesOf(rule)), { rule, says });
    }
  }

  // The first to deny and the first to ask are enough: a later one outdoes nothing more.
  #add(key: string, speaker: Speaker): void {
    const known = this.#byKey.get(key) ?? [];
    if (known.length < 4 && known.filter(({ says }) => says === speaker.says).length < 2) known.push(speaker);
    this.#byKey.set(key, known);
  }

  /** A rule that outdoes this one for each of its actions: the strictest; null when there is none. */
  outdoing(rule: RuleSource): Speaker | null {
    const sources = sourcesOf(rule);
    const sets = [[], ...sources.map((source) => [source]), sources];
    const found = namesOf(rule).map((name) => {
      const keys = sets.flatMap((set) => [keyOf(name, set), keyOf("any", set)]);
      const speakers = keys.flatMap((key) => this.#byKey.get(key) ?? []).filter((each) => outdoes(each, rule));
      return speakers.find(({ says }) => says === "deny") ?? speakers[0] ?? null;
    });
    // The weakest of them is what is sure for every action that the rule is written for.
    if (found.includes(null)) return null;
    return found.find((each) => each?.says === "ask") ?? found[0] ?? null;
  }
}

function outdoes({ rule, says }: Speaker, other: RuleSource): boolean {
  if (rule === other || (says === "ask" && strictestOf(other) === "deny")) return false;
  // Of two that say the same under the same conditions, the second is the one too many.
  const same = sourcesOf(rule).length === sourcesOf(other).length && namesOf(rule).join() === namesOf(other).join();
  return !same || rule.number < other.number || (says === "deny" && !other.deny_always);
}

function namesOf({ any, types, verbs }: RuleSource): readonly string[] {
  return any ? ["any"] : [...types.map(typeKey), ...verbs.map((verb) => `verb:${verb}`)];
}

function sourcesOf(rule: RuleSource): readonly string[] {
  return conditionsOf(rule)
    .map(({ key, source }) => `${key} ${source}`)
    .toSorted();
}

function keyOf(name: string, sources: readonly string[]): string {
  return JSON.stringify([name, ...sources]);
}

function strictestOf(rule: RuleSource): "deny" | "ask" | null {
  if (rule.deny_always || rule.deny.length + rule.deny_effects.length > 0) return "deny";
  if (rule.require_approval || rule.approve.length + rule.approve_effects.length > 0) return "ask";
  return rule.safe_paths ? "deny" : null;
}

const RANK: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

// A rule that raises the severity changes that much.
function graver(rule: RuleSource, { rule: by, says }: Speaker): boolean {
  const least = says === "deny" ? RANK.high : RANK.medium;
  return rule.severity !== null && RANK[rule.severity] > Math.max(least, by.severity === null ? 0 : RANK[by.severity]);
}

/** What a rule may ask beside a verdict; it counts even where another rule asks too. */
const DEMANDS = ["approval", "obligations", "transform"];

function demandsMore(rule: RuleSource): boolean {
  return DEMANDS.some((key) => {
    const value: unknown = Reflect.get(rule, key);
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
  });
}
