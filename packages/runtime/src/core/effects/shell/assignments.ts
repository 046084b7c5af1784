// Assignments: `x=1`, `x+=1`, `a[i]=1`, `a=(1 2)`, in front of a command or alone, and what they make other programs do.

import { parse, type Assignment, type Word as WordNode } from "unbash";
import type { Word } from "../programs/program.ts";
import { joinWords } from "./expand-parameter.ts";
import { expandInto, expandText } from "./expand-word.ts";
import { eachPick, spendText, type Machine } from "./machine.ts";
import { bind, type Binding, type BindingKey } from "./state.ts";
import { known, OPAQUE } from "./value.ts";
import { assignElements, assignNamed, assignValues, assignVariable } from "./variables.ts";
import { elementKey, readElement, readVariable, reportIndex, writeElement } from "./variables.ts";

/** Give a variable its value. */
export function assign(machine: Machine, node: Assignment): void {
  const { name, value, index } = node;
  const append = node.append === true;
  if (value.type === "ArrayValue") {
    assignArray(machine, name, { elements: value.elements, append });
    return;
  }
  if (index !== undefined) {
    const key = expandText(machine, index);
    const word = assignedValue(machine, value);
    const joined = append ? joinWords([readElement(machine, name, key), word], "") : word;
    writeElement(machine, name, { index: key, value: joined });
    return;
  }
  assignScalar(machine, name, { value, append });
}

interface ScalarValue {
  readonly value: WordNode;
  readonly append: boolean;
}

// A value made of variables that may have several values may have several itself.
function assignScalar(machine: Machine, name: string, scalar: ScalarValue): void {
  const values = eachPick(machine, () => {
    const word = assignedValue(machine, scalar.value);
    return scalar.append ? joinWords([readVariable(machine, name), word], "") : word;
  });
  assignValues(machine, name, values);
}

// After `=` and `:` a tilde is a home folder too.
function assignedValue(machine: Machine, node: WordNode): Word {
  const word = expandText(machine, node);
  if (word.value === null || !node.text.includes(":~")) return word;
  const home = readVariable(machine, "HOME").value ?? "~";
  const value = word.value.replaceAll(":~/", () => `:${home}/`);
  return { ...word, value, prefix: value };
}

interface ArrayElements {
  readonly elements: readonly WordNode[];
  readonly append: boolean;
}

function assignArray(machine: Machine, name: string, array: ArrayElements): void {
  const given = array.elements.flatMap((element) => elementsOf(machine, name, element));
  const before = machine.state.bindings.get(`var:${name}`);
  const keyed = before?.kind === "array" && before.keyed === true;
  const kept = array.append ? before : undefined;
  const items = new Map<string, Word>(kept?.kind === "array" ? kept.items : []);
  if (kept?.kind === "scalar") items.set("0", readVariable(machine, name));
  let open = array.append && (kept === undefined || (kept.kind === "array" && kept.open));
  let next = items.size;
  for (const element of given) {
    const binding: Binding = { kind: "array", items, open, keyed };
    const key = element.index === null ? String(next) : keyOf(machine, binding, element.index);
    items.set(key, element.value);
    if (/^\d+$/.test(key)) next = Number(key) + 1;
    open ||= element.open || key === "?";
  }
  assignElements(machine, name, { kind: "array", items, open, keyed });
}

function keyOf(machine: Machine, binding: Binding, index: Word): string {
  const key = index.value === null ? OPAQUE : elementKey(machine, binding, index.value);
  return key.includes(OPAQUE) ? "?" : key;
}

interface GivenElement {
  readonly index: Word | null;
  readonly value: Word;
  /** It may be several elements, or none. */
  readonly open: boolean;
}

function elementsOf(machine: Machine, name: string, element: WordNode): readonly GivenElement[] {
  const keyed = element.text.startsWith("[") ? keyedElement(machine, name, element.text) : null;
  if (keyed !== null) return [keyed];
  const words: Word[] = [];
  expandInto(machine, element, words);
  const isSplit = words.length === 1 && !element.text.startsWith('"');
  return words.map((value) => ({ index: null, value, open: value.glob || (value.value === null && isSplit) }));
}

// `[index]=value` among the elements is an assignment of its own; what it is put behind makes it read as one.
function keyedElement(machine: Machine, name: string, text: string): GivenElement | null {
  if (!text.includes("]=") && !text.includes("]+=")) return null;
  const node = spendText(machine, text.length) ? parse(`x${text}`).commands[0]?.command : undefined;
  const assignment = node?.type === "Command" ? node.prefix[0] : undefined;
  if (assignment?.type !== "Assignment" || assignment.index === undefined) return null;
  if (assignment.value.type !== "Word") return null;
  const index = expandText(machine, assignment.index);
  reportIndex(machine, name, index);
  const value = assignedValue(machine, assignment.value);
  const isAppended = assignment.append === true;
  return { index, value: isAppended ? joinWords([readElement(machine, name, index), value], "") : value, open: false };
}

/** Assignments in front of a command: they hold for it alone. Gives what puts the variables back. */
export function assignAll(machine: Machine, nodes: readonly Assignment[]): (() => void) | null {
  if (nodes.length === 0) return null;
  const before = new Map<BindingKey, Binding | undefined>();
  for (const node of nodes) {
    const key: BindingKey = `var:${node.name}`;
    if (!before.has(key)) before.set(key, machine.state.bindings.get(key));
    assign(machine, node);
  }
  return () => {
    for (const [key, binding] of before) bind(machine.state, key, binding);
  };
}

/** `name=value` given as a word (`export "$x"`, `env A=1`). Gives false when the word is no assignment. */
export function assignWord(machine: Machine, word: Word): boolean {
  const text = word.value ?? word.prefix;
  const [, name, element, append] = /^([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=/.exec(text) ?? [];
  if (name === undefined) return false;
  const start = name.length + (element ?? "").length + (append ?? "").length + 1;
  const value = word.value === null ? { ...word, prefix: word.prefix.slice(start) } : known(word.value.slice(start));
  if (element !== undefined) return assignNamed(machine, name + element, value);
  assignVariable(machine, name, append === "+" ? joinWords([readVariable(machine, name), value], "") : value);
  return true;
}
