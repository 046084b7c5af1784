// A test report for people: what failed, where, what was expected, what came, and why.

import { counted } from "canopy-runtime/counted";
import type { Coverage, RuleCoverage, TestFailure, TestResult, TestedFile } from "canopy-runtime/policy-tests";
import { problemLines } from "../policy-report.ts";
import type { Style } from "../style.ts";
import { terminalText, wrapText } from "../terminal-text.ts";
import type { SuiteReport } from "./run-suites.ts";

/** How a report is laid out. */
export interface ReportLayout {
  readonly style: Style;
  /** Columns of the terminal. */
  readonly width: number;
}

const LABEL = 10;

/** The lines of a report of one policy's tests. */
export function reportLines(report: SuiteReport, layout: ReportLayout): readonly string[] {
  const { policy, files, coverage } = report;
  const covered = files.some(({ results }) => results.length > 0) ? coverageLines(policy, coverage, layout) : [];
  return [layout.style.bold(terminalText(policy)), ...files.flatMap((file) => fileLines(file, layout)), ...covered];
}

const UNSPOKEN: Readonly<Record<RuleCoverage["state"], string>> = {
  spoke: "spoke",
  silent: "applied, but found nothing",
  ruled_out: "was only ever ruled out",
  never: "was never asked",
};

function coverageLines(policy: string, coverage: Coverage, { style }: ReportLayout): readonly string[] {
  const { rules } = coverage;
  const spoke = rules.filter(({ state }) => state === "spoke").length;
  const conditions = rules.flatMap((rule) => rule.conditions);
  const both = conditions.filter(({ seen_true, seen_false }) => seen_true && seen_false).length;
  const seen = conditions.length === 0 ? "" : `, ${both} of ${counted(conditions.length, "condition")} held and didn't`;
  const head = `  ${style.bold("coverage")}  ${spoke} of ${counted(rules.length, "rule")} spoke${seen}`;
  return [head, ...rules.flatMap((rule) => missingLines(policy, rule, style))];
}

function missingLines(
  policy: string,
  { id, line, col, state, conditions }: RuleCoverage,
  style: Style,
): readonly string[] {
  const place = style.dim(`${terminalText(policy)}:${line}:${col}`);
  const rule = state === "spoke" ? [] : [`        rule ${terminalText(id)} ${UNSPOKEN[state]}  ${place}`];
  // Of a rule that was never asked, no condition was: that is said already.
  if (state === "never") return rule;
  const missing = conditions.flatMap(({ key, source, seen_true, seen_false }) => {
    if (seen_true && seen_false) return [];
    const never = seen_true ? "held every time" : seen_false ? "never held" : "was never told";
    return [`        rule ${terminalText(id)}: \`${terminalText(`${key}: ${source}`)}\` ${never}  ${place}`];
  });
  return [...rule, ...missing];
}

function fileLines({ file, problems, results }: TestedFile, layout: ReportLayout): readonly string[] {
  const { style } = layout;
  if (problems.length > 0) return problemLines([{ path: file, problems }], style);
  const failed = results.filter(({ passed }) => !passed);
  const passed = results.length - failed.length;
  const lines = failed.flatMap((result) => failureLines(file, result, layout));
  return passed === 0
    ? lines
    : [...lines, `  ${style.good("ok")}    ${counted(passed, "test")} in ${terminalText(file)}`];
}

function failureLines(file: string, { name, line, col, failure }: TestResult, layout: ReportLayout): readonly string[] {
  const { style } = layout;
  const at = failure ?? { line, col };
  const place = style.dim(`${terminalText(file)}:${at.line}:${at.col}`);
  const head = `  ${style.bad("FAIL")}  ${style.bold(terminalText(name))}  ${place}`;
  return failure === null ? [head] : [head, ...detailLines(failure, layout)];
}

function detailLines(failure: TestFailure, layout: ReportLayout): readonly string[] {
  const { style } = layout;
  const rows: (readonly [label: string, text: string])[] = [];
  if (failure.step !== null) rows.push(["step", stepText(failure)]);
  for (const { expected, got } of failure.differences) rows.push(["expected", expected], ["got", got]);
  rows.push(["because", failure.reason]);
  for (const { decision, reason } of failure.spoke.filter((each) => each.reason !== failure.reason)) {
    rows.push(["also", `${decision}: ${reason}`]);
  }
  return rows.flatMap(([label, text]) => {
    const [first = "", ...more] = wrapText(terminalText(text), Math.max(24, layout.width - LABEL - 9));
    const indent = " ".repeat(LABEL + 8);
    return [`        ${style.dim(label.padEnd(LABEL))}${first}`, ...more.map((line) => indent + line)];
  });
}

function stepText({ step, time, action_type }: TestFailure): string {
  return `${step ?? 1}${time === null ? "" : `, asked for the ${ordinal(time)} time`}: ${action_type}`;
}

function ordinal(number: number): string {
  const last = number % 100;
  if (last >= 11 && last <= 13) return `${number}th`;
  return `${number}${["th", "st", "nd", "rd"][number % 10] ?? "th"}`;
}
