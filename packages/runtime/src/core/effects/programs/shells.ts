// Shells as programs: `sh -c TEXT`, a script file, or code that flows in.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, outputOf, result, unresolved } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, type Options } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { startsWithHelp, row } from "./rows.ts";

const SHELL = shape("oO", "rcfile init-file", "posix");
const FISH = shape("CdoDf", "init-command command debug features", "posix");

/** Rows of the shells. */
export const SHELLS: readonly ProgramRow[] = [
  row(
    "sh bash dash ash zsh ksh mksh pdksh ksh93 yash posh rbash rzsh hush bash5 lksh oksh",
    "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html",
    (call) => shell(call, parseOptions(call.args, SHELL)),
  ),
  row("fish csh tcsh nu elvish xonsh osh ysh ion rc es", "https://fishshell.com/docs/current/cmds/fish.html", (call) =>
    shell(call, parseOptions(call.args, FISH)),
  ),
  row(
    "zf_rm zf_mv zf_ln zf_chmod zf_chown zf_chgrp zf_mkdir zf_rmdir zf_sync",
    "https://zsh.sourceforge.io/Doc/Release/Zsh-Modules.html",
    (call) => nested(call.run.words([literal(call.name.slice(3)), ...call.args], call.stdin)),
  ),
];

function shell(call: ProgramCall, options: Options): ProgramResult {
  if (startsWithHelp(call)) return NOTHING;
  if (has(options, "n") && !has(options, "c")) return NOTHING;
  const startup = valueOf(options, "rcfile", "init-file", "C", "init-command");
  const before: readonly Effect[] =
    startup === undefined || startup.value === "/dev/null"
      ? []
      : [{ kind: "exec.injected", via: call.name, variable: "rcfile" }];
  const inline = valueOf(options, "command");
  if (inline !== undefined) return nested([...before, ...call.run.shell(inline.value, call.name)]);
  if (options.flags.has("c")) return runsText(call, options, before);
  const script = options.operands[0];
  if (script === undefined || has(options, "s") || script.value === "-" || script.value === "/dev/stdin") {
    const effects = [...before, ...runsInput(call)];
    const served = call.stdin === null || call.stdin.text === null || has(options, "i");
    return { effects, stdout: { ...outputOf(effects), shell: served } };
  }
  if (script.value === null) return result([...before, ...unresolved(call, "code")]);
  return nested([...before, ...(call.run.content?.(script, "sh", call.name) ?? [])]);
}

function runsText(call: ProgramCall, options: Options, before: readonly Effect[]): ProgramResult {
  const text = options.operands[0];
  if (text === undefined) return result(before);
  const effects = call.run.shell(text.value, call.name);
  return nested([...before, ...effects]);
}

/** Code that flows into an interpreter: judged when known, and how it came to be is said either way. */
export function runsInput(call: ProgramCall, language: string | null = null): readonly Effect[] {
  const { stdin } = call;
  if (stdin === null) return [];
  const effects: Effect[] = [];
  if (stdin.obfuscated !== null) {
    effects.push({ kind: "exec.obfuscated", via: call.name, how: stdin.obfuscated, text: stdin.text ?? "" });
  }
  if (stdin.text === null && stdin.obfuscated !== null) return effects;
  const run =
    language === null ? call.run.shell(stdin.text, call.name) : call.run.code(language, stdin.text, call.name);
  return [...effects, ...run];
}
