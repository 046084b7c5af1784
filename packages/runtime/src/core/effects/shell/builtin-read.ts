// `read`, `mapfile`: variables filled from standard input, exactly where the input is known.

import type { Stream, Word } from "../programs/program.ts";
import { descriptorStream } from "./descriptors.ts";
import { splitFields } from "./expand-word.ts";
import type { Invocation } from "./invoke.ts";
import type { Machine } from "./machine.ts";
import { runNestedShell } from "./nested.ts";
import { known, NO_OUTPUT, OPAQUE, unknown } from "./value.ts";
import { assignElements, assignNamed, readVariable } from "./variables.ts";

interface ReadOptions {
  readonly names: readonly string[];
  readonly array: string | null;
  /** Where reading ends; null when it goes on to the end, or for so many characters. */
  readonly delimiter: string | null;
  readonly raw: boolean;
  /** No more characters than this are read (`-n`); null when that isn't known. */
  readonly most: number | null;
  /** The descriptor read from, when that is not standard input; null in it when it isn't known. */
  readonly from: { readonly descriptor: string | null } | null;
}

/** Letters that stand alone, the letter that takes a value, and that value, where it is attached. */
const CLUSTER = /^-([ersE]*)(?:([adinNptu])(.*))?$/s;

function parseRead(words: readonly Word[]): ReadOptions {
  const values = new Map<string, string | null>();
  let at = 1;
  let raw = false;
  for (; at < words.length; at += 1) {
    const text = words[at]?.value ?? "";
    if (text === "--") {
      at += 1;
      break;
    }
    if (!/^-./s.test(text)) break;
    const [, flags = "", letter, attached = ""] = CLUSTER.exec(text) ?? [];
    raw ||= flags.includes("r");
    if (letter === undefined) continue;
    if (attached === "") at += 1;
    values.set(letter, attached === "" ? (words[at]?.value ?? null) : attached);
  }
  const names = words.slice(at).map((word) => word.value ?? "");
  return {
    names: names.length > 0 ? names : ["REPLY"],
    array: values.get("a") ?? null,
    delimiter: values.has("N") ? null : values.has("d") ? (values.get("d") ?? "").charAt(0) || "\0" : "\n",
    raw,
    most: mostOf(values.get("N"), mostOf(values.get("n"), Infinity)),
    from: values.has("u") ? { descriptor: values.get("u") ?? null } : null,
  };
}

function mostOf(given: string | null | undefined, otherwise: number | null): number | null {
  return given === undefined ? otherwise : given === null || !/^\d+$/.test(given) ? null : Number(given);
}

/** `read [options] names`. */
export function read(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  const options = parseRead(words);
  const stdin = readFrom(machine, options, call);
  machine.yields = true;
  const { most, delimiter } = options;
  if (stdin === null || stdin.text === null || most === null) {
    fillUnknown(machine, options, stdin);
    machine.status = null;
    return NO_OUTPUT;
  }
  const found = delimiter === null ? -1 : stdin.text.indexOf(delimiter);
  const end = Math.min(found < 0 ? stdin.text.length : found, most);
  const line = stdin.text.slice(0, end);
  const rest = stdin.text.slice(end === found ? end + 1 : end);
  if (stdin === machine.stdin) machine.stdin = { ...stdin, text: rest };
  machine.status = end === found || end === most;
  const text = options.raw ? line : line.replaceAll("\\\n", "").replace(/\\(.)/g, "$1");
  fill(machine, options, { ...known(text), secret: stdin.secret, obfuscated: stdin.obfuscated });
  return NO_OUTPUT;
}

function readFrom(machine: Machine, { from }: ReadOptions, call: Invocation): Stream | null {
  if (from === null) return call.stdin;
  return from.descriptor === null ? null : descriptorStream(machine, from.descriptor);
}

// Names listed from a known folder stay a pattern over it.
function fillUnknown(machine: Machine, options: ReadOptions, stdin: Stream | null): void {
  const origin = stdin?.origin ?? null;
  const listed = { ...known(`${origin === "/" ? "" : (origin ?? "")}/*`, "$read"), glob: true };
  const plain = { ...unknown("read"), secret: stdin?.secret ?? null, obfuscated: stdin?.obfuscated ?? null };
  const word = origin === null || options.names.length > 1 ? plain : listed;
  for (const name of options.names) assignNamed(machine, name, word);
  if (options.array !== null)
    assignElements(machine, options.array, { kind: "array", items: new Map([["?", word]]), open: true });
}

function fill(machine: Machine, options: ReadOptions, line: Word): void {
  const separators = readVariable(machine, "IFS").value ?? " \t\n";
  const text = line.value ?? "";
  const isWhole = options.names.length === 1 && options.array === null;
  const fields = isWhole
    ? [separators === "" ? text : text.trim()]
    : splitFields(text, separators).filter((field, at) => field !== "" || at > 0);
  const word = (value: string): Word => ({ ...line, value, text: value, prefix: value });
  if (options.array !== null) {
    const items = new Map(fields.map((field, index) => [String(index), word(field)]));
    assignElements(machine, options.array, { kind: "array", items, open: false });
    return;
  }
  options.names.forEach((name, index) => {
    const isLast = index === options.names.length - 1;
    const value = isLast ? fields.slice(index).join(separators.charAt(0) || " ") : (fields[index] ?? "");
    assignNamed(machine, name, word(value));
  });
}

// `-C command` is run for the lines, with an index and a line behind it.
function runCallback(machine: Machine, words: readonly Word[]): void {
  const at = words.findIndex((word) => /^-\w*C/.test(word.value ?? ""));
  if (at < 0) return;
  const attached = (words[at]?.value ?? "").replace(/^-\w*?C/, "");
  const callback = attached === "" ? (words[at + 1]?.value ?? null) : attached;
  runNestedShell(machine, callback === null ? null : `${callback}\n`, "mapfile");
}

/** `mapfile`/`readarray name`: lines into an array. With options that choose among them, what comes is not followed. */
export function mapfile(machine: Machine, words: readonly Word[], call: Invocation): Stream {
  runCallback(machine, words);
  const name = words.at(-1)?.value ?? "MAPFILE";
  const array = words.length > 1 && /^[A-Za-z_]\w*$/.test(name) ? name : "MAPFILE";
  const isPlain = words.slice(1).every(({ value }) => value === "-t" || value === array);
  const text = call.stdin?.text ?? null;
  if (text === null || text.includes(OPAQUE) || !isPlain) {
    const word = { ...unknown("mapfile"), secret: call.stdin?.secret ?? null };
    assignElements(machine, array, { kind: "array", items: new Map([["?", word]]), open: true });
    return NO_OUTPUT;
  }
  const lines = text.endsWith("\n") ? text.slice(0, -1).split("\n") : text.split("\n");
  const items = new Map(
    lines.map((line, index) => [String(index), { ...known(line), secret: call.stdin?.secret ?? null }]),
  );
  assignElements(machine, array, { kind: "array", items, open: false });
  return NO_OUTPUT;
}
