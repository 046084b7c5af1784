// Tests of a policy, run: pure, so that the same policy and tests pass or fail everywhere the same way.
//
// Each test begins with an empty history and a clock of its own. Its requests are decided by the engine that decides
// real ones, in the surroundings that the test names; nothing is looked up and nothing is recorded. What a request leaves
// in the history is learned as if it had been recorded and run.

import type { AgentContext } from "../../agent-context.ts";
import { decideUnderstood, effectsIn, understand, type Engine, type UnderstoodRequest } from "../../decide.ts";
import type { Evaluation } from "../../decision.ts";
import { CanopyError } from "../../errors.ts";
import type { Facts } from "../../facts.ts";
import type { RuleInput } from "../../rule.ts";
import type { Place } from "../problem.ts";
import { SimulatedHistory } from "../state/simulated-history.ts";
import { differences, verdictOf, type Difference, type Outcome } from "./check-expectation.ts";
import type { Expectation, PolicyTest, TestStep } from "./policy-test.ts";
import { ALLOWING } from "./read-engine-answers.ts";

/** Why a test failed. */
export interface TestFailure extends Place {
  /** The step, from 1; null for a test of one request. */
  readonly step: number | null;
  /** Which time the step was asked, from 1; null when it is asked once. */
  readonly time: number | null;
  readonly action_type: string;
  readonly differences: readonly Difference[];
  /** What the request came to, and why, in words. */
  readonly got: string;
  readonly reason: string;
  /** Every rule that spoke: its name, its verdict and its reason. */
  readonly spoke: readonly { readonly rule_ref: string; readonly decision: string; readonly reason: string }[];
}

/** What became of one test. */
export interface TestResult extends Place {
  readonly name: string;
  /** The rule that it stands in; null for one of a file of tests. */
  readonly rule: string | null;
  readonly passed: boolean;
  /** The first thing that was not as expected, in the order of its steps; null when it passed. */
  readonly failure: TestFailure | null;
  /** How many requests were decided. */
  readonly decided: number;
}

/**
 * Run tests against an engine with the policy under test. Never throws. Cost: that of the decisions.
 *
 * @param note is given what the rules look at, for each request; see `CoverageBook`.
 * @param zones tells the offsets of time zones, as `zoneOffsets` of the runtime does; without it none is known.
 */
export function runPolicyTests(
  tests: readonly PolicyTest[],
  engine: Engine,
  { note = () => undefined, zones = () => ({}) }: RunOptions = {},
): readonly TestResult[] {
  return tests.map((test) => runTest(test, engine, { note, zones }));
}

/** What a run of tests is given beside the engine. */
export interface RunOptions {
  readonly note?: (input: RuleInput) => void;
  readonly zones?: (names: readonly string[], now_ms: number) => Readonly<Record<string, number>>;
}

function runTest(test: PolicyTest, engine: Engine, options: Required<RunOptions>): TestResult {
  const { line, col, name, rule } = test;
  const history = new SimulatedHistory(engine.policy);
  let now_ms = test.now_ms;
  let decided = 0;
  for (const [index, step] of test.steps.entries()) {
    for (let time = 1; time <= step.repeat; time += 1) {
      now_ms += step.after_ms;
      const outcome = ask(step, { ...options, now_ms, home: test.home, history }, engine);
      decided += 1;
      const expect = step.expect === null ? null : about(rule, step.expect);
      const found = expect === null ? [] : differences(expect, outcome);
      if (expect === null || found.length === 0) continue;
      const at = { step: test.sequence ? index + 1 : null, time: step.repeat === 1 ? null : time };
      return {
        line,
        col,
        name,
        rule,
        passed: false,
        decided,
        failure: failureOf(step, expect, { ...at, outcome, found }),
      };
    }
  }
  return { line, col, name, rule, passed: true, decided, failure: null };
}

// A test beside a rule that expects a denial or a question expects it of that rule.
function about(rule: string | null, expect: Expectation): Expectation {
  if (rule === null || expect.decision === null || expect.decision === "ALLOW") return expect;
  if (expect.rules.length > 0 || expect.layer !== null) return expect;
  return { ...expect, rules: [{ name: rule, line: expect.line, col: expect.col }] };
}

interface Asked extends Required<RunOptions> {
  readonly now_ms: number;
  readonly home: string | null;
  readonly history: SimulatedHistory;
}

function ask(step: TestStep, at: Asked, engine: Engine): Outcome {
  const { agent_ctx, action_type, action_payload, cwd } = step;
  try {
    const understood = understand({ agent_ctx, action_type, action_payload, cwd }, engine);
    const { policy } = engine;
    const input = inputOf(understood, step, at, engine);
    const facts = at.history.factsFor(input, understood.agent_identity.avid);
    const known: RuleInput = { ...input, facts };
    at.note({ ...known, state: policy.stateOf?.(known) });
    const evaluation = decideUnderstood(understood, input.effects, facts, engine);
    learn(evaluation, step, { ...at, agent: understood.agent });
    return evaluation;
  } catch (error) {
    if (error instanceof CanopyError) return error;
    throw error;
  }
}

// Engines are not asked: a test says what they would say.
function externalOf({ engines }: TestStep, { policy }: Engine): Pick<Facts, "external"> {
  const ids = policy.engines ?? [];
  if (ids.length === 0) return {};
  return { external: Object.fromEntries(ids.map(({ id }) => [id, engines[id] ?? ALLOWING])) };
}

function inputOf(understood: UnderstoodRequest, step: TestStep, at: Asked, engine: Engine): RuleInput {
  const surroundings = { cwd: step.cwd, home: at.home, governance: [], links: {} };
  const bare: Facts = { now_ms: at.now_ms, kill_switch: null, surroundings, ...externalOf(step, engine) };
  const zones = engine.policy.needs?.zones ?? [];
  const facts = zones.length === 0 ? bare : { ...bare, zones: at.zones(zones, at.now_ms) };
  return { action: understood.action, effects: effectsIn(understood, surroundings), agent: understood.agent, facts };
}

// What people are asked for and say yes to is allowed, and runs well.
function learn(
  evaluation: Evaluation,
  { outcome }: TestStep,
  { history, now_ms, agent }: Asked & { readonly agent: AgentContext },
): void {
  const { session_id, trace_id, tenant_id } = agent;
  const approved = outcome === "approve" && evaluation.decision === "REQUIRE_APPROVAL";
  history.learn({
    evaluation: approved ? { ...evaluation, decision: "ALLOW" } : evaluation,
    who: { session_id, trace_id, tenant_id },
    now_ms,
    outcome: outcome === "approve" ? "ok" : outcome,
  });
}

interface Found {
  readonly step: number | null;
  readonly time: number | null;
  readonly outcome: Outcome;
  readonly found: readonly Difference[];
}

function failureOf(step: TestStep, expect: Expectation, { outcome, found, ...at }: Found): TestFailure {
  const { action_type } = step;
  const { line, col } = expect;
  return { line, col, ...at, action_type, differences: found, ...told(outcome) };
}

function told(outcome: Outcome): Pick<TestFailure, "got" | "reason" | "spoke"> {
  if (outcome instanceof CanopyError) return { got: `the error ${outcome.code}`, reason: outcome.message, spoke: [] };
  return { got: verdictOf(outcome), reason: outcome.reason, spoke: spokenOf(outcome) };
}

function spokenOf({ findings }: Evaluation): TestFailure["spoke"] {
  return findings.map(({ rule_ref, decision, reason }) => ({ rule_ref, decision, reason }));
}
