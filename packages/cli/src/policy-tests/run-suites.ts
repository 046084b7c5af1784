// Suites, run: one report a policy, and what the whole comes to.

import { CanopyError, EXIT } from "canopy-runtime/errors";
import { testPolicy, type PolicyTestReport } from "canopy-runtime/policy-tests";
import type { Suite } from "./find-suites.ts";

/** What became of one policy's tests. */
export interface SuiteReport extends PolicyTestReport {
  readonly policy: string;
}

/** What all of it came to. */
export interface Totals {
  readonly tests: number;
  readonly failed: number;
  /** Files of tests that could not be read. */
  readonly unreadable: number;
}

/**
 * Run the tests of each policy.
 *
 * @throws {CanopyError} `INVALID_POLICY` when one does not load, `FILE_UNUSABLE` when one has no tests at all.
 */
export function runSuites(suites: readonly Suite[]): readonly SuiteReport[] {
  return suites.map((suite) => {
    const report = testsOf(suite);
    const empty = report.files.every(({ problems, results }) => problems.length + results.length === 0);
    if (empty) throw noTests(suite.policy);
    return report;
  });
}

/** Run the tests of one policy, if there are any. @throws {CanopyError} `INVALID_POLICY` when it does not load. */
export function testsOf({ policy, path, bytes, files }: Suite): SuiteReport {
  return { policy, ...testPolicy({ bytes, file: path === null ? null : policy, source: "argument" }, files) };
}

function noTests(policy: string): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `\`${policy}\` has no tests`, {
    fix: `write them into \`${policy.replace(/\.ya?ml$/u, "")}.test.yaml\`, or below \`tests:\` in a rule`,
  });
}

/** The policies that cover less than a share, in percent, of their rules or of what their conditions can come to. */
export function belowCoverage(reports: readonly SuiteReport[], least: number): readonly SuiteReport[] {
  return reports.filter(({ coverage }) => Math.min(coverage.rules_percent, coverage.conditions_percent) < least);
}

/** Count what became of the tests. */
export function totalsOf(reports: readonly SuiteReport[]): Totals {
  const files = reports.flatMap((report) => report.files);
  const results = files.flatMap((file) => file.results);
  return {
    tests: results.length,
    failed: results.filter(({ passed }) => !passed).length,
    unreadable: files.filter(({ problems }) => problems.length > 0).length,
  };
}

/** The exit code: what can't be read outweighs what failed. */
export function exitOf({ failed, unreadable }: Totals): number {
  if (unreadable > 0) return EXIT.unusable;
  return failed > 0 ? EXIT.no : EXIT.yes;
}
