// A policy and its tests, brought together with the engine that decides real requests.

import { readPolicy } from "../core/policy/check.ts";
import { readPolicyValues, type CompiledPolicy } from "../core/policy/index.ts";
import { ProblemList, type Problem } from "../core/policy/problem.ts";
import {
  checkRuleNames,
  CoverageBook,
  readRuleTests,
  readTestFile,
  runPolicyTests,
  type Coverage,
  type PolicyTest,
  type TestResult,
} from "../core/policy/testing/index.ts";
import type { RuleInput } from "../core/rule.ts";
import { finish } from "../core/steps.ts";
import { createEngine, type PolicySource } from "./engine.ts";
import { zoneOffsets } from "./time-zones.ts";

export { readTestFile } from "../core/policy/testing/index.ts";
export type { Coverage, Difference, RuleCoverage, TestFailure, TestResult } from "../core/policy/testing/index.ts";

/** A file of tests as it is found. */
export interface TestSource {
  /** As it is to be shown. */
  readonly file: string;
  readonly bytes: Uint8Array | string;
}

/** What became of a file's tests. */
export interface TestedFile {
  readonly file: string;
  /** Why the file could not be read; empty when it could. */
  readonly problems: readonly Problem[];
  readonly results: readonly TestResult[];
}

/** What became of a policy's tests. */
export interface PolicyTestReport {
  /** The policy's own file first, when tests stand beside its rules. */
  readonly files: readonly TestedFile[];
  /** Whether there are tests, all could be read, and all passed. */
  readonly passed: boolean;
  readonly coverage: Coverage;
}

/**
 * Run tests against a policy: those beside its rules, then those of files. Cost: twice that of the decisions.
 *
 * @param sources files of tests; what they say in `policy:` has been heeded by the caller.
 * @throws {CanopyError} `INVALID_POLICY` when the policy does not load.
 */
export function testPolicy(source: PolicySource, sources: readonly TestSource[]): PolicyTestReport {
  const { engine, policy } = createEngine(source);
  // What is included has tests of its own, where it is kept.
  const own = policy.rules.slice(policy.rules.length - countOwn(source));
  const book = new CoverageBook(own);
  const read = [...ownTests(own, policy, source.file ?? "policy"), ...sources.map((each) => fileTests(each, policy))];
  const options = { note: (input: RuleInput): void => book.note(input), zones: zoneOffsets };
  const files = read.map(({ file, problems, tests }): TestedFile => {
    const results = problems.length > 0 ? [] : runPolicyTests(tests, engine, options);
    return { file, problems, results };
  });
  const passed = files.every(({ problems, results }) => problems.length === 0 && results.every((each) => each.passed));
  return { files, passed: passed && files.some(({ results }) => results.length > 0), coverage: book.coverage() };
}

interface ReadTests {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly tests: readonly PolicyTest[];
}

/** How many rules stand in the policy's own file; they come after those of what it includes. */
function countOwn({ bytes }: PolicySource): number {
  const problems = new ProblemList();
  const root = readPolicyValues(bytes, problems);
  return root === null ? 0 : finish(readPolicy(root, problems)).rules.length;
}

function ownTests(own: CompiledPolicy["rules"], { rules }: CompiledPolicy, file: string): readonly ReadTests[] {
  const problems = new ProblemList();
  const tests = own.flatMap((rule) => readRuleTests(rule.tests, rule, problems));
  checkRuleNames(
    tests,
    rules.map(({ id }) => id),
    problems,
  );
  return tests.length + problems.problems.length === 0 ? [] : [{ file, problems: problems.problems, tests }];
}

function fileTests({ file, bytes }: TestSource, { rules }: CompiledPolicy): ReadTests {
  const read = readTestFile(bytes);
  if (read.file === null) return { file, problems: read.problems, tests: [] };
  const problems = new ProblemList();
  checkRuleNames(
    read.file.tests,
    rules.map(({ id }) => id),
    problems,
  );
  return { file, problems: problems.problems, tests: read.file.tests };
}
