// Variables whose value some program runs: a pager, an editor, the `ssh` of git, the options of `tar`. Giving one a value
// is judged as that command, however it comes to its value.

import type { Effect } from "../effect.ts";
import type { Word } from "../programs/program.ts";
import { COMMAND_VARIABLES, injectionEffects, OPTIONS_OF } from "./environment-variables.ts";
import { isEveryday, loadsCode } from "./everyday-commands.ts";
import { collect, emit, emitAll, type Machine } from "./machine.ts";
import { runNestedShell } from "./nested.ts";
import { bind } from "./state.ts";
import { spelledOut } from "./value.ts";

/** Report what a variable's value makes other programs do. */
export function announceVariable(machine: Machine, name: string, value: Word): void {
  emitAll(machine, injectionEffects(name, value.value ?? (value.prefix || null), machine.surroundings));
  const program = OPTIONS_OF.get(name);
  if (program !== undefined) runOptions(machine, { name, program, value });
  if (COMMAND_VARIABLES.has(name)) runCommandVariable(machine, name, value);
}

/** Report what an element of an array makes other programs do: the first stands for the variable, some name commands. */
export function announceElement(
  machine: Machine,
  name: string,
  element: { readonly index: Word; readonly value: Word },
): void {
  const { index, value } = element;
  if (index.value === "0") announceVariable(machine, name, value);
  if (name === "BASH_CMDS") emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  if (name !== "BASH_ALIASES") return;
  if (index.value === null || index.value === "?")
    emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  else bind(machine.state, `alias:${index.value}`, { kind: "alias", texts: [spelledOut(value)] });
}

interface Options {
  readonly name: string;
  readonly program: string;
  readonly value: Word;
}

// `less` takes a command up to the end; the others split at spaces.
function runOptions(machine: Machine, { name, program, value }: Options): void {
  if ((value.value ?? value.prefix) === "") return;
  const quoted = { ...value, value: value.value === null ? null : quote(value.value), prefix: quote(value.prefix) };
  runNestedShell(machine, `${program} ${spelledOut(program === "less" ? quoted : value)}`, `$${name}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A program by its path, outside of the system's folders, also behind words that only start it. */
const FOREIGN =
  /^(?:(?:exec|env|command|nohup|sh|bash)\s+)*(?!["']?\/(?:usr|bin|sbin|opt|nix|snap|Applications|Library)\/)[^\s]*\//;

/** Tools that builds run: one whose name isn't known is the surroundings' own, like all else that a build runs. */
const OF_BUILDS =
  /^(?:CC|CXX|CPP|LD|AR|RUSTC\w*|CARGO_\w+|CMAKE_\w+|SHELL|CONFIG_SHELL|MAKESHELL|npm_config_\w+|NPM_CONFIG_\w+)$/;

function runCommandVariable(machine: Machine, name: string, value: Word): void {
  const text = commandOf(name, value)
    .replace(/^\|+-?/, "")
    .trim();
  if (text === "") return;
  const all = collect(machine, () => runNestedShell(machine, text, `$${name}`));
  const isOpen = value.value === null && OF_BUILDS.test(name);
  const effects = isOpen ? all.filter((effect) => effect.kind !== "exec.unresolved") : all;
  if (isEveryday(effects)) return;
  emitAll(machine, effects);
  if (FOREIGN.test(text) || effects.some(isLoading)) {
    emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  }
}

function isLoading(effect: Effect): boolean {
  return effect.kind === "exec.program" && loadsCode(effect);
}

// What the variable was before, and a tool of builds that nothing is known of, are the surroundings' own: only what stands
// behind counts, but for options.
function commandOf(name: string, value: Word): string {
  const text = spelledOut(value);
  if (value.value !== null || value.prefix !== "" || (value.obfuscated ?? null) !== null) return text;
  const leading = LEADING.exec(value.text);
  const head = leading?.[0] ?? "";
  const variable = leading?.groups?.["braced"] ?? leading?.groups?.["plain"];
  if (head === "" || (variable !== name && !OF_BUILDS.test(name))) return text;
  const rest = value.text.slice(head.length).replace(/["']$/, "").replaceAll("\\", "").trim();
  return /^(?:-[^;&|`$()<>\n]*)?$/.test(rest) ? "" : rest.replace(/^[;&|\s]+/, "");
}

/** The expansion that a text begins with: of a variable, or of a command up to its last bracket. */
const LEADING = /^["']?\$(?:\{(?<braced>\w+)[^}]*\}|(?<plain>\w+)|\([^\n]*\))/;
