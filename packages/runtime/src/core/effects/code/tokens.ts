// A tolerant reader of words, strings and marks of scripting languages: enough to find calls and their constant arguments.
// It never fails: what it doesn't understand is a mark. Linear in the text.

import { unescaped } from "../programs/decode.ts";

/** A piece of code. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "mark" | "command" | "end";
  /** The name, mark, number, or the string's content. */
  readonly text: string;
  /** For strings and commands: whether the whole value is known (no interpolation). */
  readonly known: boolean;
  /** For opening brackets: where the closing one stands, or the count of tokens when there is none. */
  readonly close?: number;
  /** For ends of lines: how far the next line is indented. */
  readonly indent?: number;
  /** For strings: the code that stands in them and is run to make their value. */
  readonly code?: readonly string[];
}

/** How a language writes comments and strings. */
export interface Spelling {
  readonly hashComments: boolean;
  readonly slashComments: boolean;
  readonly dashComments: boolean;
  /** Backticks run a command, hold a template, or mean nothing. */
  readonly backticks: "command" | "template" | "none";
  /** How double-quoted strings interpolate. */
  readonly interpolation: RegExp | null;
  /** What opens code inside of strings that interpolate; it ends at the brace that closes. */
  readonly inner: readonly string[];
  /** Whether single-quoted strings know escapes. */
  readonly singleEscapes: boolean;
  /** `q{}`, `qq{}`, `qx{}`, `%x{}` quotes. */
  readonly quoteWords: boolean;
  /** Characters that names may hold beyond letters, digits and `_`. */
  readonly nameMarks: string;
}

/** More tokens than this are not read; the text then asks. */
export const MAX_TOKENS = 20_000;
const LETTER = /[A-Za-z0-9_\u0080-\uFFFF]/;

/** The tokens of a text. */
export function tokenize(text: string, spelling: Spelling): readonly Token[] {
  const tokens: Token[] = [];
  const reading: Reading = { text, spelling, tokens, closes: true };
  let at = 0;
  while (at < text.length && tokens.length < MAX_TOKENS) at = readToken(reading, at);
  return paired(tokens);
}

/** Tells each opening bracket where it closes: later questions then cost nothing. */
function paired(tokens: readonly Token[]): readonly Token[] {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "mark") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") open.push(at);
    else if (token.text === ")" || token.text === "]" || token.text === "}") {
      const start = open.pop();
      if (start !== undefined) closes.set(start, at);
    }
  }
  for (const start of open) closes.set(start, tokens.length);
  return tokens.map((token, at) => {
    const close = closes.get(at);
    return close === undefined ? token : { ...token, close };
  });
}

interface Reading {
  readonly text: string;
  readonly spelling: Spelling;
  readonly tokens: Token[];
  /** Whether every brace of code in a string has closed so far: after one that doesn't, no other is looked for. */
  closes: boolean;
}

function readToken(reading: Reading, at: number): number {
  const { text, spelling, tokens } = reading;
  const char = text.charAt(at);
  if (char === "\n") {
    let indent = 0;
    while (text.charAt(at + 1 + indent) === " " || text.charAt(at + 1 + indent) === "\t") indent++;
    tokens.push({ kind: "end", text: char, known: true, indent });
    return at + 1 + indent;
  }
  if (char === ";") {
    tokens.push({ kind: "end", text: char, known: true });
    return at + 1;
  }
  if (char === "\\") return at + (/^\r?\n/.exec(text.slice(at + 1, at + 3))?.[0].length ?? 0) + 1;
  if (char === " " || char === "\t" || char === "\r") return at + 1;
  const comment = commentEnd(text, at, spelling);
  if (comment > at) return comment;
  const quoted = readQuoted(reading, at);
  if (quoted > at) return quoted;
  if (LETTER.test(char) || spelling.nameMarks.includes(char)) return readName(reading, at);
  tokens.push({ kind: "mark", text: char, known: true });
  return at + 1;
}

function commentEnd(text: string, at: number, spelling: Spelling): number {
  const two = text.slice(at, at + 2);
  const line =
    (spelling.hashComments && text.charAt(at) === "#") ||
    (spelling.slashComments && two === "//") ||
    (spelling.dashComments && two === "--");
  if (line) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (!spelling.slashComments || two !== "/*") return at;
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + 2;
}

function readName({ text, spelling, tokens }: Reading, at: number): number {
  let end = at + 1;
  while (
    end < text.length &&
    (LETTER.test(text.charAt(end)) ||
      (end > at &&
        spelling.nameMarks.includes(text.charAt(end)) &&
        text.charAt(end) !== "$" &&
        text.charAt(end) !== "@"))
  )
    end++;
  const name = text.slice(at, end);
  tokens.push({ kind: /^\d/.test(name) ? "number" : "name", text: name, known: true });
  return end;
}

const PAIRS: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]", "<": ">" };

