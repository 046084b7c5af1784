// `can any request with <condition> be ALLOWED?`: proved that none can, a request that is, or unknown.

import { decide, effectsIn, understand, type DecideRequest, type Engine } from "../../decide.ts";
import type { Evaluation } from "../../decision.ts";
import { CanopyError } from "../../errors.ts";
import type { Facts } from "../../facts.ts";
import { Budget } from "../budget.ts";
import { celView, compileCel, type CelCondition } from "../cel/index.ts";
import { actionKinds } from "./action-kinds.ts";
import { literalsIn, numberOf } from "./atom.ts";
import { questionOf, type Group, type Question } from "./question.ts";
import type { AnyAction } from "./floor.ts";
import { effectTestsOf, speaksWheneverItApplies, type ProvableRule } from "./rule-premise.ts";
import { requestsFor } from "./sample-requests.ts";
import { MAX_STEPS, search, type AbstractCase } from "./search.ts";

/** An answer. */
export type CanAnswer = {
  /** The condition, as it was asked. */
  readonly condition: string;
  /** Branches of the search. */
  readonly steps: number;
} & (
  | {
      readonly answer: "proved";
      /** The rules that the proof rests on; none when the condition can never be true. */
      readonly rules: readonly string[];
    }
  | { readonly answer: "counterexample"; readonly request: DecideRequest; readonly evaluation: Evaluation }
  | { readonly answer: "unknown"; readonly reason: string; readonly parts: readonly string[] }
);

/** What the prover is asked about: a policy's rules, and the engine that decides by it. */
export interface Provable {
  readonly rules: readonly ProvableRule[];
  readonly engine: Engine;
  readonly facts: Facts;
  /** Any action, for asking the built-in rules about effects. */
  readonly action: AnyAction;
  /** Whether the policy edits payloads: then what is allowed need not be what was asked. */
  readonly edits: boolean;
}

/** The most rules that a proof may rest on, and the most requests that are tried. */
export const MAX_PREMISES = 64;
export const MAX_TRIED = 3000;

/**
 * Answer. Cost: bounded by the branches of the search, the requests that are tried, and the size of the rules.
 *
 * @throws {CanopyError} `INVALID_POLICY` when the condition can't be compiled.
 */
export function proveCan(condition: string, policy: Provable): CanAnswer {
  const compiled = conditionOf(condition);
  const premises = policy.edits ? [] : premisesFor(compiled, policy.rules);
  const effectPremises = policy.edits
    ? []
    : policy.rules.flatMap((rule) => {
        const tests = effectTestsOf(rule);
        return tests.length === 0 ? [] : [{ rule, tests }];
      });
  const question = questionOf(compiled.ast, {
    rules: premises,
    kinds: actionKinds(compiled.ast, policy.rules),
    effectPremises: effectPremises.slice(0, MAX_PREMISES),
    action: policy.action,
    layers: policy.engine.layers,
  });
  const amounts = literalsIn(compiled.ast).flatMap((node) => amountsAround(numberOf(node)));
  const trial = new Trial(compiled, policy, amounts);
  const searched = search(question, (found) => trial.allows(found));
  const { steps } = searched;
  if (trial.allowed !== null) return { condition, steps, answer: "counterexample", ...trial.allowed };
  if (searched.complete && trial.cases === 0) {
    const builtIn = question.groups.flatMap(({ excludedBy }) => [...(excludedBy ?? [])]);
    return { condition, steps, answer: "proved", rules: [...new Set([...builtIn, ...searched.rules])].toSorted() };
  }
  const unknown = question.groups.filter(({ options }) => options.every(({ action, member }) => !action && !member));
  return {
    condition,
    steps,
    answer: "unknown",
    ...why(searched.steps, policy.edits),
    parts: partsOf(condition, unknown, question),
  };
}

function conditionOf(source: string): CelCondition {
  const compiled = compileCel(source, { expects: "bool" });
  if ("condition" in compiled) return compiled.condition;
  const { problem, fix, start } = compiled;
  const at = `condition:1:${start + 1}`;
  throw new CanopyError("INVALID_POLICY", `${at}: ${problem}`, fix === undefined ? { at } : { at, fix });
}

// Rules that read something the condition reads come first, and those without conditions.
function premisesFor({ reads }: CelCondition, rules: readonly ProvableRule[]): readonly ProvableRule[] {
  const usable = rules.filter(speaksWheneverItApplies);
  const near = usable.filter(({ conditions, when }) => {
    return conditions.length === 0 || (when?.reads ?? reads).some((name) => reads.includes(name));
  });
  return [...new Set([...near, ...usable])].slice(0, MAX_PREMISES);
}

function amountsAround(number: string | null): readonly number[] {
  if (number === null) return [];
  const value = Number(number);
  return [value, value + 1, value - 1, value * 2].filter((amount) => Number.isFinite(amount) && amount > 0);
}

/** Tries the cases that the search leaves on the engine itself. */
class Trial {
  allowed: { readonly request: DecideRequest; readonly evaluation: Evaluation } | null = null;
  cases = 0;
  #left = MAX_TRIED;
  readonly #condition: CelCondition;
  readonly #policy: Provable;
  readonly #amounts: readonly number[];

  constructor(condition: CelCondition, policy: Provable, amounts: readonly number[]) {
    this.#condition = condition;
    this.#policy = policy;
    this.#amounts = amounts;
  }

  /** Whether the search is over: a request is allowed, or enough were tried. */
  allows(found: AbstractCase): boolean {
    this.cases++;
    for (const request of requestsFor(found, this.#amounts)) {
      if (--this.#left < 0) return true;
      const evaluation = this.#satisfied(request);
      if (evaluation?.decision !== "ALLOW") continue;
      this.allowed = { request, evaluation };
      return true;
    }
    return false;
  }

  // Null when the condition isn't true of the request, or the request is none.
  #satisfied(request: DecideRequest): Evaluation | null {
    const { engine, facts } = this.#policy;
    try {
      const { agent, action } = understand(request, engine);
      const effects = effectsIn({ agent, action, agent_identity: engine.identify(agent) }, facts.surroundings);
      const session = { labels: [], marks: [] };
      const view = celView({ action, effects, agent, facts, budget: new Budget(), session });
      const result = this.#condition.evaluate(view);
      return "value" in result && result.value === true ? decide(request, facts, engine) : null;
    } catch (error) {
      if (error instanceof CanopyError) return null;
      throw error;
    }
  }
}

function why(steps: number, edits: boolean): { readonly reason: string } {
  if (edits) return { reason: "the policy edits payloads, so what is allowed need not be what was asked" };
  if (steps > MAX_STEPS) return { reason: `the search has more than ${MAX_STEPS} branches` };
  return {
    reason: "there are cases that no rule surely speaks on, and none of the requests that were tried is allowed",
  };
}

// The parts of the condition that nothing is known of: what to look at, or to ask otherwise.
function partsOf(condition: string, groups: readonly Group[], { atoms }: Question): readonly string[] {
  const nodes = groups.flatMap(({ atoms: numbers }) => numbers.flatMap((number) => atoms[number] ?? []));
  return nodes.filter(({ inCondition }) => inCondition).map(({ node }) => condition.slice(node.start, node.end));
}
