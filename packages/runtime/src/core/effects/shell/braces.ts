// Brace expansion, `{a,b}` and `{1..9}`, on the raw text of a word: it comes before every other expansion.
// How many words come out is counted before a single one is made.

import { MAX_BRACE_WORDS } from "./limits.ts";

/** Words that the braces of a word become, as raw text; null when they would be too many. */
export function expandBraces(text: string): readonly string[] | null {
  if (tooMany(text)) return null;
  const node = parseSequence({ text, at: 0 }, "");
  if (countWords(node) > MAX_BRACE_WORDS) return null;
  return words(node);
}

// Looking for the end of each brace costs the rest of the word, so there may be only so many.
function tooMany(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at + 1)) count += 1;
  return count > MAX_BRACES;
}

const MAX_BRACES = 256;

/** A sequence of pieces that are concatenated; a choice is one of several sequences. */
type Piece = string | { readonly choices: readonly Sequence[] } | { readonly range: Range };
type Sequence = readonly Piece[];

interface Range {
  readonly from: number;
  readonly step: number;
  readonly count: number;
  /** Characters rather than numbers. */
  readonly characters: boolean;
  readonly width: number;
}

interface Reader {
  readonly text: string;
  at: number;
}

// Reads up to one of the stop characters outside quotes, substitutions and inner braces.
function parseSequence(reader: Reader, stops: string): Sequence {
  const pieces: Piece[] = [];
  let plain = "";
  while (reader.at < reader.text.length) {
    const character = reader.text.charAt(reader.at);
    if (stops.includes(character)) break;
    const skipped = skipOpaque(reader.text, reader.at);
    if (skipped > reader.at) {
      plain += reader.text.slice(reader.at, skipped);
      reader.at = skipped;
      continue;
    }
    const choice = character === "{" ? parseChoice(reader) : null;
    if (choice === null) {
      plain += character;
      reader.at += 1;
    } else {
      if (plain !== "") pieces.push(plain);
      plain = "";
      pieces.push(choice);
    }
  }
  if (plain !== "") pieces.push(plain);
  return pieces;
}

function parseChoice(reader: Reader): Piece | null {
  const start = reader.at;
  const range = parseRange(reader.text, start);
  if (range !== null) {
    reader.at = range.end;
    return { range: range.range };
  }
  if (!closes(reader.text, start)) return null;
  reader.at += 1;
  const choices: Sequence[] = [];
  for (;;) {
    choices.push(parseSequence(reader, ",}"));
    const stop = reader.text.charAt(reader.at);
    reader.at += 1;
    if (stop === "}") break;
    if (stop === "") {
      reader.at = start;
      return null;
    }
  }
  if (choices.length > 1) return { choices };
  reader.at = start;
  return null;
}

// Whether a brace opened here has a comma of its own and is closed: looked at first, so that `{{{{` stays linear.
function closes(text: string, start: number): boolean {
  let depth = 0;
  let comma = false;
  for (let at = start; at < text.length; at += 1) {
    const skipped = skipOpaque(text, at);
    if (skipped > at) at = skipped - 1;
    else if (text[at] === "{") depth += 1;
    else if (text[at] === "," && depth === 1) comma = true;
    else if (text[at] === "}") {
      depth -= 1;
      if (depth === 0) return comma;
    }
  }
  return false;
}

const RANGE = /^\{(-?\d{1,9}|[A-Za-z])\.\.(-?\d{1,9}|[A-Za-z])(?:\.\.(-?\d{1,9}))?\}/;

function parseRange(text: string, start: number): { readonly range: Range; readonly end: number } | null {
  const match = RANGE.exec(text.slice(start, start + 48));
  if (match === null) return null;
  const [whole, first = "", last = "", stepText = "1"] = match;
  const characters = /^[A-Za-z]$/.test(first);
  if (characters !== /^[A-Za-z]$/.test(last)) return null;
  const from = characters ? first.charCodeAt(0) : Number(first);
  const to = characters ? last.charCodeAt(0) : Number(last);
  const size = Math.max(Math.abs(Number(stepText)), 1);
  const count = Math.floor(Math.abs(to - from) / size) + 1;
  const padded = /^-?0\d/.test(first) || /^-?0\d/.test(last);
  const width = padded && !characters ? Math.max(first.length, last.length) : 0;
  return { range: { from, step: to < from ? -size : size, count, characters, width }, end: start + whole.length };
}

// Quotes, escapes, `${…}` and `$(…)` hide their braces and commas. Gives where the hidden part ends.
function skipOpaque(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === "\\") return Math.min(at + 2, text.length);
  if (character === "'" || character === "`") return endAfter(text, character, at + 1);
  if (character === '"') return closingQuote(text, at + 1);
  if (character === "$" && text[at + 1] === "{") return closing(text, at + 2, "{", "}");
  if (character === "$" && text[at + 1] === "(") return closing(text, at + 2, "(", ")");
  return at;
}

function endAfter(text: string, character: string, from: number): number {
  const end = text.indexOf(character, from);
  return end < 0 ? text.length : end + 1;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function closing(text: string, from: number, open: string, close: string): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === open) depth += 1;
    else if (text[at] === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function countWords(sequence: Sequence): number {
  let count = 1;
  for (const piece of sequence) {
    if (typeof piece === "string") continue;
    if ("range" in piece) count *= piece.range.count;
    else count *= piece.choices.reduce((sum, choice) => sum + countWords(choice), 0);
    if (count > MAX_BRACE_WORDS) return count;
  }
  return count;
}

function words(sequence: Sequence): readonly string[] {
  let results: readonly string[] = [""];
  for (const piece of sequence) {
    const ends =
      typeof piece === "string" ? [piece] : "range" in piece ? rangeWords(piece.range) : piece.choices.flatMap(words);
    results = results.flatMap((start) => ends.map((end) => start + end));
  }
  return results;
}

function rangeWords(range: Range): readonly string[] {
  return Array.from({ length: range.count }, (_, index) => {
    const value = range.from + index * range.step;
    if (range.characters) return String.fromCharCode(value);
    const digits = String(Math.abs(value));
    return (value < 0 ? "-" : "") + digits.padStart(range.width - (value < 0 ? 1 : 0), "0");
  });
}
