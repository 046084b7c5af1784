// Variables: what a name stands for, and what giving one a value means.

import type { Word } from "../programs/program.ts";
import { parseNumber } from "./arithmetic.ts";
import { reportArithmeticCode } from "./arithmetic-code.ts";
import { announceElement, announceVariable } from "./command-variables.ts";
import type { Machine } from "./machine.ts";
import { bind, type Binding } from "./state.ts";
import { MAX_VALUE } from "./limits.ts";
import { hidesCode, known, OPAQUE, unknown } from "./value.ts";

/** The value of a variable, as `$name` reads it. Unset variables are unknown: the surroundings may have them. */
export function readVariable(machine: Machine, given: string): Word {
  const name = referenced(machine, given);
  const element = elementOf(name);
  if (element !== null) return readElement(machine, element.array, known(element.index));
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding === undefined) return environmentValue(machine, name);
  if (binding.kind === "scalar") {
    if (binding.values.length > machine.choices) machine.choices = binding.values.length;
    return binding.values[machine.pick % binding.values.length] ?? unknown(name);
  }
  if (binding.kind === "array") return binding.items.get("0") ?? (binding.open ? unknown(name) : known(""));
  return unknown(name);
}

// A reference may stand for another (`declare -n`); a chain that comes back to itself stands for nothing.
function referenced(machine: Machine, given: string): string {
  const { references } = machine;
  let name = given;
  for (let hops = 0; hops < references.size; hops += 1) {
    const next = references.get(name);
    if (next === undefined || next === "") break;
    name = next;
  }
  return name;
}

const ELEMENT = /^([A-Za-z_]\w*)\[(.+)\]$/s;

