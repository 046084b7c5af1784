// `canopy policy init`: a policy and its tests to begin with, for the frameworks that a project uses.

import { counted } from "canopy-runtime/counted";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { testPolicy } from "canopy-runtime/policy-tests";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { findFrameworks, type FoundFramework } from "../../policy-init/find-frameworks.ts";
import { scaffold } from "../../policy-init/templates.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean; readonly force: boolean };

/** The command. */
export const init: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Begin a policy and its tests for the frameworks found here",
  description: [
    "Looks for agent frameworks in package.json, pyproject.toml, requirements files and settings, writes policy.yaml and policy.test.yaml with rules that fit them, and runs the tests. Nothing is overwritten without --force, and nothing is installed or sent.",
  ],
  examples: [
    { command: "canopy policy init", does: "in this folder" },
    { command: "canopy policy init services/agent", does: "in another" },
  ],
  exits: [
    [0, "written, and the tests pass"],
    [2, "a file is there already, or can't be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      force: { kind: "boolean", default: false, withNegated: false, brief: "Overwrite files that are there" },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Where to write (default: here)", placeholder: "DIR", parse: String, optional: true }],
    },
  },
  run: async (io, { json, force }, dir = ".") => {
    const folder = resolve(io.cwd, dir);
    refuseFile(folder, dir);
    const found = findFrameworks(folder);
    const { policy, tests } = scaffold(found.map(({ framework }) => framework));
    const written = [
      { path: join(folder, "policy.yaml"), text: policy },
      { path: join(folder, "policy.test.yaml"), text: tests },
    ];
    if (!force) for (const { path } of written) refuseExisting(path, io);
    // What doesn't pass its own tests is not worth writing.
    const count = testScaffold(policy, tests);
    writeAll(folder, written, force);
    const shown = written.map(({ path }) => relative(io.cwd, path));
    if (json) io.out(`${terminalJsonPretty({ written: shown, frameworks: found, tests: count })}\n`);
    else say(io, { shown, found, count });
    return Promise.resolve(EXIT.yes);
  },
});

function refuseFile(folder: string, dir: string): void {
  if (!existsSync(folder) || statSync(folder).isDirectory()) return;
  throw new CanopyError("FILE_UNUSABLE", `\`${dir}\` is a file`, { fix: "name a folder" });
}

function refuseExisting(path: string, io: Io): void {
  if (!existsSync(path)) return;
  throw new CanopyError("FILE_UNUSABLE", `\`${relative(io.cwd, path)}\` is there already`, {
    fix: "--force overwrites it; or name another folder",
  });
}

function testScaffold(policy: string, tests: string): number {
  const { files, passed } = testPolicy({ bytes: policy, file: "policy.yaml", source: "argument" }, [
    { file: "policy.test.yaml", bytes: tests },
  ]);
  if (!passed) throw new Error("the scaffold does not pass its own tests");
  return files.reduce((sum, { results }) => sum + results.length, 0);
}

function writeAll(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
  force: boolean,
): void {
  try {
    mkdirSync(folder, { recursive: true });
    // Without --force a file that came meanwhile is not overwritten either.
    for (const { path, text } of files) writeFileSync(path, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    throw new CanopyError("FILE_UNUSABLE", `\`${folder}\` can't be written to`, {
      cause,
      fix: "check its permissions",
    });
  }
}

interface Told {
  readonly shown: readonly string[];
  readonly found: readonly FoundFramework[];
  readonly count: number;
}

function say(io: Io, { shown, found, count }: Told): void {
  const { outStyle: style } = io;
  for (const { framework, file } of found) io.out(`found   ${framework} ${style.dim(`(${terminalText(file)})`)}\n`);
  if (found.length === 0) io.out("found   no agent framework: the rules are general ones\n");
  for (const path of shown) io.out(`wrote   ${style.bold(terminalText(path))}\n`);
  io.out(`${style.good("passed")}  ${counted(count, "test")}\n`);
  const [policy = "policy.yaml"] = shown;
  const file = terminalText(policy);
  const dir = file.replace(/\/?policy\.yaml$/u, "");
  io.out(
    `\n${style.bold("next")}\n` +
      `  canopy policy test${dir === "" ? "" : ` ${dir}`} --watch      and edit ${file}\n` +
      `  canopy policy lint ${file}\n` +
      `  CANOPY_POLICY_FILE=${file}      puts it in force; in code: createRuntime({ policy_file: "${file}" })\n`,
  );
}
