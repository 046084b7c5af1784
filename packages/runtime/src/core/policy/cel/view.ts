// What conditions see of one decision: made once, shared by every rule, each part only when it is first read.

import type { Action } from "../../action.ts";
import type { AgentContext } from "../../agent-context.ts";
import type { Effect } from "../../effects/effect.ts";
import type { Facts } from "../../facts.ts";
import type { Budget } from "../budget.ts";
import { EffectRecord } from "./effect-record.ts";
import { CelTimestamp } from "./time.ts";
import type { CelObject, CelValue } from "./value.ts";

/** What a decision gives its conditions. */
export interface CelInput {
  readonly action: Action;
  readonly effects: readonly Effect[];
  readonly agent: AgentContext;
  readonly facts: Facts;
  readonly budget: Budget;
  /** What is remembered of the session: labels of the data it has seen, marks that rules have set. */
  readonly session: { readonly labels: readonly string[]; readonly marks: readonly string[] };
}

/** What a condition is evaluated in. Not to be shared between decisions. */
export interface CelView {
  readonly budget: Budget;
  /** The items that macros are at, by the depth of their variables. */
  readonly locals: CelValue[];
  readonly action: CelObject;
  /** The payload as received. */
  readonly payload: CelValue;
  /** The agent context as given; `environment` and `env` are one setting. */
  readonly ctx: CelObject;
  readonly effects: readonly EffectRecord[];
  readonly session: CelObject;
  readonly now: CelTimestamp;
  /** Minutes east of UTC, now, of a named zone; null when the facts don't have it. */
  readonly zoneOffset: (zone: string) => number | null;
}

/** The view of one decision. */
export function celView(input: CelInput): CelView {
  return new DecisionView(input);
}

class DecisionView implements CelView {
  readonly budget: Budget;
  readonly locals: CelValue[] = [];
  readonly #input: CelInput;
  #action: CelObject | null = null;
  #ctx: CelObject | null = null;
  #effects: readonly EffectRecord[] | null = null;
  #session: CelObject | null = null;
  #now: CelTimestamp | null = null;

  constructor(input: CelInput) {
    this.#input = input;
    this.budget = input.budget;
  }

  get action(): CelObject {
    const { action_type, raw_action_type, verb, known, digest } = this.#input.action;
    return (this.#action ??= { type: action_type, raw_type: raw_action_type, verb, known, digest });
  }

  get payload(): CelValue {
    return this.#input.action.payload;
  }

  get ctx(): CelObject {
    return (this.#ctx ??= contextOf(this.#input.agent));
  }

  get effects(): readonly EffectRecord[] {
    const { effects, agent } = this.#input;
    return (this.#effects ??= effects.map((effect) => new EffectRecord(effect, agent.trusted_domains)));
  }

  get session(): CelObject {
    const { session, agent } = this.#input;
    return (this.#session ??= { id: sessionId(agent), labels: session.labels, marks: session.marks });
  }

  get now(): CelTimestamp {
    return (this.#now ??= new CelTimestamp(BigInt(Math.trunc(this.#input.facts.now_ms)) * 1_000_000n));
  }

  zoneOffset(zone: string): number | null {
    const zones = this.#input.facts.zones ?? {};
    return Object.hasOwn(zones, zone) ? (zones[zone] ?? null) : null;
  }
}

// The session an action belongs to: wider when none is named, never none.
function sessionId(agent: AgentContext): string {
  return agent.session_id ?? agent.trace_id ?? "";
}

function contextOf({ raw, environment }: AgentContext): CelObject {
  const { env: _env, environment: _environment, ...others } = raw;
  return environment === null ? others : { ...others, environment, env: environment };
}

/** A view of nothing: for what needs no decision. */
export function emptyView(budget: Budget): CelView {
  const now = new CelTimestamp(0n);
  return {
    budget,
    locals: [],
    action: {},
    payload: {},
    ctx: {},
    effects: [],
    session: {},
    now,
    zoneOffset: () => null,
  };
}

/** The view of the same decision with another budget and locals of its own. */
export function withBudget(view: CelView, budget: Budget): CelView {
  const { action, payload, ctx, effects, session, now } = view;
  return {
    budget,
    locals: [],
    action,
    payload,
    ctx,
    effects,
    session,
    now,
    zoneOffset: (zone) => view.zoneOffset(zone),
  };
}
