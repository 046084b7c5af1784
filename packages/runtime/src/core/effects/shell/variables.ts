// Variables: what a name stands for, and what giving one a value means.

import type { Word } from "../programs/program.ts";
import { injectionEffects } from "./environment-variables.ts";
import { emit, emitAll, type Machine } from "./machine.ts";
import { bind, type Binding } from "./state.ts";
import { MAX_VALUE } from "./limits.ts";
import { hidesCode, known, OPAQUE, unknown } from "./value.ts";

/** The value of a variable, as `$name` reads it. Unset variables are unknown: the surroundings may have them. */
export function readVariable(machine: Machine, given: string): Word {
  const name = machine.references.size === 0 ? given : (machine.references.get(given) ?? given);
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding === undefined) return environmentValue(machine, name);
  if (binding.kind === "scalar") {
    if (binding.values.length > machine.choices) machine.choices = binding.values.length;
    return binding.values[machine.pick % binding.values.length] ?? unknown(name);
  }
  if (binding.kind === "array") return binding.items.get("0") ?? (binding.open ? unknown(name) : known(""));
  return unknown(name);
}

/** Whether something in the command gave the variable a value. */
export function isSet(machine: Machine, name: string): boolean {
  return machine.state.bindings.has(`var:${name}`) || Object.hasOwn(DEFAULTS, name);
}

/** Variables that have a value everywhere, or one that is only digits. */
const DEFAULTS: Readonly<Record<string, string>> = {
  IFS: " \t\n",
  OPTIND: "1",
  TMPDIR: "/tmp",
  SHELL: "/bin/sh",
  RANDOM: OPAQUE,
  SRANDOM: OPAQUE,
  SECONDS: OPAQUE,
  EPOCHSECONDS: OPAQUE,
  LINENO: OPAQUE,
  BASHPID: OPAQUE,
  PPID: OPAQUE,
  UID: OPAQUE,
  EUID: OPAQUE,
  SHLVL: OPAQUE,
  COLUMNS: OPAQUE,
  LINES: OPAQUE,
  USER: OPAQUE,
  LOGNAME: OPAQUE,
  HOSTNAME: OPAQUE,
};

/** Names of variables that hold a secret by convention. */
const SECRET_NAME = /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?:_|$)/i;

function environmentValue(machine: Machine, name: string): Word {
  const { home, cwd, folder } = machine.surroundings;
  if (name === "HOME") return home === null ? { ...known("~"), symbolic: true } : known(home);
  if (name === "PWD") {
    const here = folder === undefined ? (cwd ?? ".") : folder;
    if (here === null) return unknown("$PWD");
    return here.startsWith("/") ? known(here) : { ...known(here), symbolic: true };
  }
  if (name === "OLDPWD") return unknown("$OLDPWD");
  const value = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined;
  if (value !== undefined) return known(value);
  machine.sawUnset = true;
  if (machine.unsetIsEmpty) return known("");
  return SECRET_NAME.test(name) ? { ...unknown(`$${name}`), secret: "environment_variable" } : unknown(`$${name}`);
}

/** Give a variable a value, and report what that makes other programs do. */
export function assignVariable(machine: Machine, given: string, value: Word): void {
  const name = machine.references.size === 0 ? given : (machine.references.get(given) ?? given);
  const kept = value.value !== null && value.value.length > MAX_VALUE ? unknown(value.text) : value;
  bind(machine.state, `var:${name}`, { kind: "scalar", values: [kept] });
  if (machine.integers.size > 0 && machine.integers.has(name)) reportCode(machine, name, value);
  emitAll(machine, injectionEffects(name, value.value ?? (value.prefix || null), machine.surroundings));
}

// Arithmetic, and indexes among it, run the substitutions in their text.
function reportCode(machine: Machine, via: string, { value }: Word): void {
  if (value !== null && hidesCode(value)) emit(machine, { kind: "exec.unresolved", via, part: "code", text: value });
}

/** Every element of an array, as `"${name[@]}"` reads it; null when there may be more. */
export function readAll(machine: Machine, name: string): readonly Word[] | null {
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding === undefined) return null;
  if (binding.kind === "array") return binding.open ? null : [...binding.items.values()];
  return binding.kind === "scalar" ? [readVariable(machine, name)] : null;
}

/** The keys of an array; null when there may be more. */
export function readKeys(machine: Machine, name: string): readonly Word[] | null {
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding?.kind === "array") return binding.open ? null : [...binding.items.keys()].map((key) => known(key));
  return binding?.kind === "scalar" ? [known("0")] : null;
}

/** One element of an array. Its index is arithmetic: code in it is reported. */
export function readElement(machine: Machine, name: string, index: Word): Word {
  const binding = machine.state.bindings.get(`var:${name}`);
  reportCode(machine, name, index);
  if (binding === undefined) return environmentValue(machine, name);
  if (binding.kind === "scalar") return index.value === "0" ? readVariable(machine, name) : unknown(name);
  if (binding.kind !== "array") return unknown(name);
  const key = index.value === null ? null : elementKey(machine, binding, index.value);
  const found = key === null ? undefined : binding.items.get(key);
  if (found !== undefined) return found;
  if (key !== null && !key.includes(OPAQUE)) return binding.open ? unknown(name) : known("");
  return anyOf([...binding.items.values()], name);
}

// An index that isn't known may pick any element: if all are alike, the value is known.
function anyOf(items: readonly Word[], name: string): Word {
  const [first] = items;
  if (first !== undefined && items.every((item) => item.value === first.value)) return first;
  return unknown(name);
}

function elementKey(machine: Machine, binding: Binding, index: string): string | null {
  if (binding.kind !== "array" || binding.items.has(index)) return index;
  if (/^-\d+$/.test(index)) return [...binding.items.keys()].at(Number(index)) ?? index;
  if (/^[A-Za-z_]\w*$/.test(index)) return isSet(machine, index) ? readVariable(machine, index).value : index;
  // An index is arithmetic; what that comes to is not followed further than numbers and names.
  return /^\d+$/.test(index) ? index : OPAQUE;
}

/** One element to be given a value. */
export interface ElementValue {
  readonly index: Word;
  readonly value: Word;
}

/** Give one element of an array a value. */
export function writeElement(machine: Machine, name: string, element: ElementValue): void {
  const binding = machine.state.bindings.get(`var:${name}`);
  const { index, value } = element;
  reportCode(machine, name, index);
  const items = new Map(binding?.kind === "array" ? binding.items : []);
  if (binding?.kind === "scalar") items.set("0", readVariable(machine, name));
  const isOpen = binding?.kind === "array" && binding.open;
  if (index.value === null || index.value.includes(OPAQUE)) {
    bind(machine.state, `var:${name}`, { kind: "array", items: items.set("?", value), open: true });
  } else {
    const key = elementKey(machine, binding ?? { kind: "array", items, open: false }, index.value) ?? "?";
    bind(machine.state, `var:${name}`, { kind: "array", items: items.set(key, value), open: isOpen });
  }
}

/** Positional parameters; null when they are not known, as at the top of a command. */
export function positional(machine: Machine): readonly Word[] | null {
  const binding = machine.state.bindings.get("positional");
  return binding?.kind === "positional" ? binding.items : null;
}
