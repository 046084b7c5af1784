// What is seen of an action before it is judged: what it would do, and the facts that evaluation may look at.

import { decideWhole, effectsIn, type Engine, type UnderstoodRequest } from "../core/decide.ts";
import type { Effect } from "../core/effects/effect.ts";
import { NO_SURROUNDINGS, type Surroundings } from "../core/effects/surroundings.ts";
import type { Facts } from "../core/facts.ts";
import type { StateQuery } from "../core/policy/state/state-facts.ts";
import type { AuthorizeParts } from "./authorize.ts";
import { gatherFacts, gatherLinks, gatherState, gatherZones } from "./gather.ts";
import type { Ledger } from "../ledger/ports.ts";

/** Derive effects, follow the links of the places they name, and derive again when a link leads elsewhere. */
export function look(understood: UnderstoodRequest, parts: AuthorizeParts, ledger: Ledger | null): Seen {
  const place = parts.place();
  const { action, agent, agent_identity } = understood;
  const { avid } = agent_identity;
  const unlinked: Surroundings = { ...place, cwd: action.cwd ?? place.cwd, links: NO_SURROUNDINGS.links };
  const found = effectsIn(understood, unlinked);
  const links = gatherLinks(found, agent, unlinked);
  const surroundings = { ...unlinked, links };
  const effects = Object.keys(links).length === 0 ? found : effectsIn(understood, surroundings);
  const gathered = gatherFacts(parts.clock, ledger, { avid, tenant_id: agent.tenant_id }, surroundings);
  const isDisputed = parts.isDisputed?.(agent, agent_identity) === true;
  const facts = isDisputed ? { ...gathered, identity_disputed: true } : gathered;
  return lookAgain(understood, { effects, facts, query: null }, parts, ledger);
}

/** What was seen of an action: what it would do, and everything else that evaluation may look at. */
export interface Seen {
  readonly effects: readonly Effect[];
  readonly facts: Facts;
  /** What the policy asks of the log's history; null when nothing. */
  readonly query: StateQuery | null;
}

// What a policy asks more of facts: time zones, history, and the places of the action as it edits it, where links lead
// and whose labels count too.
function lookAgain(understood: UnderstoodRequest, seen: Seen, { engine }: AuthorizeParts, ledger: Ledger | null): Seen {
  const { needs, edits } = engine.policy;
  if (needs === undefined && edits !== true) return seen;
  const facts = { ...seen.facts, ...gatherZones(needs?.zones ?? [], seen.facts.now_ms) };
  const query = queryOf(understood, seen.effects, facts, engine);
  if (edits !== true) return { effects: seen.effects, facts, query };
  const { edited } = decideWhole(understood, seen.effects, withState(facts, query, ledger), engine);
  if (edited === undefined) return { effects: seen.effects, facts, query };
  const known = facts.surroundings;
  const links = { ...known.links, ...gatherLinks(effectsIn(edited, known), edited.agent, known) };
  const surroundings = { ...known, links };
  const placed = { ...facts, surroundings };
  const both = joinQueries(query, queryOf(edited, effectsIn(edited, surroundings), placed, engine));
  return { effects: effectsIn(understood, surroundings), facts: placed, query: both };
}

function queryOf(
  { action, agent, agent_identity }: UnderstoodRequest,
  effects: readonly Effect[],
  facts: Facts,
  { policy }: Engine,
): StateQuery | null {
  return policy.queryState?.({ action, agent, effects, facts }, agent_identity.avid) ?? null;
}

/** Facts with the answer to what a policy asks of the log's history. Cost: see `Ledger.state`. */
export function withState(facts: Facts, query: StateQuery | null, ledger: Ledger | null): Facts {
  return query === null ? facts : { ...facts, state: gatherState(query, facts.now_ms, ledger) };
}

// The action as it was asked for and as it is edited: both are judged, by one state.
function joinQueries(first: StateQuery | null, second: StateQuery | null): StateQuery | null {
  if (first === null || second === null) return first ?? second;
  return {
    counters: byText([...first.counters, ...second.counters]),
    marks: byText([...first.marks, ...second.marks]),
    labels: first.labels ?? second.labels,
    resources: byText([...first.resources, ...second.resources]),
  };
}

function byText<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
