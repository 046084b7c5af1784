// A policy's problems as people, scripts and code hosts read them: text, JSON and SARIF 2.1.0.

import { PROBLEM_HELP, type Problem } from "canopy-runtime/policy";
import type { Style } from "./style.ts";
import { terminalJsonPretty, terminalText } from "./terminal-text.ts";
import { VERSION } from "./version.ts";

/** One linted file. */
export interface LintedFile {
  readonly path: string;
  readonly problems: readonly Problem[];
}

/** `file:line:col severity code message`, with what to write instead below it. */
export function problemLines(files: readonly LintedFile[], style: Style): readonly string[] {
  return files.flatMap(({ path, problems }) =>
    problems.flatMap((problem) => {
      const paint = { error: style.bad, warning: style.caution, info: style.accent }[problem.severity];
      const place = `${terminalText(path)}:${problem.line}:${problem.col}`;
      const line = `${style.bold(place)} ${paint(problem.severity)} ${problem.code} ${terminalText(problem.message)}`;
      return problem.fix === undefined ? [line] : [line, `  ${style.dim("fix")} ${terminalText(problem.fix)}`];
    }),
  );
}

/** The same as one JSON document. */
export function lintDocument(files: readonly LintedFile[]): object {
  const [errors, warnings, infos] = [countOf(files, "error"), countOf(files, "warning"), countOf(files, "info")];
  const counts = { errors, warnings, infos };
  const list = files.map(({ path, problems }) => ({
    path,
    valid: problems.every(({ severity }) => severity !== "error"),
    problems: problems.map(({ code, severity, line, col, message, fix }) => ({
      code,
      severity,
      line,
      col,
      message,
      ...(fix === undefined ? {} : { fix }),
    })),
  }));
  return { valid: counts.errors === 0, ...counts, files: list };
}

/** How many problems of a severity there are. */
export function countOf(files: readonly LintedFile[], severity: Problem["severity"]): number {
  return files.reduce((sum, { problems }) => sum + problems.filter((each) => each.severity === severity).length, 0);
}

/**
 * The same as a SARIF log.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifText(files: readonly LintedFile[]): string {
  const codes = [...new Set(files.flatMap(({ problems }) => problems.map(({ code }) => code)))].toSorted();
  const results = files.flatMap(({ path, problems }) => problems.map((problem) => sarifResult(path, problem)));
  return terminalJsonPretty({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "canopy lint-policy", version: VERSION, rules: codes.map(sarifRule) } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  });
}

function sarifRule(id: Problem["code"]): object {
  const text = PROBLEM_HELP[id];
  const sentence = /^[^.]*\./u.exec(text)?.[0] ?? text;
  return { id, shortDescription: { text: sentence }, fullDescription: { text }, help: { text } };
}

function sarifResult(path: string, { code, severity, line, col, message, fix }: Problem): object {
  const region = { startLine: line, startColumn: col };
  const uri = path === "-" ? "stdin" : path.split("/").map(encodeURIComponent).join("/");
  return {
    ruleId: code,
    level: severity === "info" ? "note" : severity,
    message: { text: fix === undefined ? message : `${message} (${fix})` },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region } }],
  };
}
