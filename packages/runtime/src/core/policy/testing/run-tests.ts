// Tests of a policy, run: pure, so that the same policy and tests pass or fail everywhere the same way.
//
// Each test begins with an empty history and a clock of its own. Its requests are decided by the engine that decides
// real ones, in the surroundings that the test names; nothing is looked up and nothing is recorded.

import { decideUnderstood, effectsIn, understand, type Engine } from "../../decide.ts";
import type { Evaluation } from "../../decision.ts";
import { CanopyError } from "../../errors.ts";
import type { Facts } from "../../facts.ts";
import type { RuleInput } from "../../rule.ts";
import type { Place } from "../problem.ts";
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
 */
export function runPolicyTests(
  tests: readonly PolicyTest[],
  engine: Engine,
  note: Note = () => undefined,
): readonly TestResult[] {
  return tests.map((test) => runTest(test, engine, note));
}

type Note = (input: RuleInput) => void;

function runTest(test: PolicyTest, engine: Engine, note: Note): TestResult {
  const { line, col, name, rule } = test;
  let now_ms = test.now_ms;
  let decided = 0;
  for (const [index, step] of test.steps.entries()) {
    for (let time = 1; time <= step.repeat; time += 1) {
      now_ms += step.after_ms;
      const outcome = ask(step, { now_ms, home: test.home, note }, engine);
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

interface Asked {
  readonly now_ms: number;
  readonly home: string | null;
  readonly note: Note;
}

function ask(step: TestStep, at: Asked, engine: Engine): Outcome {
  const { agent_ctx, action_type, action_payload, cwd } = step;
  const surroundings = { cwd, home: at.home, governance: [], links: {} };
  const facts: Facts = { now_ms: at.now_ms, kill_switch: null, surroundings, ...externalOf(step, engine) };
  try {
    const understood = understand({ agent_ctx, action_type, action_payload, cwd }, engine);
    const effects = effectsIn(understood, surroundings);
    at.note({ action: understood.action, effects, agent: understood.agent, facts });
    return decideUnderstood(understood, effects, facts, engine);
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
