// The search: can the condition come to true while no premise speaks? Group by group, each of its options is tried; a
// branch ends as soon as the condition can't be true any more, or a rule surely speaks.
//
// INVARIANT: a branch is left only for such a reason. What is not left is an abstract case, which may or may not be an
// action that there is; only a search without any abstract case proves.

import { FALSE, outcomesOf, TRUE } from "./outcome.ts";
import { unknownAtoms, type Option, type Question } from "./question.ts";
import { isAskedAbout } from "./rule-premise.ts";

/** One option for each group, in order: a case in which the condition may be true and no rule need speak. */
export type AbstractCase = readonly Option[];

/** How far a search got. */
export interface Searched {
  /** Branches looked at. */
  readonly steps: number;
  /** Whether every branch was looked at to its end. */
  readonly complete: boolean;
  /** The rules that ended a branch, by id. */
  readonly rules: ReadonlySet<string>;
}

/** The most branches that a search looks at. */
export const MAX_STEPS = 200_000;

/**
 * Search; `visit` gets each case that is left, and ends the search by giving `true`. Cost: at most `MAX_STEPS` times the
 * size of the formulas.
 */
export function search(question: Question, visit: (found: AbstractCase) => boolean): Searched {
  const run = new Search(question, visit);
  const stopped = run.from(0, unknownAtoms(question), []);
  return { steps: run.steps, complete: run.steps <= MAX_STEPS && !stopped, rules: run.rules };
}

class Search {
  steps = 0;
  readonly rules = new Set<string>();
  readonly #question: Question;
  readonly #visit: (found: AbstractCase) => boolean;

  constructor(question: Question, visit: (found: AbstractCase) => boolean) {
    this.#question = question;
    this.#visit = visit;
  }

  from(depth: number, atoms: readonly number[], chosen: AbstractCase): boolean {
    if (++this.steps > MAX_STEPS || this.#isDead(atoms, chosen)) return false;
    const group = this.#question.groups[depth];
    if (group === undefined) return this.#visit(chosen);
    for (const option of group.options) {
      const next = narrowed(atoms, [
        ...group.atoms.map((atom, index) => [atom, option.outcomes[index] ?? 0] as const),
        ...(option.witness?.implied ?? []),
      ]);
      if (next === null) continue;
      if (this.from(depth + 1, next, [...chosen, option])) return true;
    }
    return false;
  }

  // The first group is the action's: until it is chosen, no rule is known to be asked.
  #isDead(atoms: readonly number[], chosen: AbstractCase): boolean {
    const { condition, premises } = this.#question;
    if ((outcomesOf(condition, atoms) & TRUE) === 0) return true;
    const kind = chosen[0]?.action;
    if (kind === undefined) return false;
    const witnessed = chosen.flatMap(({ witness }) => witness?.speakers ?? []).find((rule) => isAskedAbout(rule, kind));
    if (witnessed !== undefined) {
      this.rules.add(witnessed.id);
      return true;
    }
    const speaks = premises.find(
      ({ rule, applies }) => isAskedAbout(rule, kind) && (outcomesOf(applies, atoms) & FALSE) === 0,
    );
    if (speaks !== undefined) this.rules.add(speaks.rule.id);
    return speaks !== undefined;
  }
}

// What is known and what follows must both hold; null when they can't.
function narrowed(
  atoms: readonly number[],
  facts: readonly (readonly [atom: number, outcomes: number])[],
): readonly number[] | null {
  const next = [...atoms];
  for (const [atom, outcomes] of facts) {
    const both = (next[atom] ?? 0) & outcomes;
    if (both === 0) return null;
    next[atom] = both;
  }
  return next;
}
