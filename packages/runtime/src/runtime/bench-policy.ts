// What a policy costs on this machine: to load, to decide by, and which of its rules cost most.

import { decide, effectsIn, understand, type DecideRequest, type Engine } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import type { Facts } from "../core/facts.ts";
import { Asker, type CompiledRule } from "../core/policy/evaluate.ts";
import { isWrittenFor } from "../core/policy/explain.ts";
import type { CompiledPolicy } from "../core/policy/index.ts";
import { clausesOf } from "../core/policy/selection/rule-guards.ts";
import { selectorOf } from "../core/policy/selection/rule-selector.ts";
import type { RuleInput } from "../core/rule.ts";
import { finish } from "../core/steps.ts";
import { createEngine, type PolicySource } from "./engine.ts";

export type { DecideRequest } from "../core/decide.ts";

/** What one rule costs, summed over the requests, each asked once. */
export interface RuleCost {
  readonly rule: string;
  readonly line: number;
  /** How many of the requests it was asked about. */
  readonly asked: number;
  /** Microseconds for each request that it was asked about. */
  readonly us: number;
}

/** What a policy costs. Times are of this machine, now. */
export interface PolicyBench {
  readonly rules: number;
  readonly compile_ms: number;
  readonly requests: number;
  /** Requests that can't be decided (`INVALID_ACTION`, `INVALID_CONTEXT`) and are left out. */
  readonly refused: number;
  /** A whole decision, all layers, in memory. */
  readonly decision_us: { readonly p50: number; readonly p99: number };
  /** For a request on average: how many rules were written for its type, and how many of them were asked. */
  readonly rules_written: number;
  readonly rules_asked: number;
  /** Rules that are asked about every action they were written for: nothing tells beforehand. */
  readonly unindexed: readonly { readonly rule: string; readonly line: number }[];
  /** The rules that took most time in all, at most ten. */
  readonly costliest: readonly RuleCost[];
}

/** How long the decisions are measured, in milliseconds. */
const MEASURED_MS = 1000;
/** Decisions timed as one: a clock's tick is longer than half a decision. */
const AT_ONCE = 8;
/** How often a rule is asked to tell what it costs. */
const ASKED_TIMES = 16;
/** The most rules that are timed for one request. */
const MOST_TIMED = 500;
const MOST_COSTLIEST = 10;

/**
 * Measure a policy. Takes two to three seconds.
 *
 * @param requests at least one that can be decided.
 * @throws {CanopyError} `INVALID_POLICY` when the policy does not load, `INVALID_REQUEST` when no request can be decided.
 */
export function benchPolicy(source: PolicySource, requests: readonly DecideRequest[]): PolicyBench {
  const started = performance.now();
  const { engine, policy } = createEngine(source);
  const compile_ms = performance.now() - started;
  const inputs = requests.flatMap((request) => inputOf(request, engine) ?? []);
  if (inputs.length === 0) {
    throw new CanopyError("INVALID_REQUEST", "none of the requests can be decided", {
      fix: "try them with `canopy evaluate`",
    });
  }
  const decidable = inputs.map(({ request }) => request);
  return {
    rules: policy.rule_count,
    compile_ms: rounded(compile_ms),
    requests: requests.length,
    refused: requests.length - inputs.length,
    decision_us: timeDecisions(decidable, engine),
    ...costs(
      policy,
      inputs.map(({ input }) => input),
    ),
    unindexed: policy.rules.filter((rule) => clausesOf(rule).length === 0).map(nameOf),
  };
}

/** Requests of every action type that a policy names, and of the types that most agents use. */
export function sampleRequests(source: PolicySource): readonly DecideRequest[] {
  const { policy } = createEngine(source);
  const types = new Set([...policy.action_types, "execute_shell", "modify_file", "call_external_api", "send_message"]);
  return [...types].slice(0, MOST_SAMPLES).map((action_type) => ({
    agent_ctx: { public_key: "bench-agent", environment: "production" },
    action_type,
    action_payload: {
      command: "git status --short && ls -la src | head -20",
      path: "src/main.ts",
      url: "https://example.com/items?page=2",
      amount: 5,
      text: "the report is ready",
    },
  }));
}

const MOST_SAMPLES = 256;

interface Input {
  readonly request: DecideRequest;
  readonly input: RuleInput;
}

function factsOf({ cwd }: DecideRequest): Facts {
  const surroundings = { cwd: cwd ?? null, home: null, governance: [], links: {} };
  return { now_ms: Date.now(), kill_switch: null, surroundings };
}

function inputOf(request: DecideRequest, engine: Engine): Input | null {
  try {
    const facts = factsOf(request);
    const understood = understand(request, engine);
    const effects = effectsIn(understood, facts.surroundings);
    return { request, input: { action: understood.action, effects, agent: understood.agent, facts } };
  } catch (error) {
    if (error instanceof CanopyError) return null;
    throw error;
  }
}

function timeDecisions(requests: readonly DecideRequest[], engine: Engine): PolicyBench["decision_us"] {
  const facts = requests.map(factsOf);
  const samples: number[] = [];
  const end = performance.now() + MEASURED_MS;
  for (let index = 0; performance.now() < end || samples.length < requests.length * 2; index += 1) {
    const request = requests[index % requests.length];
    const around = facts[index % requests.length];
    if (request === undefined || around === undefined) break;
    const start = performance.now();
    for (let time = 0; time < AT_ONCE; time += 1) decide(request, around, engine);
    samples.push(((performance.now() - start) * 1000) / AT_ONCE);
  }
  // The first third is spent on compiling what the rest runs.
  const settled = samples.slice(Math.floor(samples.length / 3)).sort((left, right) => left - right);
  const at = (share: number): number => rounded(settled[Math.floor((settled.length - 1) * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

function costs(
  policy: CompiledPolicy,
  inputs: readonly RuleInput[],
): Pick<PolicyBench, "rules_written" | "rules_asked" | "costliest"> {
  const selector = finish(selectorOf(policy.rules));
  const spent = new Map<CompiledRule, { us: number; asked: number }>();
  let written = 0;
  let asked = 0;
  for (const input of inputs) {
    const selected = selector.select(input);
    asked += selected.length;
    written += policy.rules.filter((rule) => isWrittenFor(rule, input.action)).length;
    for (const rule of selected.slice(0, MOST_TIMED)) {
      const known = spent.get(rule) ?? { us: 0, asked: 0 };
      spent.set(rule, { us: known.us + timeRule(rule, input), asked: known.asked + 1 });
    }
  }
  const ranked = [...spent].sort(([, left], [, right]) => right.us - left.us).slice(0, MOST_COSTLIEST);
  return {
    rules_written: rounded(written / inputs.length),
    rules_asked: rounded(asked / inputs.length),
    costliest: ranked.map(([rule, cost]) => ({
      ...nameOf(rule),
      asked: cost.asked,
      us: rounded(cost.us / cost.asked),
    })),
  };
}

function timeRule(rule: CompiledRule, input: RuleInput): number {
  new Asker(input).ask(rule);
  const start = performance.now();
  for (let time = 0; time < ASKED_TIMES; time += 1) new Asker(input).ask(rule);
  return ((performance.now() - start) * 1000) / ASKED_TIMES;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function nameOf({ id, line }: CompiledRule): { readonly rule: string; readonly line: number } {
  return { rule: id, line };
}
