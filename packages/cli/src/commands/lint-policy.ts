// `canopy policy lint FILE…`, also `canopy lint-policy`: what is wrong with policy files, where, and what to write instead.

import { counted } from "canopy-runtime/counted";
import { CanopyError } from "canopy-runtime/errors";
import { lintPolicy, type Problem } from "canopy-runtime/policy";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { countOf, lintDocument, problemLines, sarifText, type LintedFile } from "../policy-report.ts";
import { findSuites } from "../policy-tests/find-suites.ts";
import { testsOf } from "../policy-tests/run-suites.ts";
import { readWhole } from "../read-input.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

const FORMATS = ["text", "json", "sarif"] as const;
type Format = (typeof FORMATS)[number];
type Flags = { readonly json: boolean; readonly format: Format };

/** More than any policy may have; the linter itself refuses from 1 MiB. */
const LIMIT_BYTES = 16_777_216;

/** The command under its old name. */
export const lintPolicyCommand: CliCommand = lintCommand("lint-policy");

/** The command, called by these words: they stand in its examples. */
export function lintCommand(path: string): CliCommand {
  return defineCommand<Flags, string[]>({
    brief: "Check policy files: syntax, names, patterns, dead rules",
    description: [
      "Reads each policy as it would be loaded and reports every problem with its place, a code and what to write instead.",
      "An error would stop the policy from loading, or makes it do something else than it says. Warnings alone leave exit 0.",
    ],
    examples: [
      { command: `canopy ${path} policy.yaml`, does: "one file" },
      { command: `canopy ${path} --format sarif policies/*.yaml > lint.sarif`, does: "for a code host" },
      { command: `cat policy.yaml | canopy ${path} -`, does: "from a pipe" },
    ],
    exits: [
      [0, "no errors"],
      [1, "errors"],
      [2, "a file could not be read"],
    ],
    parameters: {
      flags: {
        json: { ...JSON_FLAG, brief: "The same as --format json" },
        format: {
          kind: "enum",
          values: FORMATS,
          default: "text",
          brief: "How problems are printed",
          placeholder: "FORMAT",
        },
      },
      positional: {
        kind: "array",
        minimum: 1,
        parameter: { brief: "Policy file, or - for standard input", placeholder: "FILE", parse: String },
      },
    },
    run: async (io, flags, ...paths) => {
      const files: LintedFile[] = [];
      for (const path of paths) files.push({ path, problems: await lintFile(path, io) });
      print(io, flags.json ? "json" : flags.format, files);
      return countOf(files, "error") === 0 ? 0 : 1;
    },
  });
}

async function lintFile(path: string, io: Io): Promise<readonly Problem[]> {
  const problems = lintPolicy(await readWhole(path, io, LIMIT_BYTES), path, { now_ms: Date.now() });
  if (path === "-" || problems.some(({ severity }) => severity === "error")) return problems;
  return [...problems, ...untested(path, io)].toSorted((left, right) => left.line - right.line || left.col - right.col);
}

// Only where there are tests: a policy without any is not reminded of each of its rules.
function untested(path: string, io: Io): readonly Problem[] {
  const tested = findSuites([path], io.cwd)
    .map(testsOf)
    .find(({ files }) => files.some((file) => file.results.length > 0));
  return (tested?.coverage.rules ?? [])
    .filter(({ state }) => state !== "spoke")
    .map(({ id, line, col }) => {
      const message = `no test makes rule ${id} speak`;
      return { code: "untested", severity: "info", refused: false, line, col, message };
    });
}

function print(io: Io, format: Format, files: readonly LintedFile[]): void {
  switch (format) {
    case "text": {
      for (const line of problemLines(files, io.outStyle)) io.out(`${line}\n`);
      const errors = countOf(files, "error");
      const warnings = countOf(files, "warning");
      const verdict = errors === 0 ? io.errStyle.good("ok") : io.errStyle.bad("not usable");
      const infos = countOf(files, "info");
      const told = [counted(errors, "error"), counted(warnings, "warning")];
      const counts = [...told, ...(infos === 0 ? [] : [counted(infos, "note")])].join(", ");
      io.err(`${verdict}: ${counts} in ${counted(files.length, "file")}\n`);
      return;
    }
    case "json":
      io.out(`${terminalJsonPretty(lintDocument(files))}\n`);
      return;
    case "sarif":
      io.out(`${sarifText(files)}\n`);
      return;
    default:
      throw new CanopyError("USAGE", `unknown format \`${String(format satisfies never)}\``);
  }
}
