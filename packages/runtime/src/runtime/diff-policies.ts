// Two policies compared by what they decide: on the requests of their tests, on requests made of what both say, and by how
// their rules are written. It finds differences; that it finds none proves nothing beyond what was tried.

import { canonicalJson } from "../core/canonical.ts";
import { compareOn, type Disagreement } from "../core/policy/diff/compare-policies.ts";
import { generateCases, type DiffCase } from "../core/policy/diff/generate-cases.ts";
import { ruleChanges, type RuleChanges, type WrittenPolicy } from "../core/policy/diff/rule-changes.ts";
import { parameterValues, policyMembers, rulesWords, type RuleWords } from "../core/policy/diff/rule-words.ts";
import { ProblemList, readPolicyValues, type CompiledPolicy } from "../core/policy/index.ts";
import { readRuleTests, readTestFile } from "../core/policy/testing/index.ts";
import { createEngine, type PolicySource } from "./engine.ts";
import { zoneOffsets } from "./time-zones.ts";

export type { DiffCase } from "../core/policy/diff/generate-cases.ts";
export type { RuleChanges } from "../core/policy/diff/rule-changes.ts";

/** A policy to compare, and the files of tests that belong to it. */
export interface DiffedPolicy extends Pick<PolicySource, "bytes" | "file"> {
  readonly tests: readonly (Uint8Array | string)[];
}

/** How policies are compared. */
export interface DiffOptions {
  readonly from: DiffedPolicy;
  readonly to: DiffedPolicy;
  /** The seed of what is mixed; the same seed gives the same requests. */
  readonly seed: number;
  /** How many requests are made at most. */
  readonly cases: number;
  /** When they are asked; milliseconds since 1970. */
  readonly now_ms: number;
}

/** Requests on which the policies disagree in the same way. */
export interface DiffGroup {
  /** Verdicts, or the code of the error of a request that can't be decided. */
  readonly from: string;
  readonly to: string;
  /** Whether the verdicts differ; else it is what whoever proceeds must do. */
  readonly kind: "decision" | "demands";
  readonly rule_ref: string | null;
  readonly count: number;
  /** Whether any of them stands in a test, and wasn't made. */
  readonly tested: boolean;
  /** The shortest of them, those at the usual time first. */
  readonly counterexample: DiffCase;
}

/** What was found. */
export interface PolicyDiff {
  readonly changes: RuleChanges;
  readonly tried: { readonly tests: number; readonly made: number };
  readonly differing: number;
  /** Those of the most requests first. */
  readonly groups: readonly DiffGroup[];
}

/**
 * Compare two policies.
 *
 * Cost: two decisions for each request; ten thousand take about a second.
 *
 * @throws {CanopyError} `INVALID_POLICY` when one doesn't load.
 */
export function diffPolicies({ from, to, seed, cases, now_ms }: DiffOptions): PolicyDiff {
  const compiled = {
    from: createEngine({ ...from, source: "argument" }),
    to: createEngine({ ...to, source: "argument" }),
  };
  const engines = { from: compiled.from.engine, to: compiled.to.engine, zonesAt: zoneOffsets };
  const [old, now] = [writtenPolicy(from), writtenPolicy(to)];
  const tests = [...testedCases(compiled.from.policy, from.tests), ...testedCases(compiled.to.policy, to.tests)];
  const groups = new DiffGroups(now_ms);
  for (const request of tests) groups.saw(compareOn(request, engines), true);
  let made = 0;
  const rules = [old, now].flatMap((policy) => policy.rules);
  const included = [compiled.from.policy, compiled.to.policy].flatMap(({ files }) => files.map(writtenPolicy));
  const all = withParameters([...rules, ...included.flatMap((policy) => policy.rules)], [old, now, ...included]);
  for (const request of generateCases(all, { seed, cases, now_ms })) {
    made += 1;
    groups.saw(compareOn(request, engines), false);
  }
  const tried = { tests: tests.length, made };
  return { changes: ruleChanges(old, now), tried, differing: groups.differing, groups: groups.sorted() };
}

/** The requests of a policy's tests, each by itself: what earlier steps leave in the history is not told. */
function testedCases({ rules }: CompiledPolicy, files: DiffedPolicy["tests"]): readonly DiffCase[] {
  const inFiles = files.flatMap((bytes) => readTestFile(bytes).file?.tests ?? []);
  const tests = [...rules.flatMap((rule) => readRuleTests(rule.tests, rule, new ProblemList())), ...inFiles];
  return tests.flatMap(({ steps, now_ms }) => {
    let at = now_ms;
    return steps.map(({ action_type, action_payload, agent_ctx, cwd, after_ms, repeat }) => {
      at += after_ms * repeat;
      return { action_type, action_payload, agent_ctx, cwd, now_ms: at };
    });
  });
}

/** Settings that are compared with no value of their own rule are tried with those of the policies' parameters. */
function withParameters(rules: readonly RuleWords[], policies: readonly WrittenPolicy[]): readonly RuleWords[] {
  const values = policies.flatMap(({ members }) => parameterValues(members));
  if (values.length === 0) return rules;
  return rules.map((rule) => {
    const settings = rule.settings.map((each) => (each.values.length > 0 ? each : { ...each, values }));
    return { ...rule, settings };
  });
}

function writtenPolicy({ bytes }: Pick<DiffedPolicy, "bytes">): WrittenPolicy {
  const root = readPolicyValues(bytes, new ProblemList());
  return root === null ? { rules: [], members: {} } : { rules: rulesWords(root), members: policyMembers(root) };
}

class DiffGroups {
  readonly #groups = new Map<string, DiffGroup>();
  readonly #now_ms: number;
  differing = 0;

  constructor(now_ms: number) {
    this.#now_ms = now_ms;
  }

  saw(found: Disagreement | null, tested: boolean): void {
    if (found === null) return;
    this.differing += 1;
    const { request, from, to, rule_ref } = found;
    const key = JSON.stringify([from.decision, to.decision, rule_ref]);
    const known = this.#groups.get(key);
    const isBetter = known === undefined || this.#cost(request) < this.#cost(known.counterexample);
    this.#groups.set(key, {
      from: from.decision,
      to: to.decision,
      kind: from.decision === to.decision ? "demands" : "decision",
      rule_ref,
      count: (known?.count ?? 0) + 1,
      tested: tested || known?.tested === true,
      counterexample: isBetter ? request : known.counterexample,
    });
  }

  sorted(): readonly DiffGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.count - a.count || byText(keyOf(a), keyOf(b)));
  }

  #cost(request: DiffCase): number {
    return canonicalJson({ ...request }).length + (request.now_ms === this.#now_ms ? 0 : 1e6);
  }
}

function keyOf({ from, to, rule_ref }: DiffGroup): string {
  return `${from} ${to} ${rule_ref}`;
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
