// Assignments: `x=1`, `x+=1`, `a[i]=1`, `a=(1 2)`, in front of a command or alone, and what they make other programs do.

import type { Assignment, Word as WordNode } from "unbash";
import type { Word } from "../programs/program.ts";
import { COMMAND_VARIABLES, OPTIONS_OF } from "./environment-variables.ts";
import { joinWords } from "./expand-parameter.ts";
import { expandInto, expandText } from "./expand-word.ts";
import { emit, type Machine } from "./machine.ts";
import { runNestedShell } from "./nested.ts";
import { bind, type Binding, type BindingKey } from "./state.ts";
import { known } from "./value.ts";
import { assignVariable, readAll, readElement, readVariable, writeElement } from "./variables.ts";

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
    nameCommand(machine, name, { key, value: joined });
    return;
  }
  assignScalar(machine, name, { value, append });
}

// These arrays say what the name of a command means.
function nameCommand(machine: Machine, name: string, element: { readonly key: Word; readonly value: Word }): void {
  const command = element.key.value;
  const text = element.value.value;
  if (name === "BASH_CMDS") emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  if (name !== "BASH_ALIASES" || command === null) return;
  if (text === null) emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  else bind(machine.state, `alias:${command}`, { kind: "alias", text });
}

interface ScalarValue {
  readonly value: WordNode;
  readonly append: boolean;
}

// A value made of variables that may have several values may have several itself.
function assignScalar(machine: Machine, name: string, scalar: ScalarValue): void {
  const outerChoices = machine.choices;
  const outerPick = machine.pick;
  machine.choices = 1;
  machine.pick = 0;
  const compute = (): Word => {
    const word = assignedValue(machine, scalar.value);
    return scalar.append ? joinWords([readVariable(machine, name), word], "") : word;
  };
  const first = compute();
  const values = [first];
  for (let pick = 1; pick < machine.choices; pick += 1) {
    machine.pick = pick;
    values.push(compute());
  }
  machine.choices = outerChoices;
  machine.pick = outerPick;
  assignVariable(machine, name, first);
  if (values.length > 1) bind(machine.state, `var:${name}`, { kind: "scalar", values });
  if (first.value !== null) runCommandVariable(machine, name, first.value);
}

/** Pagers, editors and `ssh` as they are usually named; to run them is what they are named for. */
const EVERYDAY = /^(?:ssh|less|more|cat|vi|vim|nvim|nano|code|emacs|true)(?: [-\w./=:@]+)*$/;

/**
 * A variable that some program runs as a command is judged as that command, one that holds a program's options as that
 * program with them. A program by its path, outside of the system's folders, is foreign code.
 */
function runCommandVariable(machine: Machine, name: string, value: string): void {
  if (value === "") return;
  const options = OPTIONS_OF.get(name);
  if (options !== undefined) {
    // `less` takes a command up to the end; the others split at spaces.
    const words = options === "less" ? `'${value.replaceAll("'", "'\\''")}'` : value;
    runNestedShell(machine, `${options} ${words}`, `$${name}`);
  }
  if (!COMMAND_VARIABLES.has(name) || EVERYDAY.test(value)) return;
  const text = value.replace(/^\|+-?/, "").trim();
  runNestedShell(machine, text, `$${name}`);
  if (/^[^\s]*\//.test(text) && !/^\/(?:usr|bin|sbin|opt|nix|snap|Applications|Library)\//.test(text)) {
    emit(machine, { kind: "exec.injected", via: "variable", variable: name });
  }
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

const KEYED = /^\[([^\]]*)\]=/;

function assignArray(machine: Machine, name: string, array: ArrayElements): void {
  const before = array.append ? (readAll(machine, name) ?? []) : [];
  const items = new Map<string, Word>(before.map((word, index) => [String(index), word]));
  const binding = machine.state.bindings.get(`var:${name}`);
  let open = array.append && binding?.kind === "array" && binding.open;
  for (const element of array.elements) {
    const key = KEYED.exec(element.text);
    const words: Word[] = [];
    expandInto(machine, element, words);
    for (const word of words) {
      if (key === null) items.set(String(items.size), word);
      else items.set(plainKey(key[1] ?? ""), withoutKey(word));
      open ||= word.glob || (word.value === null && words.length === 1 && !element.text.startsWith('"'));
    }
  }
  bind(machine.state, `var:${name}`, { kind: "array", items, open });
}

function plainKey(text: string): string {
  return text.replace(/^["']|["']$/g, "");
}

function withoutKey(word: Word): Word {
  if (word.value === null) return word;
  const value = word.value.slice(word.value.indexOf("]=") + 2);
  return { ...word, value, prefix: value };
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
  const [, name, append] = /^([A-Za-z_]\w*)(\+?)=/.exec(text) ?? [];
  if (name === undefined) return false;
  const start = name.length + (append ?? "").length + 1;
  const value = word.value === null ? { ...word, prefix: word.prefix.slice(start) } : known(word.value.slice(start));
  assignVariable(machine, name, append === "+" ? joinWords([readVariable(machine, name), value], "") : value);
  if (value.value !== null) runCommandVariable(machine, name, value.value);
  return true;
}
