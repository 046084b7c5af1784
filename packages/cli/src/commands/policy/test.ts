// `canopy policy test`: run the tests that stand beside policies.

import { counted } from "canopy-runtime/counted";
import { resolve } from "node:path";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { findSuites, type Suite } from "../../policy-tests/find-suites.ts";
import { reportDocument, reportJunit } from "../../policy-tests/report-document.ts";
import { reportLines } from "../../policy-tests/report-text.ts";
import { belowCoverage, exitOf, runSuites, totalsOf, type SuiteReport } from "../../policy-tests/run-suites.ts";
import { changeIn } from "../../policy-tests/watch-files.ts";
import { reportError } from "../../report-error.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

const FORMATS = ["text", "json", "junit"] as const;
type Format = (typeof FORMATS)[number];
type Flags = {
  readonly json: boolean;
  readonly format: Format;
  readonly watch: boolean;
  readonly coverageMin: number;
};

/** The command. */
export const test: CliCommand = defineCommand<Flags, string[]>({
  brief: "Run the tests that stand beside policies",
  description: [
    "Decides each request of each test with the policy and the built-in layers, and says where a decision is not as expected: by which rule, and why. Nothing is recorded and nothing is looked up, so a test means the same everywhere.",
    "FILE is a policy (its own tests, and those in NAME.test.yaml beside it), a file of tests, or a folder. Without any, policy.yaml and every *.test.yaml here.",
  ],
  examples: [
    { command: "canopy policy test", does: "everything in this folder" },
    { command: "canopy policy test policy.yaml --watch", does: "again whenever it or its tests change" },
    { command: "canopy policy test policies --coverage-min 90", does: "in CI: what isn't tested fails too" },
    { command: "canopy policy test --format junit > report.xml", does: "for a build server" },
  ],
  exits: [
    [0, "all passed"],
    [1, "a test failed, or less is covered than asked for"],
    [2, "a policy or a file of tests could not be read, or there are no tests"],
    [130, "watching was interrupted"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "The same as --format json" },
      format: {
        kind: "enum",
        values: FORMATS,
        default: "text",
        brief: "How results are printed",
        placeholder: "FORMAT",
      },
      coverageMin: {
        kind: "parsed",
        parse: parsePercent,
        default: "0",
        brief: "Fail when fewer rules spoke, or conditions were seen to hold and not to hold",
        placeholder: "PERCENT",
      },
      watch: { kind: "boolean", default: false, withNegated: false, brief: "Run again whenever a file changes" },
    },
    positional: {
      kind: "array",
      parameter: { brief: "Policy, file of tests, or folder", placeholder: "FILE", parse: String },
    },
  },
  run: async (io, { json, format, watch, coverageMin }, ...words) => {
    const shape = json ? "json" : format;
    if (!watch) return testOnce(io, findSuites(words, io.cwd), { format: shape, coverageMin });
    if (shape === "text") return testAgainAndAgain(io, words, coverageMin);
    throw new CanopyError("USAGE", `--watch prints text: it can't print ${shape}`, { fix: "leave one of them out" });
  },
});

interface Asked {
  readonly format: Format;
  readonly coverageMin: number;
}

function testOnce(io: Io, suites: readonly Suite[], { format, coverageMin }: Asked): number {
  const reports = runSuites(suites);
  const below = belowCoverage(reports, coverageMin);
  print(io, reports, format);
  for (const { policy, coverage } of below) {
    const found = `rules ${coverage.rules_percent} %, conditions ${coverage.conditions_percent} %`;
    io.err(
      `${io.errStyle.bad("coverage")}: ${terminalText(policy)} has ${found}: expected at least ${coverageMin} %\n`,
    );
  }
  const exit = exitOf(totalsOf(reports));
  return exit === EXIT.yes && below.length > 0 ? EXIT.no : exit;
}

function parsePercent(text: string): number {
  const percent = /^\d{1,3}$/u.test(text) ? Number(text) : Number.NaN;
  if (percent <= 100) return percent;
  throw new CanopyError("USAGE", "expected a whole number from 0 to 100");
}

function print(io: Io, reports: readonly SuiteReport[], format: Format): void {
  switch (format) {
    case "text": {
      const layout = { style: io.outStyle, width: io.columns };
      for (const report of reports) for (const line of reportLines(report, layout)) io.out(`${line}\n`);
      sayTotals(io, reports);
      return;
    }
    case "json":
      io.out(`${terminalJsonPretty(reportDocument(reports))}\n`);
      return;
    case "junit":
      io.out(reportJunit(reports));
      return;
    default:
      throw new CanopyError("USAGE", `unknown format \`${String(format satisfies never)}\``);
  }
}

function sayTotals(io: Io, reports: readonly SuiteReport[]): void {
  const totals = totalsOf(reports);
  const good = exitOf(totals) === EXIT.yes;
  const verdict = good ? io.errStyle.good("ok") : io.errStyle.bad("not ok");
  const unreadable = totals.unreadable === 0 ? "" : `, ${counted(totals.unreadable, "file")} not readable`;
  io.err(`${verdict}: ${totals.tests - totals.failed} passed, ${totals.failed} failed${unreadable}\n`);
}

// Ends only by an interruption (130). What can't be read is told, and waited on like a failure.
async function testAgainAndAgain(io: Io, words: readonly string[], coverageMin: number): Promise<never> {
  let watched: readonly string[] = [];
  for (;;) {
    try {
      const suites = findSuites(words, io.cwd);
      watched = suites.flatMap(pathsOf(io.cwd));
      testOnce(io, suites, { format: "text", coverageMin });
    } catch (error) {
      if (watched.length === 0) throw error;
      reportError(io, error, false);
    }
    io.err(`${io.errStyle.dim("waiting for a change, Ctrl-C ends")}\n`);
    await changeIn(watched);
  }
}

function pathsOf(cwd: string): (suite: Suite) => readonly string[] {
  return ({ path, files }) => [...(path === null ? [] : [path]), ...files.map(({ file }) => resolve(cwd, file))];
}
