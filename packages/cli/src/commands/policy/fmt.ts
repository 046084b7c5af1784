// `canopy policy fmt`: policies and their tests in one layout, whoever wrote them.

import { counted } from "canopy-runtime/counted";
import { resolve } from "node:path";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { formatPolicy } from "canopy-runtime/policy";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { readWhole } from "../../read-input.ts";
import { replaceFile } from "../../replace-file.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean; readonly check: boolean; readonly stdout: boolean };

const LIMIT_BYTES = 16_777_216;

/** The command. */
export const fmt: CliCommand = defineCommand<Flags, string[]>({
  brief: "Lay policies and their tests out in one way",
  description: [
    "Orders keys, sets rules apart, puts CEL and patterns in single quotes, and keeps every comment. What a policy says never changes: that is checked before a file is written, and a file that can't be laid out so is left as it is.",
    "Files are replaced as a whole. `-` reads standard input and prints what it becomes.",
  ],
  examples: [
    { command: "canopy policy fmt policy.yaml policy.test.yaml", does: "in place" },
    { command: "canopy policy fmt --check policies/*.yaml", does: "in CI: exit 1 when a file would change" },
    { command: "canopy policy fmt --stdout policy.yaml | diff policy.yaml -", does: "see what would change" },
  ],
  exits: [
    [0, "laid out; with --check, all were already"],
    [1, "with --check, a file would change"],
    [2, "a file could not be read, laid out or written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      check: { kind: "boolean", default: false, withNegated: false, brief: "Write nothing, and say what would change" },
      stdout: { kind: "boolean", default: false, withNegated: false, brief: "Print the result and write nothing" },
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { brief: "Policy or file of tests, or - for standard input", placeholder: "FILE", parse: String },
    },
  },
  run: async (io, flags, ...paths) => {
    // All are read before any is written: a file that can't be laid out stops the others too.
    const files: Formatted[] = [];
    for (const path of paths) files.push(await formatFile(path, io));
    const printed = flags.stdout || paths.includes("-");
    if (printed && flags.json) {
      throw new CanopyError("USAGE", "--json and a policy can't both be printed", { fix: "leave out --json" });
    }
    if (!flags.check && printed) for (const { text } of files) io.out(text);
    if (!flags.check && !printed) write(io, files);
    if (flags.json) io.out(`${terminalJsonPretty(documentOf(files))}\n`);
    else if (!printed || flags.check) say(io, files, flags.check);
    return flags.check && files.some(({ changed }) => changed) ? EXIT.no : EXIT.yes;
  },
});

interface Formatted {
  readonly path: string;
  readonly was: Uint8Array;
  readonly text: string;
  readonly changed: boolean;
}

async function formatFile(path: string, io: Io): Promise<Formatted> {
  const was = await readWhole(path, io, LIMIT_BYTES);
  const { text, problems } = formatted(path, was);
  if (text !== null) return { path, was, text, changed: !Buffer.from(text, "utf8").equals(was) };
  const [first] = problems;
  const at = `${path}:${first?.line ?? 1}:${first?.col ?? 1}`;
  const fix = first?.fix === undefined ? {} : { fix: first.fix };
  throw new CanopyError("INVALID_POLICY", `${at}: ${first?.message ?? "this can't be read"}`, { at, ...fix });
}

function formatted(path: string, was: Uint8Array): ReturnType<typeof formatPolicy> {
  try {
    return formatPolicy(was);
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    const fix = error.fix === null ? {} : { fix: error.fix };
    throw new CanopyError(error.code, `${path}: ${error.message}`, { at: path, ...fix });
  }
}

function write(io: Io, files: readonly Formatted[]): void {
  for (const { path, was, text, changed } of files) if (changed) replaceFile(resolve(io.cwd, path), was, text);
}

function documentOf(files: readonly Formatted[]): object {
  return {
    changed: files.some(({ changed }) => changed),
    files: files.map(({ path, changed }) => ({ path, changed })),
  };
}

function say(io: Io, files: readonly Formatted[], check: boolean): void {
  const changed = files.filter((each) => each.changed);
  for (const { path } of changed) io.out(`${terminalText(path)}\n`);
  const count = `${changed.length} of ${counted(files.length, "file")}`;
  if (!check) io.err(`${io.errStyle.good("ok")}: ${count} laid out anew\n`);
  else if (changed.length === 0) io.err(`${io.errStyle.good("ok")}: nothing would change\n`);
  else io.err(`${io.errStyle.bad("not ok")}: ${count} would change; \`canopy policy fmt\` writes them\n`);
}
