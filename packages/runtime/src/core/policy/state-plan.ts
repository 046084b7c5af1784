// What a policy asks of history for an action, and history as its rules then see it. A policy without state has no plan,
// and costs nothing.

import type { Action } from "../action.ts";
import { deriveEffects, surroundingsWithin } from "../effects/derive.ts";
import type { RuleInput } from "../rule.ts";
import { Budget } from "./budget.ts";
import { Asker, type CompiledRule } from "./evaluate.ts";
import type { Condition } from "./keys/rule-key.ts";
import type { PredicateInput } from "./predicates/predicate.ts";
import { labelsRead, placesWritten, resourceQueries, touchedBy, type LabelRule } from "./state/labels.ts";
import { scopeKeysOf, type Scope, type ScopeKeys } from "./state/scope.ts";
import type { CounterQuery, MarkQuery, StateFacts, StateNeeds, StateQuery } from "./state/state-facts.ts";
import type { Added, StateView } from "./state/state-view.ts";
import { Tally, UnknownHistory, type TallyPart, type TallyRule } from "./state/tally.ts";

/** What a policy's state is planned from. */
export interface StateSource {
  readonly rules: readonly CompiledRule[];
  readonly labels: readonly LabelRule[];
  /** The rules that are asked about an action. */
  readonly rulesFor: (input: RuleInput) => readonly CompiledRule[];
}

/** A policy's state. */
export interface StatePlan {
  readonly needs: StateNeeds;
  readonly queryState: (input: RuleInput, avid: string) => StateQuery | null;
  /** Undefined when the action has nothing to do with history. Total. */
  readonly stateOf: (input: RuleInput) => StateView | undefined;
}

/** Plan a policy's state; null when its rules ask nothing of history, and no label or zone is named. */
export function planState(source: StateSource): StatePlan | null {
  const needs = needsOf(source);
  if (needs === null) return null;
  const marks = [...new Set(source.rules.flatMap(({ mark }) => mark ?? []))].toSorted();
  return {
    needs,
    queryState: (input, avid) => queryFor(partOf(input, source), { source, marks, avid }),
    stateOf: (input) => stateFor(input, source),
  };
}

function needsOf({ rules, labels }: StateSource): StateNeeds | null {
  const counters = rules.flatMap(({ counter }) => counter ?? []);
  const afters = rules.flatMap(({ after }) => after ?? []);
  const zones = rules.flatMap(({ hours, when }) => [
    ...(hours === null || hours.offset !== null ? [] : [hours.timezone]),
    ...(when?.zones ?? []),
  ]);
  const asks = rules.some((rule) => rule.mark !== null || rule.conditions.some(asksSession));
  if (counters.length + afters.length + zones.length + labels.length === 0 && !asks) return null;
  const scopes = new Set<Scope>([...counters, ...afters].map(({ per }) => per));
  if (asks || labels.length > 0) scopes.add("session");
  return {
    longest_window_ms: Math.max(0, ...counters.map(({ window }) => window?.ms ?? 0)),
    scopes: [...scopes].toSorted(),
    zones: [...new Set(zones)].toSorted(),
  };
}

function asksSession({ session }: Condition): boolean {
  return session === true;
}

/** An action or a call in it, with the rules that are asked about it. */
interface Part {
  readonly input: RuleInput;
  readonly rules: readonly CompiledRule[];
  readonly calls: readonly Part[];
}

function partOf(input: RuleInput, source: StateSource): Part {
  const rules = source.rulesFor(input);
  const { calls } = input.action;
  if (calls.length === 0) return { input, rules, calls: [] };
  const surroundings = surroundingsWithin(input.action, input.facts.surroundings);
  const facts = { ...input.facts, surroundings };
  const inner = (action: Action): Part =>
    partOf({ ...input, action, facts, effects: deriveEffects(action, surroundings) }, source);
  return { input, rules, calls: calls.map(inner) };
}

function rulesIn({ rules, calls }: Part): readonly CompiledRule[] {
  return calls.length === 0 ? rules : [...new Set([...rules, ...calls.flatMap(rulesIn)])];
}

interface Asking {
  readonly source: StateSource;
  /** Every mark that a rule of the policy sets. */
  readonly marks: readonly string[];
  readonly avid: string;
}

