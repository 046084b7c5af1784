// Parameter expansion: `$x`, `$@`, `${x:-y}`, `${x#p}`, `${x/a/b}`, `${x:0:2}`, `${x^^}`, `${#x}`, `${!x}`, `${a[i]}`.

import {
  parse,
  type ParameterExpansionPart,
  type ParameterOperation,
  type Word as WordNode,
  type WordPart,
} from "unbash";
import type { Word } from "../programs/program.ts";
import { calculate, parseNumber } from "./arithmetic.ts";
import { reportArithmeticCode, reportIndexCode } from "./arithmetic-code.ts";
import { unescape } from "./builtin-output.ts";
import { expandPartsAsText, expandText } from "./expand-word.ts";
import { emit, spendText, type Machine } from "./machine.ts";
import {
  activePattern,
  literalPattern,
  removeAffix,
  replaceMatch,
  type Pattern,
  type PatternElement,
} from "./pattern.ts";
import { runNestedShell } from "./nested.ts";
import { bind } from "./state.ts";
import { hidesCode, known, OPAQUE, unknown, UNSET } from "./value.ts";
import { assignVariable, isSet, positional, readAll, readElement, readKeys } from "./variables.ts";
import { readVariable, writeElement } from "./variables.ts";

/** What an expansion gives: one value, or a list of words (`"$@"`, `"${a[@]}"`). */
export type Expansion =
  | { readonly kind: "one"; readonly word: Word }
  | { readonly kind: "list"; readonly words: readonly Word[] };

const one = (word: Word): Expansion => ({ kind: "one", word });

/** `$name`, and the one-character parameters. `name` comes without the dollar sign. */
export function expandSimple(machine: Machine, name: string, quoted: boolean): Expansion {
  const first = name.charCodeAt(0);
  const isName = (first >= 65 && first <= 90) || (first >= 97 && first <= 122) || first === 95;
  if (isName && name !== "_") return one(readVariable(machine, name));
  if (name === "@" || name === "*") return allPositional(machine, name === "*" && quoted);
  return one(special(machine, name));
}

function special(machine: Machine, name: string): Word {
  switch (name) {
    case "#": {
      const items = positional(machine);
      return known(items === null ? OPAQUE : String(items.length));
    }
    case "$":
    case "!":
      return known(PROCESS_ID, `$${name}`);
    case "0":
      return machine.state.bindings.has("var:0") ? readVariable(machine, "0") : known("$0");
    case "?":
      return known(machine.status === null ? OPAQUE : machine.status ? "0" : "1");
    case "-":
      return known(OPAQUE);
    default:
      return /^\d+$/.test(name) ? positionalAt(machine, Number(name)) : unknown(`$${name}`);
  }
}

/** Stands for the shell's own process id and that of its last job: some number that nobody can choose. */
const PROCESS_ID = "10000";

function positionalAt(machine: Machine, index: number): Word {
  const items = positional(machine);
  if (items !== null) return items[index - 1] ?? known("");
  machine.sawUnset = true;
  return machine.unsetIsEmpty ? known("") : unknown(`$${index}`);
}

function allPositional(machine: Machine, joined: boolean): Expansion {
  const items = positional(machine);
  if (items === null) {
    machine.sawUnset = true;
    return machine.unsetIsEmpty ? { kind: "list", words: [] } : one(unknown("$@"));
  }
  return joined ? one(joinWords(items, separator(machine))) : { kind: "list", words: items };
}

function separator(machine: Machine): string {
  return (readVariable(machine, "IFS").value ?? " ").charAt(0);
}

/** Several words as one value. */
export function joinWords(words: readonly Word[], between: string): Word {
  const values = words.map((word) => word.value);
  const secret = words.find((word) => (word.secret ?? null) !== null)?.secret ?? null;
  const obfuscated = words.find((word) => (word.obfuscated ?? null) !== null)?.obfuscated ?? null;
  const text = words.map((word) => word.text).join(" ");
  const symbolic = words.some((word) => word.symbolic === true);
  const unknownAt = values.indexOf(null);
  if (unknownAt < 0) return { ...known(values.join(between), text), secret, obfuscated, symbolic };
  const prefix = values.slice(0, unknownAt).join(between) + (words[unknownAt]?.prefix ?? "");
  return { value: null, text, glob: false, prefix, secret, obfuscated };
}