/** The array and the index that `name[index]` names, or null. */
function elementOf(name: string): { readonly array: string; readonly index: string } | null {
  const [, array, index] = name.endsWith("]") ? (ELEMENT.exec(name) ?? []) : [];
  return array === undefined || index === undefined ? null : { array, index };
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
export function assignVariable(machine: Machine, name: string, value: Word): void {
  assignValues(machine, name, [value]);
}

/** Give a variable a value that may be any of these. */
export function assignValues(machine: Machine, given: string, values: readonly Word[]): void {
  const name = referenced(machine, given);
  // The first value of a reference that has none is the name that it stands for.
  if (machine.references.get(name) === "") machine.references.set(name, values[0]?.value ?? "");
  const element = elementOf(name);
  if (element !== null) {
    for (const value of values) writeElement(machine, element.array, { index: known(element.index), value });
    return;
  }
  bind(machine.state, `var:${name}`, { kind: "scalar", values: values.map(cut) });
  for (const value of values) {
    if (machine.integers.has(name)) reportArithmeticCode(machine, name, value.value);
    announceVariable(machine, name, value);
  }
}

function cut(word: Word): Word {
  return word.value !== null && word.value.length > MAX_VALUE ? unknown(word.text) : word;
}

/** Give a variable or an element a value by a name that a builtin was given (`printf -v 'a[1]'`); false for no name. */
export function assignNamed(machine: Machine, name: string, value: Word): boolean {
  const element = elementOf(name);
  if (element === null && !/^[A-Za-z_]\w*$/.test(name)) return false;
  if (element === null) assignVariable(machine, name, value);
  else writeElement(machine, element.array, { index: indexWord(element.index), value });
  return true;
}

// The index is expanded once more where it is used; what that comes to is not followed.
function indexWord(index: string): Word {
  return /[$`]/.test(index) ? unknown(index) : known(index.replace(/^(["'])(.*)\1$/s, "$2"));
}

/** What an array is to hold. */
export type ArrayBinding = Extract<Binding, { readonly kind: "array" }>;

/** Give an array all its elements. */
export function assignElements(machine: Machine, given: string, binding: ArrayBinding): void {
  const name = referenced(machine, given);
  bind(machine.state, `var:${name}`, binding);
  for (const [key, value] of binding.items) announceElement(machine, name, { index: known(key), value });
}

/** Every element of an array, as `"${name[@]}"` reads it; null when there may be more. */
export function readAll(machine: Machine, given: string): readonly Word[] | null {
  const name = referenced(machine, given);
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding === undefined) return null;
  if (binding.kind === "array") return binding.open ? null : [...binding.items.values()];
  return binding.kind === "scalar" ? [readVariable(machine, name)] : null;
}

/** The keys of an array; null when there may be more. */
export function readKeys(machine: Machine, given: string): readonly Word[] | null {
  const name = referenced(machine, given);
  const binding = machine.state.bindings.get(`var:${name}`);
  if (binding?.kind === "array") return binding.open ? null : [...binding.items.keys()].map((key) => known(key));
  return binding?.kind === "scalar" ? [known("0")] : null;
}

/** One element of an array. Its index is arithmetic: code in it is reported. */
export function readElement(machine: Machine, given: string, index: Word): Word {
  const name = referenced(machine, given);
  const binding = machine.state.bindings.get(`var:${name}`);
  reportIndex(machine, name, index);
  if (binding === undefined) return environmentValue(machine, name);
  if (binding.kind === "scalar") return index.value === "0" ? readVariable(machine, name) : unknown(name);
  if (binding.kind !== "array") return unknown(name);
  const key = index.value === null ? null : elementKey(machine, binding, index.value);
  const found = key === null ? undefined : binding.items.get(key);
  if (found !== undefined) return found;
  // A name without a value is the index 0, or the key of a keyed array.
  const isKnown = key !== null && !key.includes(OPAQUE) && (!NAME.test(key) || !binding.items.has("0"));
  if (isKnown) return binding.open ? unknown(name) : known("");
  return anyOf([...binding.items.values()], name);
}

// An index that isn't known may pick any element: if all are alike, the value is known.
function anyOf(items: readonly Word[], name: string): Word {
  const [first] = items;
  if (first !== undefined && items.every((item) => item.value === first.value)) return first;
  return unknown(name);
}

const NAME = /^[A-Za-z_]\w*$/;

/** Report the code in an index. The keys of a keyed array are text, of which only a substitution is remarkable. */
export function reportIndex(machine: Machine, name: string, { value }: Word): void {
  const binding = machine.state.bindings.get(`var:${name}`);
  const isKeyed = binding?.kind === "array" && binding.keyed === true;
  if (value !== null && (!isKeyed || hidesCode(value))) reportArithmeticCode(machine, name, value);
}

/** The key under which an index is kept; opaque where that is arithmetic that is not followed. */
export function elementKey(machine: Machine, binding: Binding | undefined, index: string): string {
  const items = binding?.kind === "array" ? binding.items : NO_ITEMS;
  if (items.has(index) || (binding?.kind === "array" && binding.keyed === true)) return index;
  const number = parseNumber(index);
  if (number !== null && number >= 0) return String(number);
  if (number !== null) return [...items.keys()].at(number) ?? index;
  if (!NAME.test(index)) return OPAQUE;
  if (!isSet(machine, index)) return index;
  const { value } = readVariable(machine, index);
  return value !== null && /^\d+$/.test(value) ? value : OPAQUE;
}

const NO_ITEMS: ReadonlyMap<string, Word> = new Map();

/** One element to be given a value. */
export interface ElementValue {
  readonly index: Word;
  readonly value: Word;
}

/** Give one element of an array a value. */
export function writeElement(machine: Machine, given: string, element: ElementValue): void {
  const name = referenced(machine, given);
  const binding = machine.state.bindings.get(`var:${name}`);
  const { index, value } = element;
  reportIndex(machine, name, index);
  const array: ArrayBinding = binding?.kind === "array" ? binding : { kind: "array", items: NO_ITEMS, open: false };
  const items = new Map(array.items);
  if (binding?.kind === "scalar") items.set("0", readVariable(machine, name));
  const key = index.value === null ? OPAQUE : elementKey(machine, array, index.value);
  const isKnown = !key.includes(OPAQUE);
  items.set(isKnown ? key : "?", value);
  bind(machine.state, `var:${name}`, { ...array, items, open: array.open || !isKnown });
  announceElement(machine, name, { index: isKnown ? known(key) : unknown(index.text), value });
}

/** Positional parameters; null when they are not known, as at the top of a command. */
export function positional(machine: Machine): readonly Word[] | null {
  const binding = machine.state.bindings.get("positional");
  return binding?.kind === "positional" ? binding.items : null;
}
