// Editors and calculators that take a command a line, some of which run programs or write files.

import type { Effect } from "../effect.ts";
import { watching } from "./bare-shell.ts";
import { nested, reads, settled, unresolved, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { literal, parseOptions, shape, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { row } from "./rows.ts";

const ROWS: readonly ProgramRow[] = [
  row("ed red", "https://www.gnu.org/software/ed/manual/ed_manual.html", (call) => {
    const { operands } = parseOptions(call.args, shape("p", "prompt"));
    const files = operands.filter((word) => !word.prefix.startsWith("!"));
    const started = operands.filter((word) => word.prefix.startsWith("!"));
    return nested([
      ...(call.stdin !== null && call.stdin.text === null ? unresolved(call, "code") : []),
      ...edLines(call, call.stdin?.text ?? ""),
      ...started.flatMap((word) => call.run.shell(word.value?.slice(1) ?? null, call.name)),
      ...reads(call, files),
      ...writes(call, settled(call, files), "change"),
    ]);
  }),
  row("dc", "https://www.gnu.org/software/bc/manual/dc-1.05/html_mono/dc.html", (call) => {
    const o = parseOptions(call.args, shape("ef", "expression file"));
    const texts = valuesOf(o, "e", "expression").map((word) => word.value);
    const files = [...valuesOf(o, "f", "file"), ...o.operands];
    if (texts.length === 0 && files.length === 0 && call.stdin !== null) texts.push(call.stdin.text);
    return nested([
      ...texts.flatMap((text) => (text === null ? unresolved(call, "code") : dcLines(call, text))),
      ...files.flatMap((word) => runsScript(call, word, (text) => dcLines(call, text))),
      ...reads(call, files),
    ]);
  }),
];

/** Rows of programs that take a command a line. */
export const LINE_COMMANDS: readonly ProgramRow[] = ROWS.map(watching);

// `!cmd`, `r !cmd`, `1,$w !cmd`, `w file`, `f file`, `r file`.
const ED_COMMAND = /^[\d\s,;$.%+'/a-z-]*?(?:([rewWfE])q?\s*)?!(.*)$/;
const ED_FILE = /^[\d\s,;$.%+-]*([rewWfE])q?\s+([^!\s].*)$/;

function edLines(call: ProgramCall, text: string): readonly Effect[] {
  return text.split("\n").flatMap((line) => {
    if (line.length > 4000) return [];
    const command = ED_COMMAND.exec(line)?.[2];
    if (command !== undefined) return call.run.shell(command, call.name);
    const [, verb = "", file] = ED_FILE.exec(line) ?? [];
    if (file === undefined) return [];
    const word = literal(file.trim());
    return /[wWf]/.test(verb) ? writes(call, [word], "change") : reads(call, [word]);
  });
}

// A comparison (`!<x`) runs no program.
function dcLines(call: ProgramCall, text: string): readonly Effect[] {
  return text.split("\n").flatMap((line) => {
    const at = line.search(/!(?![<>=])/);
    return at < 0 ? [] : call.run.shell(line.slice(at + 1), call.name);
  });
}