/** `${…}` in all its forms. */
export function expandParameter(machine: Machine, part: ParameterExpansionPart, quoted: boolean): Expansion {
  const { parameter, prefix, operation } = part;
  if (prefix === "!") {
    const keys = isAll(part.index) ? readKeys(machine, parameter) : null;
    return keys === null ? one(indirect(machine, part)) : { kind: "list", words: keys };
  }
  const isList = parameter === "@" || parameter === "*" || isAll(part.index);
  if (prefix === "#") return one(known(lengthOf(machine, part, isList)));
  if (!isList) return one(operation === undefined ? valueOf(machine, part) : operate(machine, part, operation));
  const star = parameter === "*" || part.index?.text === "*";
  return expandList(machine, part, star && quoted);
}

function isAll(index: WordNode | undefined): boolean {
  return index !== undefined && (index.text === "@" || index.text === "*");
}

function valueOf(machine: Machine, part: ParameterExpansionPart): Word {
  const { parameter, index } = part;
  if (index !== undefined) return readElement(machine, parameter, indexOf(machine, index));
  const expansion = expandSimple(machine, parameter, true);
  return expansion.kind === "one" ? expansion.word : joinWords(expansion.words, " ");
}

// An index is arithmetic, or the key of a keyed array, which seldom looks like any.
function indexOf(machine: Machine, node: WordNode): Word {
  const word = textOf(machine, node);
  const { value } = word;
  if (value === null || !/^[\w\s]+[-+*/%][-+*/%\w\s]*$/.test(value) || !spendText(machine, value.length)) return word;
  const [statement] = parse(`((${value}))`).commands;
  const command = statement?.command;
  if (command?.type !== "ArithmeticCommand") return word;
  const number = calculate(machine, command.expression, (part) => expandText(machine, part));
  return number === null ? word : known(String(number), word.text);
}

function textOf(machine: Machine, node: WordNode): Word {
  return node.parts === undefined ? known(node.value, node.text) : expandPartsAsText(machine, node.parts, node);
}

// `${!name}` reads the variable whose name is the value; `${!name[@]}` gives keys. Prefix lists are not followed.
function indirect(machine: Machine, part: ParameterExpansionPart): Word {
  if (isAll(part.index) || part.operation?.type === "Names") return unknown(part.text);
  const name = valueOf(machine, part).value;
  if (name !== null && hidesCode(name)) {
    emit(machine, { kind: "exec.unresolved", via: "parameter", part: "code", text: name });
  } else reportIndexCode(machine, "parameter", name);
  if (name === null || !/^(?:[A-Za-z_]\w*|\d+)$/.test(name)) return unknown(part.text);
  const expansion = expandSimple(machine, name, true);
  const word = expansion.kind === "one" ? expansion.word : unknown(part.text);
  return part.operation === undefined ? word : operateOn(machine, word, part.operation);
}

function lengthOf(machine: Machine, part: ParameterExpansionPart, isList: boolean): string {
  if (isList) {
    const items = part.index === undefined ? positional(machine) : readAll(machine, part.parameter);
    return items === null ? OPAQUE : String(items.length);
  }
  const { value, symbolic } = valueOf(machine, part);
  return value === null || symbolic === true || value.includes(OPAQUE) ? OPAQUE : String(Array.from(value).length);
}

function expandList(machine: Machine, part: ParameterExpansionPart, joined: boolean): Expansion {
  const all = part.index === undefined ? positional(machine) : readAll(machine, part.parameter);
  if (all === null) {
    const fallback =
      part.operation?.type === "Default" ? operate(machine, part, part.operation) : openList(machine, part);
    return part.index === undefined && part.operation === undefined ? allPositional(machine, joined) : one(fallback);
  }
  const words = part.operation === undefined ? all : operateOnList(machine, all, part);
  return joined ? one(joinWords(words, separator(machine))) : { kind: "list", words };
}

