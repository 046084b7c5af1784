// Words to values: tilde, braces, parameters, substitutions, field splitting. The result is what a program would be given,
// as far as that can be known.

import { parse, type ArithmeticWord, type DoubleQuotedChild, type Word as WordNode, type WordPart } from "unbash";
import type { Stream, Word } from "../programs/program.ts";
import { calculate, numberText } from "./arithmetic.ts";
import { expandBraces } from "./braces.ts";
import { withOutlet } from "./descriptors.ts";
import { expandParameter, expandSimple, type Expansion } from "./expand-parameter.ts";
import { inOwnShell } from "./leaving.ts";
import { MAX_VALUE } from "./limits.ts";
import { deeper, emit, spend, spendText, type Machine } from "./machine.ts";
import { inSubshell } from "./state.ts";
import { known, NO_OUTPUT, placeOf, unknown } from "./value.ts";
import { readVariable } from "./variables.ts";

/** A word being put together. */
interface Draft {
  value: string | null;
  prefix: string;
  glob: boolean;
  /** Whether there is a word at all: an unquoted empty expansion makes none. */
  exists: boolean;
  secret: string | null;
  obfuscated: Stream["obfuscated"];
  symbolic: boolean;
}

interface Expander {
  readonly machine: Machine;
  readonly node: WordNode | ArithmeticWord;
  readonly text: string;
  /** Unquoted expansions are split into fields. */
  readonly splits: boolean;
  readonly out: Word[];
  draft: Draft;
}

/** The words that a command's words become, in order. */
export function expandWords(machine: Machine, nodes: readonly WordNode[]): Word[] {
  const out: Word[] = [];
  for (const node of nodes) expandInto(machine, node, out);
  return out;
}

/** Expand one word with braces and field splitting, adding what it becomes. */
export function expandInto(machine: Machine, node: WordNode, out: Word[]): void {
  const { parts } = node;
  if (parts === undefined) {
    out.push(plainWord(machine, node));
    return;
  }
  if (!spend(machine, 1 + parts.length)) return;
  if (parts.some((part) => part.type === "BraceExpansion")) expandBraceWord(machine, node, out);
  else expandParts({ machine, node, text: node.text, splits: true, out, draft: emptyDraft() }, parts);
}

/** Expand a word that is never split: an assigned value, a redirection, a `case` subject, an operand. */
export function expandText(machine: Machine, node: WordNode | ArithmeticWord): Word {
  const { parts } = node;
  if (parts === undefined) {
    return node.type === "Word" ? plainWord(machine, node) : known(node.value);
  }
  return expandPartsAsText(machine, parts, node);
}

/** Expand the parts of a here-document or an operand as one text. */
export function expandPartsAsText(
  machine: Machine,
  parts: readonly WordPart[],
  node: WordNode | ArithmeticWord | { readonly text: string },
): Word {
  if (!spend(machine, 1 + parts.length)) return unknown("…");
  const out: Word[] = [];
  const text = "text" in node ? node.text : node.value;
  const word: WordNode = { type: "Word", text, value: text, pos: 0, end: 0 };
  expandParts({ machine, node: word, text, splits: false, out, draft: emptyDraft() }, parts);
  return out[0] ?? known("", text);
}

function emptyDraft(): Draft {
  return { value: "", prefix: "", glob: false, exists: false, secret: null, obfuscated: null, symbolic: false };
}

function plainWord(machine: Machine, node: WordNode): Word {
  const { text, value } = node;
  return text.startsWith("~") ? expandTilde(machine, value, text) : { value, text, glob: false, prefix: value };
}

// `~` is the home folder, `~+` and `~-` the folders that `cd` knows, with a number those of its stack, which isn't kept;
// `~user` stays, and reads as somebody's home.
function expandTilde(machine: Machine, value: string, text: string): Word {
  const end = value.indexOf("/");
  const head = end < 0 ? value : value.slice(0, end);
  const variable = TILDES.get(head);
  if (variable === undefined) return /^~[-+]?\d+$/.test(head) ? unknown(text) : known(value, text);
  const folder = readVariable(machine, variable);
  if (folder.value === null) return { ...unknown(text), prefix: folder.prefix };
  const rest = end < 0 ? "" : value.slice(end);
  return { ...known(folder.value + rest, text), symbolic: rest === "" && folder.symbolic === true };
}

const TILDES: ReadonlyMap<string, string> = new Map([
  ["~", "HOME"],
  ["~+", "PWD"],
  ["~-", "OLDPWD"],
]);

