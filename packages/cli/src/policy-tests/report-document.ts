// A test report for programs: one JSON document, or JUnit XML as code hosts and build servers read it.

import type { TestFailure, TestedFile } from "canopy-runtime/policy-tests";
import { totalsOf, type SuiteReport } from "./run-suites.ts";

/** The report as a JSON document. */
export function reportDocument(reports: readonly SuiteReport[]): object {
  const { tests, failed, unreadable } = totalsOf(reports);
  return {
    passed: failed === 0 && unreadable === 0,
    tests,
    failed,
    policies: reports.map(({ policy, files, coverage }) => ({
      policy,
      coverage,
      files: files.map(({ file, problems, results }) => ({ file, problems, tests: results })),
    })),
  };
}

/**
 * The report as JUnit XML: a suite a file, a case a test.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export function reportJunit(reports: readonly SuiteReport[]): string {
  const { tests, failed, unreadable } = totalsOf(reports);
  const suites = reports.flatMap(({ policy, files }) => files.map((file) => suiteXml(policy, file)));
  const counts = `tests="${tests + unreadable}" failures="${failed}" errors="${unreadable}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="canopy policy test" ${counts}>\n${suites.join("")}</testsuites>\n`;
}

function suiteXml(policy: string, { file, problems, results }: TestedFile): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const errors = problems.length > 0 ? 1 : 0;
  const cases = results.map(({ name, line, failure }) => {
    const open = `    <testcase name="${xml(name)}" classname="${xml(policy)}" file="${xml(file)}" line="${line}"`;
    return failure === null ? `${open}/>\n` : `${open}>\n${failureXml(file, failure)}    </testcase>\n`;
  });
  const unreadable = problems.map(({ line, col, message }) => `${file}:${line}:${col}: ${message}`);
  if (errors > 0) {
    const open = `    <testcase name="${xml(file)}" classname="${xml(policy)}" file="${xml(file)}">\n`;
    cases.push(
      `${open}      <error message="the file can't be read">${xml(unreadable.join("\n"))}</error>\n    </testcase>\n`,
    );
  }
  const counts = `tests="${results.length + errors}" failures="${failed}" errors="${errors}"`;
  return `  <testsuite name="${xml(file)}" ${counts}>\n${cases.join("")}  </testsuite>\n`;
}

function failureXml(file: string, { line, col, differences, reason }: TestFailure): string {
  const [first] = differences;
  const message = first === undefined ? reason : `expected ${first.expected}, got ${first.got}`;
  const rows = differences.map(({ expected, got }) => `expected ${expected}\ngot      ${got}`);
  const text = [`${file}:${line}:${col}`, ...rows, `because  ${reason}`].join("\n");
  return `      <failure message="${xml(message)}">${xml(text)}</failure>\n`;
}

// What XML 1.0 can't hold even escaped is shown as its code.
// eslint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\r": "&#13;",
};

function xml(text: string): string {
  return text
    .replace(NOT_XML, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
    .replaceAll(/[&<>"\t\r]/g, (character) => ENTITIES[character] ?? character);
}
