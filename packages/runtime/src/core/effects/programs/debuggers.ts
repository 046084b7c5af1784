// Debuggers: commands in options and files, which run programs and write what they see.

import type { Effect } from "../effect.ts";
import { watching } from "./bare-shell.ts";
import { NOTHING, nested, unresolved, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { has, literal, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const DEBUGGER = shape(
  "xpcosSOd",
  "ex eval-command iex init-eval-command command init-command ix pid core args one-line one-line-before-file source source-before-file directory",
  "single",
);
const COMMANDS = ["ex", "eval-command", "iex", "init-eval-command", "o", "one-line", "O", "one-line-before-file"];
const FILES = ["x", "command", "ix", "init-command", "s", "source", "S", "source-before-file"];

/** Rows of debuggers. */
export const DEBUGGERS: readonly ProgramRow[] = [
  row("gdb lldb cgdb pdb", "https://sourceware.org/gdb/current/onlinedocs/gdb.html/Invoking-GDB.html", debugged),
].map(watching);

function debugged(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, DEBUGGER);
  const attach = has(o, "p", "pid")
    ? [{ kind: "secret.read" as const, via: call.name, secret: "process_memory", from: "attach" }]
    : [];
  const at = call.args.findIndex((word) => word.value === "--args" || word.value === "--");
  const program = at < 0 ? [] : call.run.words(call.args.slice(at + 1), call.stdin);
  return nested([
    ...attach,
    ...valuesOf(o, ...COMMANDS).flatMap((word) => debuggerCommand(call, word)),
    ...valuesOf(o, ...FILES).flatMap((word) => commandFile(call, word)),
    ...program,
  ]);
}

function commandFile(call: ProgramCall, file: Word): readonly Effect[] {
  return runsScript(call, file, (text) =>
    text
      .split("\n")
      .slice(0, MAX_LINES)
      .flatMap((line) => debuggerCommand(call, literal(line))),
  );
}

const MAX_LINES = 1000;

const SHELL =
  /^\s*(?:!|shell\s|platform shell\s|make\s|(?:pipe\s|\|)[^|]*\||target (?:extended-)?remote\s*\|)\s*(.*)$/s;
const WRITTEN =
  /^\s*(?:(?:dump|append)\s+(?:\w+\s+)?(?:memory|value)|save\s+[\w-]+|gcore|generate-core-file|process save-core|set logging(?: file)?|set trace-commands)\s+(\S+)/;

function debuggerCommand(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value === null) return unresolved(call, "code");
  const shell = SHELL.exec(word.value);
  if (shell !== null) return call.run.shell(shell[1] ?? null, call.name);
  const code = /^\s*(python|py|script|guile|gu)\s+(.*)$/s.exec(word.value);
  if (code !== null)
    return call.run.code(code[1]?.startsWith("gu") === true ? "other" : "python", code[2] ?? null, call.name);
  const file = /^\s*(?:source|command source)(?:\s+-\w+)*\s+(\S+)/.exec(word.value)?.[1];
  if (file !== undefined) return commandFile(call, literal(file));
  const written = WRITTEN.exec(word.value)?.[1];
  if (written !== undefined && !/^(?:on|off)$/.test(written)) return writes(call, [literal(written)]);
  const called = /^\s*(?:call|print|p|expr|expression)\b.*\bsystem\s*\(\s*"([^"]*)"/s.exec(word.value);
  return called === null ? [] : call.run.shell(called[1] ?? null, call.name);
}
