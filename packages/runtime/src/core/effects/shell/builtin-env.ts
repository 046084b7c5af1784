// `env`: variables, a folder, and a command of its own.

import type { Stream, Word } from "../programs/program.ts";
import { assignWord } from "./assignments.ts";
import { changeFolder } from "./builtin-folders.ts";
import { injectionEffects } from "./environment-variables.ts";
import { expandWords } from "./expand-word.ts";
import { invoke, type Invocation } from "./invoke.ts";
import { deeper, emitAll, followFolder, type Machine } from "./machine.ts";
import { parseNested } from "./nested.ts";
import { inSubshell } from "./state.ts";
import { known, NO_OUTPUT, spelledOut } from "./value.ts";

const ENVIRONMENT: Stream = { text: null, secret: "environment", obfuscated: null, origin: null };

/** `env [options] [name=value]… [command]`. Without a command it writes the environment. */
export function env(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  return inSubshell(machine.state, () => runEnv(machine, words.slice(1), call));
}

function runEnv(machine: Machine, given: readonly Word[], call: Invocation): Stream {
  let words = given;
  for (;;) {
    const [first, second] = words;
    const text = spelledWhole(first?.value ?? "");
    if (first === undefined || !text.startsWith("-")) break;
    if (text === "--version" || text === "--help") return NO_OUTPUT;
    words = words.slice(1);
    if (text === "--") break;
    if (/^-[iv0]*[uaCLPU]$|^--(?:unset|chdir|argv0)$/.test(text)) {
      if (/C$|chdir$/.test(text) && second !== undefined) changeFolder(machine, [known("cd"), second]);
      else if (!text.endsWith("0")) removed(machine, second?.value ?? "");
      words = words.slice(1);
    } else if (text.startsWith("--unset=")) removed(machine, text.slice(8));
    else if (/^-[iv0]*u./.test(text)) removed(machine, text.slice(text.indexOf("u") + 1));
    else if (text.startsWith("--chdir=")) changeFolder(machine, [known("cd"), known(text.slice(8))]);
    else if (/^-[iv0]*S|^--split-string/.test(text)) return runSplit(machine, { text, words, call });
  }
  while (words[0] !== undefined && assignEntry(machine, words[0])) words = words.slice(1);
  if (words.length === 0) return ENVIRONMENT;
  followFolder(machine);
  return deeper(machine, () => invoke(machine, words, call), NO_OUTPUT);
}

const LONG = ["unset", "chdir", "argv0", "split-string", "version", "help"];

// A long option may be cut short as long as it is no other's beginning; the others take no word that matters.
function spelledWhole(text: string): string {
  const [, cut, rest = ""] = /^--([a-z][a-z-]*)(=.*)?$/s.exec(text) ?? [];
  if (cut === undefined) return text;
  const whole = LONG.find((name) => name.startsWith(cut));
  return whole === undefined ? text : `--${whole}${rest}`;
}

function removed(machine: Machine, name: string): void {
  if (name.startsWith("CANOPY_")) emitAll(machine, [{ kind: "govern.command", via: "env", command: `unset ${name}` }]);
}

// Names that no shell would take are taken here (`BASH_FUNC_x%%=…`).
function assignEntry(machine: Machine, word: Word): boolean {
  if (assignWord(machine, word)) return true;
  const [, name, value] = /^([^=/]+)=(.*)$/s.exec(word.value ?? "") ?? [];
  if (name === undefined) return false;
  emitAll(machine, injectionEffects(name, value ?? "", machine.surroundings));
  return true;
}

interface SplitRun {
  readonly text: string;
  readonly words: readonly Word[];
  readonly call: Invocation;
}

// `-S` splits one word into several, by rules that are a part of the shell's.
function runSplit(machine: Machine, split: SplitRun): Stream {
  const inline = split.text.replace(/^-[iv0]*S|^--split-string=?/, "");
  const rest = inline === "" ? split.words.slice(1) : split.words;
  const word = inline === "" ? split.words[0] : known(inline);
  if (word === undefined) return NO_OUTPUT;
  // What isn't known may be several words.
  const text = word.value === null ? `${spelledOut(word)} ${spelledOut({ ...word, prefix: "" })}` : spelledOut(word);
  const parsed = parseNested(machine, `: ${withSpaces(text)}`);
  const command = parsed?.script.commands[0]?.command;
  if (command?.type !== "Command" || parsed?.script.errors !== undefined) {
    emitAll(machine, [{ kind: "exec.unresolved", via: "env", part: "code", text: word.text }]);
    return NO_OUTPUT;
  }
  const nodes = command.suffix.filter((item) => item.type === "Word");
  return deeper(machine, () => runEnv(machine, [...expandWords(machine, nodes), ...rest], split.call), NO_OUTPUT);
}

// `\_` and the escapes of white space separate words here.
function withSpaces(text: string): string {
  return text.replace(/\\(.)/gs, (escape, letter: string) => ("_fnrtv".includes(letter) ? " " : escape));
}