function queryFor(part: Part, { source, marks, avid }: Asking): StateQuery | null {
  const rules = rulesIn(part).filter(isStateful);
  const labelled = source.labels.length > 0;
  if (rules.length === 0 && !labelled) return null;
  const { session_id, trace_id, tenant_id } = part.input.agent;
  const keys = scopeKeysOf({ avid, session_id, trace_id, tenant_id });
  const asks = rules.some(({ conditions }) => conditions.some(asksSession));
  const reads = labelled ? touchedBy(part.input.effects).reads : [];
  return {
    counters: rules.flatMap((rule) => counterQuery(rule, keys)),
    marks: markQueries(rules, asks ? marks : [], keys),
    labels: labelled || asks ? keys.session : null,
    resources: resourceQueries(reads),
  };
}

function isStateful({ counter, after, mark, conditions }: CompiledRule): boolean {
  return counter !== null || after !== null || mark !== null || conditions.some(asksSession);
}

function counterQuery({ id, counter }: CompiledRule, keys: ScopeKeys): readonly CounterQuery[] {
  if (counter === null) return [];
  const { per, window } = counter;
  return [{ counter: id, scope: per, key: keys[per], window_ms: window?.ms ?? null }];
}

function markQueries(
  rules: readonly CompiledRule[],
  ofSession: readonly string[],
  keys: ScopeKeys,
): readonly MarkQuery[] {
  const queries = new Map<string, MarkQuery>();
  const add = (mark: string, scope: Scope): void => {
    queries.set(`${scope} ${mark}`, { mark, scope, key: keys[scope] });
  };
  for (const { after } of rules) if (after !== null) add(after.mark, after.per);
  for (const mark of ofSession) add(mark, "session");
  return [...queries.values()];
}

function stateFor(input: RuleInput, source: StateSource): StateView | undefined {
  try {
    const part = partOf(input, source);
    if (source.labels.length === 0 && !rulesIn(part).some(isStateful)) return undefined;
    const { state } = input.facts;
    return state === undefined ? new UnknownHistory() : tallyOf(part, state, source);
  } catch {
    return new UnknownHistory();
  }
}

function tallyOf(part: Part, facts: StateFacts, { labels }: StateSource): Tally {
  const { agent, effects, facts: world } = part.input;
  const touched = touchedBy(effects);
  const { budget = new Budget() } = part.input;
  const { surroundings } = world;
  const tally = new Tally({
    facts,
    now_ms: world.now_ms,
    labelsRead:
      labels.length === 0 ? NONE : labelsRead(labels, { agent, effects, touched, surroundings, facts, budget }),
    written: labels.length === 0 ? [] : placesWritten(touched),
  });
  tally.count(tallyPart(part, tally, budget));
  return tally;
}

const NONE: ReadonlySet<string> = new Set();

function tallyPart({ input, rules, calls }: Part, state: StateView, budget: Budget): TallyPart {
  const enforcing = new Asker({ ...input, state, budget });
  // What is only tried must not take from the rules in force.
  const trying = enforcing.forTried();
  const inputFor = (rule: CompiledRule): PredicateInput => (rule.mode === "enforce" ? enforcing : trying).inputOf(rule);
  const stateful = rules.filter(({ counter, mark }) => counter !== null || mark !== null);
  return {
    rules: stateful.map((rule) => tallyRule(rule, () => inputFor(rule))),
    calls: calls.map((call) => tallyPart(call, state, budget)),
  };
}

function tallyRule(rule: CompiledRule, input: () => PredicateInput): TallyRule {
  const { id, mark, counter } = rule;
  const conditions = rule.conditions.filter(({ key }) => key !== counter?.key);
  return {
    id,
    mark,
    waits: conditions.some(({ key, session }) => key === "after" || session === true),
    counts: counter === null ? null : counter.key === "rate" ? "attempts" : "spending",
    holds: () => allHold(conditions, input()),
    adds: () => (counter === null ? NOTHING : counter.sum.read(input())),
  };
}

const NOTHING: Added = { failure: "nothing is counted" };

// A condition that can't be told is counted: the rule then fails when it is asked, unless another rules it out.
function allHold(conditions: readonly Condition[], input: PredicateInput): boolean {
  try {
    return conditions.every((condition) => condition.holds(input) !== false);
  } catch {
    return true;
  }
}