/** Reads a string or command at the place; the same place when there is none. */
function readQuoted(reading: Reading, at: number): number {
  const { text, spelling, tokens } = reading;
  const prefixed = /^(?:[rRbBuUfF]{1,2})(?=["'])/.exec(text.slice(at, at + 3));
  const before = at > 0 && LETTER.test(text.charAt(at - 1));
  const prefix = prefixed !== null && !before ? prefixed[0].toLowerCase() : "";
  const start = at + prefix.length;
  const quote = text.charAt(start);
  if (quote === '"' || quote === "'") {
    const mark = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
    return pushString(reading, {
      start: start + mark.length,
      close: mark,
      raw: prefix.includes("r"),
      format: prefix.includes("f"),
    });
  }
  if (quote === "`" && prefix === "") {
    const end = spelling.backticks === "template" ? templateEnd(text, at + 1) : closing(text, at + 1, "`");
    const inner = text.slice(at + 1, end);
    if (spelling.backticks === "none") return at;
    const known =
      spelling.backticks === "template"
        ? !inner.includes("${")
        : !/[$#]\{?\w|#\{/.test(inner) && spelling.interpolation?.test(inner) !== true;
    tokens.push({
      kind: spelling.backticks === "command" ? "command" : "string",
      text: unescaped(inner),
      known,
      ...innerCode(inner, spelling.backticks === "template" ? ["${"] : spelling.inner),
    });
    return end + 1;
  }
  if (!spelling.quoteWords || before) return at;
  const word = /^(?:(qx|qq|qw|q)\s?|%([xqQwi]))([^\w\s,;=)])/.exec(text.slice(at, at + 5));
  if (word === null) return at;
  const open = word[3] ?? "";
  const from = at + word[0].length;
  const end = closing(text, from, PAIRS[open] ?? open);
  const inner = text.slice(from, end);
  const runs = word[1] === "qx" || word[2] === "x";
  tokens.push({
    kind: runs ? "command" : "string",
    text: inner,
    known: word[1] === "q" || word[2] === "q" || !/[$@#]\{?\w/.test(inner),
    ...(word[1] === "q" || word[2] === "q" ? {} : innerCode(inner, spelling.inner)),
  });
  return end + 1;
}

interface Quoted {
  readonly start: number;
  readonly close: string;
  readonly raw: boolean;
  readonly format: boolean;
}

function pushString(reading: Reading, quoted: Quoted): number {
  const { text, spelling, tokens } = reading;
  const openings = quoted.format ? ["{"] : quoted.close === "'" || quoted.raw ? [] : spelling.inner;
  const end =
    openings.length === 0 ? closing(text, quoted.start, quoted.close) : closingPastCode(reading, quoted, openings);
  const inner = text.slice(quoted.start, end);
  const plain = quoted.raw || (quoted.close === "'" && !spelling.singleEscapes);
  const interpolates = quoted.close !== "'" && spelling.interpolation !== null && spelling.interpolation.test(inner);
  const placeholders = quoted.format && /\{[^{}]/.test(inner);
  tokens.push({
    kind: "string",
    text: plain ? inner.replace(/\\'/g, "'") : unescaped(inner),
    known: !interpolates && !placeholders,
    ...(placeholders ? innerCode(inner, ["{"]) : quoted.close === "'" ? {} : innerCode(inner, spelling.inner)),
  });
  return end + quoted.close.length;
}

/** Where a template closes, past the code that stands in it. */
function templateEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === "`") return at;
    else if (char === "$" && text.charAt(at + 1) === "{") at = braceEnd(text, at + 2);
  }
  return text.length;
}

/** Where the closing mark stands, past the code in braces that the string holds. */
function closingPastCode(reading: Reading, { start, close }: Quoted, openings: readonly string[]): number {
  const { text } = reading;
  for (let at = start; at < text.length; at++) {
    if (text.charAt(at) === "\\") at++;
    else if (text.startsWith(close, at)) return at;
    else if (reading.closes && openings.some((opening) => text.startsWith(opening, at))) {
      const end = braceEnd(text, text.indexOf("{", at) + 1);
      reading.closes = end < text.length;
      if (reading.closes) at = end;
    }
  }
  return text.length;
}

/** Where the closing mark stands, past escaped ones; the end when there is none. */
function closing(text: string, from: number, close: string): number {
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === "\\") at++;
    else if (text.startsWith(close, at)) return at;
  }
  return text.length;
}

const NO_CODE: { readonly code?: readonly string[] } = {};

/** The pieces of code that stand in a string, each in braces behind one of the openings. Cost: linear. */
function innerCode(text: string, openings: readonly string[]): { readonly code?: readonly string[] } {
  const pieces: string[] = [];
  for (const opening of openings) {
    for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at)) {
      const from = at + opening.length;
      const end = braceEnd(text, from);
      const piece = text.slice(from, end);
      if (/[^\s\w.{}]/.test(piece)) pieces.push(piece);
      at = end;
    }
  }
  return pieces.length === 0 ? NO_CODE : { code: pieces };
}

/** Where the brace that was opened before the place closes; the end when it doesn't. */
function braceEnd(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === "{") depth++;
    else if (char === "}") {
      depth--;
      if (depth === 0) return at;
    }
  }
  return text.length;
}