// All of an array that may hold more than is known still carries what is known to be in it.
function openList(machine: Machine, part: ParameterExpansionPart): Word {
  const binding = machine.state.bindings.get(`var:${part.parameter}`);
  const items = binding?.kind === "array" ? [...binding.items.values()] : [];
  const secret = items.find((item) => (item.secret ?? null) !== null)?.secret ?? null;
  return secret === null ? unknown(part.text) : { ...unknown(part.text), secret };
}

function operateOnList(machine: Machine, all: readonly Word[], part: ParameterExpansionPart): readonly Word[] {
  const { operation } = part;
  if (operation === undefined) return all;
  if (operation.type === "Slice") {
    // Positional parameters count from one: offset 0 would be the shell's own name.
    const base = part.index === undefined ? [known("$0"), ...all] : all;
    const from = sliceNumber(machine, operation.offset);
    const length = operation.length === undefined ? base.length : sliceNumber(machine, operation.length);
    if (from === null || length === null || length < 0) return [unknown(part.text)];
    const start = from < 0 ? Math.max(base.length + from, 0) : from;
    return base.slice(start, start + length);
  }
  if (operation.type === "Default") {
    const useOperand = all.length === 0 ? !operation.operator.endsWith("+") : operation.operator.endsWith("+");
    return useOperand ? [textOf(machine, operation.operand)] : all;
  }
  return all.map((word) => operateOn(machine, word, operation));
}

function operate(machine: Machine, part: ParameterExpansionPart, operation: ParameterOperation): Word {
  if (operation.type === "Default") return defaulted(machine, part, operation);
  return operateOn(machine, valueOf(machine, part), operation);
}

// A variable that the command didn't set may come from the environment; the operand is what the command's author chose,
// so that is what counts, and the caller may ask again with unset variables read as empty.
function defaulted(
  machine: Machine,
  part: ParameterExpansionPart,
  operation: Extract<ParameterOperation, { readonly type: "Default" }>,
): Word {
  const { operator } = operation;
  const isBound = isKnownSet(machine, part);
  const value = valueOf(machine, part);
  const isAbsent = value === UNSET || (!isBound && value.value === null);
  const isEmpty = isAbsent || (operator.startsWith(":") && value.value === "");
  if (operator.endsWith("?")) return value;
  if (operator.endsWith("+")) {
    const isOff = isAbsent && value !== UNSET ? machine.unsetIsEmpty : isEmpty || (!isBound && value.value === "");
    const operand = textOf(machine, operation.operand);
    return isOff ? known("") : operand;
  }
  if (!isEmpty) return value;
  const fallback = textOf(machine, operation.operand);
  if (operator.endsWith("=")) {
    if (part.index === undefined) assignVariable(machine, part.parameter, fallback);
    else writeElement(machine, part.parameter, { index: indexOf(machine, part.index), value: fallback });
  }
  return fallback;
}

function isKnownSet(machine: Machine, part: ParameterExpansionPart): boolean {
  if (/^[A-Za-z_]/.test(part.parameter)) return isSet(machine, part.parameter);
  const items = positional(machine);
  if (items === null) return false;
  const index = Number(part.parameter);
  return Number.isNaN(index) ? items.length > 0 : index <= items.length;
}

// Of a place without a known spelling: it begins with a slash, and its last name is some name.
function operateOnPlace(word: Word, operation: ParameterOperation): Word {
  if (operation.type === "Slice" && operation.offset.text === "0" && operation.length?.text === "1") return known("/");
  const cutsToName = operation.type === "Remove" && operation.operator === "##" && operation.operand.text === "*/";
  return cutsToName ? known(OPAQUE, word.text) : unknown(word.text);
}

function operateOn(machine: Machine, word: Word, operation: ParameterOperation): Word {
  if (word.symbolic === true) return operateOnPlace(word, operation);
  const { value } = word;
  if (value === null) {
    scanOperands(machine, operation);
    return { ...unknown(word.text), secret: word.secret ?? null, obfuscated: word.obfuscated ?? null };
  }
  const result = operated(machine, value, operation);
  const exact = result === null || (value.includes(OPAQUE) && operation.type === "Slice") ? null : result;
  // A pattern over listed names stays one: what is cut off or put on changes names, not where they lie.
  return { ...word, value: exact, prefix: exact ?? "" };
}