function expandBraceWord(machine: Machine, node: WordNode, out: Word[]): void {
  const texts = expandBraces(node.text);
  if (texts === null) {
    emit(machine, { kind: "exec.unparsed", via: "shell", problem: "a brace expansion is too large to follow" });
    out.push(unknown(node.text));
    return;
  }
  if (!spend(machine, texts.length)) return;
  for (const text of texts) {
    if (/^[\w./:=@%+,-]*$/.test(text)) {
      if (text !== "") out.push(known(text));
    } else if (spendText(machine, text.length + 2)) expandReparsed(machine, text, out);
  }
}

// The braces are gone from the text; what is left is parsed as the operand of a command that does nothing.
function expandReparsed(machine: Machine, text: string, out: Word[]): void {
  const [statement] = parse(`: ${text}`).commands;
  if (statement?.command.type !== "Command") return;
  for (const argument of statement.command.args) {
    if (argument.type !== "Word") out.push(unknown(text));
    else if (argument.parts === undefined) out.push(plainWord(machine, argument));
    else {
      const expander = { machine, node: argument, text, splits: true, out, draft: emptyDraft() };
      expandParts(expander, argument.parts);
    }
  }
}

function expandParts(expander: Expander, parts: readonly WordPart[]): void {
  parts.forEach((part, index) => expandPart(expander, part, index));
  finish(expander);
}

function finish(expander: Expander): void {
  const { draft } = expander;
  if (draft.exists || !expander.splits) expander.out.push(toWord(draft, expander.text));
  expander.draft = emptyDraft();
}

function toWord(draft: Draft, text: string): Word {
  const { value, glob, prefix, secret, obfuscated, symbolic } = draft;
  const isLong = value !== null && value.length > MAX_VALUE;
  const word = { value: isLong ? null : value, text, glob, prefix: value !== null && !isLong ? value : prefix };
  if (secret === null && obfuscated === null && !symbolic) return word;
  return { ...word, secret, obfuscated, symbolic };
}

function append(draft: Draft, text: string): void {
  draft.exists = true;
  if (draft.value !== null) {
    draft.value += text;
    draft.prefix = draft.value;
  }
}

function appendWord(draft: Draft, word: Word): void {
  draft.exists = true;
  draft.glob ||= word.glob;
  draft.secret ??= word.secret ?? null;
  draft.obfuscated ??= word.obfuscated ?? null;
  draft.symbolic ||= word.symbolic === true;
  if (word.value === null && draft.value !== null) {
    draft.prefix = draft.value + word.prefix;
    draft.value = null;
  } else if (word.value !== null) append(draft, word.value);
}

function expandPart(expander: Expander, part: WordPart, index: number): void {
  const { draft, machine } = expander;
  switch (part.type) {
    case "Literal":
      if (index === 0 && part.text.startsWith("~")) appendWord(draft, expandTilde(machine, part.value, part.text));
      else append(draft, part.value);
      return;
    case "SingleQuoted":
      append(draft, part.value);
      return;
    case "AnsiCQuoted":
      // `\x{…}` is read by some shells only.
      if (part.text.includes("\\x{")) appendWord(draft, unknown(part.text));
      else append(draft, part.value);
      return;
    case "Glob":
      append(draft, part.text);
      expander.draft.glob = expander.splits || draft.glob;
      return;
    case "ExtendedGlob":
      append(draft, expander.splits ? "*" : part.text);
      expander.draft.glob = expander.splits || draft.glob;
      return;
    case "DoubleQuoted":
    case "LocaleString":
      draft.exists = true;
      for (const child of part.parts) expandQuoted(expander, child);
      return;
    case "BraceExpansion":
      append(draft, part.text);
      return;
    case "SimpleExpansion":
    case "ParameterExpansion":
    case "CommandExpansion":
    case "ArithmeticExpansion":
      addUnquoted(expander, expansionOf(expander, part, false));
      return;
    case "ProcessSubstitution":
      append(draft, processSubstitution(machine, part));
  }
}

function expandQuoted(expander: Expander, part: DoubleQuotedChild): void {
  if (part.type === "Literal") append(expander.draft, part.value);
  else addQuoted(expander, expansionOf(expander, part, true));
}

function expansionOf(
  expander: Expander,
  part: Exclude<DoubleQuotedChild, { type: "Literal" }>,
  quoted: boolean,
): Expansion {
  const { machine } = expander;
  switch (part.type) {
    case "SimpleExpansion":
      return expandSimple(machine, part.text.slice(1), quoted);
    case "ParameterExpansion":
      return expandParameter(machine, part, quoted);
    case "ArithmeticExpansion": {
      const expand = (word: ArithmeticWord): Word => expandText(machine, word);
      if (!spendText(machine, part.text.length)) return { kind: "one", word: unknown(part.text) };
      const word = known(numberText(calculate(machine, part.expression, expand)), part.text);
      return { kind: "one", word };
    }
    case "CommandExpansion":
      return { kind: "one", word: substitute(machine, part) };
    default:
      return part satisfies never;
  }
}

