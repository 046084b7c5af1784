// Names that are set otherwise than by `name = value`: taken from a list or an object, as what a function or a block is
// handed, by a loop. What they hold then isn't followed: it can't be known.

import type { Bindings } from "./constants.ts";
import type { Token } from "./tokens.ts";

/** Where code is read. */
interface Scene {
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly language: { readonly name: string };
}

/** Names that are set, and from where on. */
export interface SetNames {
  readonly names: readonly string[];
  /** Where the function or block begins that alone sees them so; null when all that follows does. */
  readonly within: number | null;
}

const LONGEST = 64;
const DECLARES = /^(?:my|our|local|list)$/;
const FUNCTIONS = /^(?:def|function|sub|fn|func|lambda)$/;

/** The names, among those whose value is known, that what begins at a token sets; null when there are none. */
export function setElsewhere(scene: Scene, at: number): SetNames | null {
  if (scene.bindings.size === 0) return null;
  const token = scene.tokens[at];
  if (token?.kind === "mark") return setByMark(scene, token, at);
  if (token?.kind !== "name") return null;
  switch (token.text) {
    case "for":
    case "foreach":
      return scene.language.name === "python"
        ? null
        : named(scene, { from: at + 1, to: endOfHead(scene.tokens, at + 1) });
    case "as":
      return named(scene, { from: at + 1, to: at + 5, until: /^[),{:]$/ });
    default:
      return FUNCTIONS.test(token.text) || DECLARES.test(token.text) ? setInBrackets(scene, at) : setByName(scene, at);
  }
}

/** `def f(c)`, `function (c)`, `lambda c:`, `list($c) = …`, `my ($c) = …`. */
function setInBrackets(scene: Scene, at: number): SetNames | null {
  const { tokens } = scene;
  if (tokens[at]?.text === "lambda")
    return named(scene, { from: at + 1, to: at + LONGEST, until: /^:$/, within: at + 1 });
  let open = at + 1;
  while (open < at + 3 && tokens[open]?.text !== "(") open++;
  const close = tokens[open]?.text === "(" ? tokens[open]?.close : undefined;
  if (close === undefined || close - open > LONGEST) return null;
  const isHead = FUNCTIONS.test(tokens[at]?.text ?? "");
  if (!isHead && (open > at + 1 || tokens[close + 1]?.text !== "=")) return null;
  return named(scene, { from: open + 1, to: close, within: isHead ? close + 3 : null });
}

function setByMark(scene: Scene, token: Token, at: number): SetNames | null {
  const { tokens, language } = scene;
  if (token.text === "|") {
    const opens = tokens[at - 1]?.text === "{" || tokens[at - 1]?.text === "do";
    return language.name === "ruby" && opens ? named(scene, { from: at + 1, to: at + 16, until: /^\|$/ }) : null;
  }
  const { close } = token;
  if (close === undefined || close - at > LONGEST) return null;
  const [behind, second] = [tokens[close + 1]?.text, tokens[close + 2]?.text];
  if (behind !== "=" || second === "=" || second === "~") return null;
  if (second === ">")
    return language.name === "node" ? named(scene, { from: at + 1, to: close, within: close + 4 }) : null;
  const before = tokens[at - 1];
  const isMember = before?.kind === "string" || before?.text === ")" || before?.text === "]";
  const declared = before?.kind !== "name" || /^(?:let|const|var|my|our|local|list)$/.test(before.text);
  return isMember || !declared ? null : named(scene, { from: at + 1, to: close });
}

/** `c, d = …` at the beginning of a statement, `c => …`. */
function setByName(scene: Scene, at: number): SetNames | null {
  const { tokens, language } = scene;
  const next = tokens[at + 1]?.text;
  if (next === "=" && tokens[at + 2]?.text === ">" && language.name === "node")
    return named(scene, { from: at, to: at + 1, within: at + 4 });
  const before = tokens[at - 1];
  if (next !== "," || (before !== undefined && before.kind !== "end" && before.text !== "{" && before.text !== ":"))
    return null;
  let to = at;
  while (to < at + LONGEST && (tokens[to]?.kind === "name" || /^[,*.]$/.test(tokens[to]?.text ?? ""))) to++;
  return tokens[to]?.text === "=" && tokens[to + 1]?.text !== "=" && tokens[to + 1]?.text !== ">"
    ? named(scene, { from: at, to })
    : null;
}

/** Where the names end that a loop sets: `for (const c of`, `for my $c (`, `for c in`. */
function endOfHead(tokens: readonly Token[], from: number): number {
  const start = tokens[from]?.text === "(" ? from + 1 : from;
  for (let at = start; at < from + 16; at++) {
    const text = tokens[at]?.text ?? "";
    if (text === "of" || text === "in" || text === "(") return at;
    if (tokens[at]?.kind === "end" || /^[=;<>]$/.test(text)) break;
  }
  return from;
}

/** A stretch in which names are set. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly until?: RegExp;
  readonly within?: number | null;
}

function named({ tokens, bindings }: Scene, { from, to, until, within = null }: Stretch): SetNames | null {
  const names: string[] = [];
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (token === undefined || token.kind === "end" || until?.test(token.text) === true) break;
    // `{key: name}`, `name = default`, `name: type`
    const isKey = tokens[at + 1]?.text === ":" && tokens[at - 1]?.text === "{";
    const isValue = (at > from && tokens[at - 1]?.text === "=") || tokens[at - 1]?.text === ".";
    const spread = tokens[at - 1]?.text === "." && tokens[at - 2]?.text === ".";
    if (token.kind === "name" && bindings.has(token.text) && !isKey && (!isValue || spread)) names.push(token.text);
  }
  return names.length === 0 ? null : { names, within };
}