// Operands may hold substitutions that run whatever the value is.
function scanOperands(machine: Machine, operation: ParameterOperation): void {
  if (operation.type === "Replace") {
    textOf(machine, operation.pattern);
    textOf(machine, operation.replacement);
  } else if (operation.type === "Remove") textOf(machine, operation.operand);
  else if (operation.type === "Slice") {
    sliceNumber(machine, operation.offset);
    if (operation.length !== undefined) sliceNumber(machine, operation.length);
  }
}

function operated(machine: Machine, value: string, operation: ParameterOperation): string | null {
  switch (operation.type) {
    case "Remove": {
      const pattern = patternOf(machine, operation.operand);
      return pattern === null ? null : removeAffix(pattern, value, operation.operator);
    }
    case "Replace": {
      const pattern = patternOf(machine, operation.pattern);
      const replacement = textOf(machine, operation.replacement).value;
      if (pattern === null || replacement === null) return null;
      return replaceMatch(pattern, value, replacement, operation.operator);
    }
    case "Slice":
      return slice(machine, value, operation);
    case "CaseModification":
      return changeCase(value, operation.operator, operation.operand === undefined);
    case "Transform":
      return transform(machine, value, operation.operand.value);
    default:
      return null;
  }
}

function slice(
  machine: Machine,
  value: string,
  operation: Extract<ParameterOperation, { readonly type: "Slice" }>,
): string | null {
  const from = sliceNumber(machine, operation.offset);
  const length = operation.length === undefined ? value.length : sliceNumber(machine, operation.length);
  if (from === null || length === null) return null;
  const start = from < 0 ? value.length + from : from;
  if (start < 0) return "";
  return length < 0 ? value.slice(start, value.length + length) : value.slice(start, start + length);
}

function sliceNumber(machine: Machine, node: WordNode): number | null {
  const text = textOf(machine, node).value?.trim() ?? null;
  if (text === null) return null;
  const number = parseNumber(text.replace(/^\((.*)\)$/, "$1"));
  if (number !== null) return number;
  if (reportArithmeticCode(machine, "parameter", text)) return null;
  return parseNumber(/^[A-Za-z_]\w*$/.test(text) ? (readVariable(machine, text).value ?? "?") : text);
}

function changeCase(value: string, operator: string, whole: boolean): string | null {
  if (!whole) return null;
  const changed = operator.startsWith("^") ? value.toUpperCase() : value.toLowerCase();
  return operator.length === 2 ? changed : changed.charAt(0) + value.slice(1);
}

function transform(machine: Machine, value: string, operator: string): string | null {
  switch (operator) {
    case "P":
      // A prompt's text is expanded once more.
      runNestedShell(machine, `: "${value.replaceAll('"', '\\"')}"`, "prompt");
      return null;
    case "E":
      return unescape(value, false).text;
    case "U":
      return value.toUpperCase();
    case "L":
      return value.toLowerCase();
    case "u":
      return value.charAt(0).toUpperCase() + value.slice(1);
    case "Q":
      return `'${value.replaceAll("'", "'\\''")}'`;
    default:
      return null;
  }
}

/** The pattern that a word means: quoted parts are literal, the others active. Null when it isn't known. */
export function patternOf(machine: Machine, node: WordNode): Pattern | null {
  if (node.parts === undefined) return literalPattern(node.value);
  const elements: PatternElement[] = [];
  for (const part of node.parts) {
    const piece = patternPart(machine, part);
    if (piece === null) return null;
    elements.push(...piece);
  }
  return elements;
}

function patternPart(machine: Machine, part: WordPart): Pattern | null {
  switch (part.type) {
    case "Glob":
      return activePattern(part.text);
    case "ExtendedGlob":
    case "BraceExpansion":
    case "ProcessSubstitution":
      return null;
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return literalPattern(part.value);
    default: {
      const { value } = expandPartsAsText(machine, [part], part);
      if (value === null || value.includes(OPAQUE)) return null;
      return part.type === "DoubleQuoted" || part.type === "LocaleString"
        ? literalPattern(value)
        : activePattern(value);
    }
  }
}

/** Forget the positional parameters' first `count` (`shift`). */
export function shiftPositional(machine: Machine, count: number): void {
  const items = positional(machine);
  if (items !== null) bind(machine.state, "positional", { kind: "positional", items: items.slice(count) });
}
