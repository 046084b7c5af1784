// `export`, `readonly`, `declare`, `local`, `unset`, `set`: what the shell remembers under a name.

import type { Assignment } from "unbash";
import type { Stream, Word } from "../programs/program.ts";
import { reportArithmeticCode, reportIndexCode } from "./arithmetic-code.ts";
import { assignNamed } from "./variables.ts";
import { assign, assignWord } from "./assignments.ts";
import { expandText } from "./expand-word.ts";
import type { Invocation } from "./invoke.ts";
import { emit, type Machine } from "./machine.ts";
import { bind } from "./state.ts";
import { known, NO_OUTPUT, UNKNOWN_OUTPUT, UNSET } from "./value.ts";

const ENVIRONMENT: Stream = { text: null, secret: "environment", obfuscated: null, origin: null };

/** `export`, `readonly`. */
export function readonlyOrExport(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  for (const assignment of call.assignments) assign(machine, assignment);
  const operands = words.slice(1).filter((word) => word.value?.startsWith("-") !== true);
  for (const word of operands) assignWord(machine, word);
  return operands.length === 0 && call.assignments.length === 0 ? ENVIRONMENT : NO_OUTPUT;
}

/** `declare`, `typeset`, `local`: like assignments; a name alone makes an empty variable. */
export function declare(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  const options = words.slice(1).filter((word) => word.value !== null && /^[-+]/.test(word.value));
  const has = (letter: string): boolean => options.some((word) => word.value?.includes(letter) === true);
  if (!has("g")) hideOuter(machine, words, call);
  for (const assignment of call.assignments) {
    if (has("A")) declareName(machine, assignment.name, "keyed");
    if (has("n")) refer(machine, assignment);
    else assign(machine, assignment);
    if (has("i")) reportInteger(machine, assignment);
    if (has("i")) machine.integers.add(assignment.name);
  }
  if (has("p")) return ENVIRONMENT;
  if (has("f") || has("F")) return UNKNOWN_OUTPUT;
  for (const word of words.slice(1)) {
    if (word.value !== null && /^[-+]/.test(word.value)) continue;
    if (has("i")) machine.integers.add(/^\w*/.exec(word.value ?? "")?.[0] ?? "");
    if (assignWord(machine, word) || word.value === null || !/^[A-Za-z_]\w*$/.test(word.value)) continue;
    if (has("n")) machine.references.set(word.value, "");
    declareName(machine, word.value, has("A") ? "keyed" : has("a") ? "array" : "scalar");
  }
  return NO_OUTPUT;
}

// A reference reads and writes the variable, or the element, that its value names.
function refer(machine: Machine, assignment: Assignment): void {
  const name = assignment.value.type === "Word" ? expandText(machine, assignment.value).value : null;
  if (reportIndexCode(machine, "declare", name)) return;
  if (name !== null && /^\w+(?:\[.+\])?$/s.test(name)) machine.references.set(assignment.name, name);
  else if (name === null || !reportArithmeticCode(machine, "declare", name)) assign(machine, assignment);
}

// An integer's value is arithmetic, in which an index may hold a substitution.
function reportInteger(machine: Machine, { value }: Assignment): void {
  if (value.type === "Word") reportArithmeticCode(machine, "declare", expandText(machine, value).value);
}

// In a function, what is declared is its own: what stood under the name comes back when it ends.
function hideOuter(machine: Machine, words: readonly Word[], call: Invocation): void {
  const locals = machine.locals.at(-1);
  if (locals === undefined) return;
  const names = [
    ...call.assignments.map((assignment) => assignment.name),
    ...words.slice(1).map((word) => /^[A-Za-z_]\w*/.exec(word.value ?? word.prefix)?.[0] ?? ""),
  ];
  for (const name of names) {
    const key = `var:${name}` as const;
    if (name !== "" && !locals.has(key)) locals.set(key, machine.state.bindings.get(key));
  }
}

// In a function the name is empty then; what an array has, it keeps.
function declareName(machine: Machine, name: string, as: "keyed" | "array" | "scalar"): void {
  const key = `var:${name}` as const;
  const isLocal = machine.calls.length > 0;
  const before = isLocal ? undefined : machine.state.bindings.get(key);
  if (as === "scalar") {
    if (isLocal) bind(machine.state, key, { kind: "scalar", values: [known("")] });
  } else if (before === undefined || (before.kind === "array" && before.items.size === 0)) {
    bind(machine.state, key, { kind: "array", items: new Map(), open: false, keyed: as === "keyed" });
  }
}

/** `unset [-v] names`, `unset -f names`. */
export function unset(machine: Machine, words: readonly Word[]): Stream {
  const functions = words[1]?.value === "-f";
  for (const word of words.slice(1)) {
    const name = word.value;
    if (name === null || name.startsWith("-")) continue;
    if (name.startsWith("CANOPY_")) emit(machine, { kind: "govern.command", via: "unset", command: `unset ${name}` });
    if (name === "HISTFILE") emit(machine, { kind: "trace.erase", via: "unset", what: "shell history" });
    if (!functions && name.includes("[")) assignNamed(machine, name, known(""));
    else if (functions || !machine.state.bindings.has(`var:${name}`)) bind(machine.state, `fn:${name}`, undefined);
    if (!functions && !name.includes("[")) bind(machine.state, `var:${name}`, { kind: "scalar", values: [UNSET] });
  }
  return NO_OUTPUT;
}

/** `set -- words`, `set -o option`: positional parameters, and options that don't change what commands mean. */
export function setOptions(machine: Machine, words: readonly Word[], _call: Invocation): Stream {
  if (words.length === 1) return ENVIRONMENT;
  if (words.some((word, at) => word.value === "history" && /^\+\w*o$/.test(words[at - 1]?.value ?? ""))) {
    emit(machine, { kind: "trace.erase", via: "set", what: "shell history" });
  }
  const end = words.findIndex((word) => word.value === "--" || word.value === "-");
  const first = words.findIndex((word, at) => at > 0 && (word.value === null || !/^[-+]/.test(word.value)));
  const takesName = words.some((word, at) => at > 0 && at < first && /^[-+]\w*o$/.test(word.value ?? ""));
  const start = end > 0 ? end + 1 : first > 0 && !takesName ? first : -1;
  if (start > 0) bind(machine.state, "positional", { kind: "positional", items: words.slice(start) });
  return NO_OUTPUT;
}
