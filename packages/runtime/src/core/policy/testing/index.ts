// Tests of policies: read, run, and what they covered.

export type { Difference } from "./check-expectation.ts";
export { checkRuleNames } from "./check-names.ts";
export { CoverageBook, type Coverage, type RuleCoverage } from "./coverage.ts";
export type { PolicyTest, PolicyTestFile } from "./policy-test.ts";
export { readRuleTests, readTestFile, type TestFileResult } from "./read-tests.ts";
export { runPolicyTests, type TestFailure, type TestResult } from "./run-tests.ts";