/** Run a command substitution in a subshell and give its output as a word. */
function substitute(machine: Machine, part: { readonly text: string; readonly script: ParsedScriptOf }): Word {
  const { script } = part;
  if (script === undefined || !spendText(machine, part.text.length)) return unknown(part.text);
  const source = script.source ?? machine.source;
  const output = deeper(machine, () => runApart(machine, script, source), NO_OUTPUT);
  const place = output.text === null ? placeOf(output) : null;
  if (place !== null) return { ...known(place, part.text), symbolic: true, secret: output.secret };
  const value = output.text === null ? null : withoutTrailing(output.text, "\n");
  const origin = output.origin === null ? "" : `${withoutTrailing(output.origin, "/")}/`;
  // Names listed from a known folder: a pattern over that folder stands for all of them.
  const listed = value === null && output.origin !== null && output.text === null;
  return {
    value: listed ? `${origin}*` : value,
    text: part.text,
    glob: listed,
    prefix: value ?? origin,
    secret: output.secret,
    obfuscated: output.obfuscated,
  };
}

type ParsedScriptOf = Extract<WordPart, { readonly type: "CommandExpansion" }>["script"];

function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

function processSubstitution(
  machine: Machine,
  part: Extract<WordPart, { readonly type: "ProcessSubstitution" }>,
): string {
  // It names no file: rows see a path that is neither read nor written in any way that matters.
  const path = `/dev/pts/pipe${machine.pipes.size}`;
  const { script } = part;
  if (part.operator === ">") {
    machine.sinks.push({ script, source: script?.source ?? machine.source });
    machine.pipes.set(path, NO_OUTPUT);
    return path;
  }
  machine.pipes.set(path, NO_OUTPUT);
  if (script === undefined || !spendText(machine, part.text.length)) return path;
  const source = script.source ?? machine.source;
  machine.pipes.set(
    path,
    deeper(machine, () => runApart(machine, script, source), NO_OUTPUT),
  );
  return path;
}

// A substitution is a shell of its own, and so is where its output goes.
function runApart(machine: Machine, script: NonNullable<ParsedScriptOf>, source: string): Stream {
  const run = (): Stream => inSubshell(machine.state, () => machine.runScript(machine, script, source));
  return withOutlet(machine, () => inOwnShell(machine, run));
}

function addQuoted(expander: Expander, expansion: Expansion): void {
  if (expansion.kind === "one") {
    appendWord(expander.draft, expansion.word);
    return;
  }
  expansion.words.forEach((word, index) => {
    if (index > 0) finish(expander);
    appendWord(expander.draft, word);
  });
}

function addUnquoted(expander: Expander, expansion: Expansion): void {
  const words = expansion.kind === "one" ? [expansion.word] : expansion.words;
  words.forEach((word, index) => {
    if (index > 0) finish(expander);
    if (expander.splits) addSplit(expander, word);
    else appendWord(expander.draft, word);
  });
}

// Unquoted: the value is cut at the separators, and pattern characters in it come alive.
function addSplit(expander: Expander, word: Word): void {
  if (word.value === null || word.value === "") {
    if (word.value === null || expander.draft.exists) appendWord(expander.draft, word);
    return;
  }
  const separators = readVariable(expander.machine, "IFS").value ?? " \t\n";
  const active = word.glob || /[*?[]/.test(word.value);
  const fields = splitFields(word.value, separators);
  fields.forEach((field, index) => {
    if (index > 0) finish(expander);
    const isEdge = index === 0 || index === fields.length - 1;
    if (field !== "" || !isEdge) appendWord(expander.draft, { ...word, value: field, prefix: field, glob: active });
  });
}

/** Cut a text at any of the separators; runs of white space count once. */
export function splitFields(text: string, separators: string): readonly string[] {
  if (separators === "") return [text];
  const fields: string[] = [];
  let field = "";
  let blank = true;
  for (const character of text) {
    if (!separators.includes(character)) {
      field += character;
      blank = false;
    } else if (character === " " || character === "\t" || character === "\n") {
      if (!blank) fields.push(field);
      if (blank && fields.length === 0) fields.push("");
      field = "";
      blank = true;
    } else {
      fields.push(field);
      field = "";
      blank = true;
    }
  }
  fields.push(field);
  return fields;
}
