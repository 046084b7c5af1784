// `echo` and `printf`: what they write, exactly, as far as their words are known.

import type { Stream, Word } from "../programs/program.ts";
import type { Invocation } from "./invoke.ts";
import { joinWords } from "./expand-parameter.ts";
import type { Machine } from "./machine.ts";
import { assignNamed } from "./variables.ts";
import { known, NO_OUTPUT, OPAQUE, UNKNOWN_OUTPUT, unknown, wordStream } from "./value.ts";
import { MAX_VALUE } from "./limits.ts";

/** `echo [-neE] words`. */
export function echo(_machine: Machine, words: readonly Word[], _call: Invocation): Stream {
  let at = 1;
  let newline = true;
  let escapes = false;
  for (; at < words.length; at += 1) {
    const text = words[at]?.value ?? "";
    if (!/^-[neE]+$/.test(text)) break;
    newline &&= !text.includes("n");
    if (text.includes("e")) escapes = true;
  }
  const rest = words.slice(at);
  const joined = rest.length === 1 && rest[0] !== undefined ? rest[0] : joinWords(rest, " ");
  const end = newline ? "\n" : "";
  if (joined.glob) return { ...UNKNOWN_OUTPUT, secret: joined.secret ?? null, origin: folderOf(joined) };
  if (joined.symbolic === true || !escapes || joined.value === null || !joined.value.includes("\\"))
    return wordStream(joined, end);
  const text = unescape(joined.value, true);
  return {
    text: text.text + (text.stops ? "" : end),
    secret: joined.secret ?? null,
    obfuscated: "decoded",
    origin: null,
  };
}

// A pattern becomes names in the folder that its known part leads to.
function folderOf(word: Word): string | null {
  const value = word.value ?? "";
  const pattern = value.search(/[*?[]/);
  if (/[\s]/.test(value)) return null;
  const end = value.slice(0, pattern).lastIndexOf("/");
  return pattern < 0 ? null : end < 0 ? "." : end === 0 ? "/" : value.slice(0, end);
}

/** `printf [-v name] format words`. */
export function printf(machine: Machine, words: readonly Word[], _call: Invocation): Stream {
  let rest = words.slice(1);
  const isKept = rest[0]?.value?.startsWith("-v") === true;
  let variable: string | null = null;
  if (isKept) {
    const attached = rest[0]?.value?.slice(2) ?? "";
    variable = attached === "" ? (rest[1]?.value ?? null) : attached;
    rest = rest.slice(attached === "" ? 2 : 1);
  }
  if (rest[0]?.value === "--") rest = rest.slice(1);
  const [format, ...values] = rest;
  if (format === undefined) return NO_OUTPUT;
  const output = formatted(format, values);
  if (!isKept) return output;
  const word = output.text === null ? unknown("printf") : known(output.text);
  if (variable !== null)
    assignNamed(machine, variable, { ...word, secret: output.secret, obfuscated: output.obfuscated });
  return NO_OUTPUT;
}

function formatted(format: Word, values: readonly Word[]): Stream {
  const all = joinWords([format, ...values], " ");
  const listed = values.find((value) => value.glob);
  if (listed !== undefined) return { ...UNKNOWN_OUTPUT, secret: all.secret ?? null, origin: folderOf(listed) };
  if (all.symbolic === true) return format.value === "%s" ? wordStream(all, "") : UNKNOWN_OUTPUT;
  const secret = all.secret ?? null;
  const carried = all.obfuscated ?? null;
  if (format.value === null) return { ...UNKNOWN_OUTPUT, secret, obfuscated: carried };
  const result = applyFormat(format.value, values);
  const obfuscated = carried ?? (result.decoded ? "decoded" : null);
  return { text: result.text, secret, obfuscated, origin: null };
}

interface Formatted {
  readonly text: string | null;
  /** Whether characters were spelled by numbers. */
  readonly decoded: boolean;
}

const DIRECTIVE = /^%([-+ 0#]*)(\d*|\*)(?:\.(\d*))?([a-zA-Z%])/;

// The format is used again until all values are used up.
function applyFormat(format: string, values: readonly Word[]): Formatted {
  let text: string | null = "";
  let decoded = false;
  let next = 0;
  do {
    const start = next;
    for (let at = 0; at < format.length;) {
      const piece = nextPiece(format, at);
      at = piece.end;
      const value = piece.takes ? values[next] : undefined;
      if (piece.takes) next += 1;
      const shown = piece.takes ? convert(piece.directive, value) : piece.text;
      decoded ||= piece.decoded || (piece.directive.endsWith("b") && value?.value?.includes("\\") === true);
      text = text === null || shown === null ? null : text + shown;
      if (text !== null && text.length > MAX_VALUE) return { text: null, decoded };
    }
    if (next === start) break;
  } while (next < values.length);
  return { text, decoded };
}

interface Piece {
  readonly end: number;
  readonly text: string;
  readonly directive: string;
  readonly takes: boolean;
  readonly decoded: boolean;
}

function nextPiece(format: string, at: number): Piece {
  const character = format.charAt(at);
  if (character === "\\") {
    const escape = oneEscape(format, at, false);
    const decoded = escape.text !== "" && /[0-7xuU]/.test(format.charAt(at + 1));
    return { end: escape.end, text: escape.text, directive: "", takes: false, decoded };
  }
  if (character !== "%") return { end: at + 1, text: character, directive: "", takes: false, decoded: false };
  const match = DIRECTIVE.exec(format.slice(at, at + 24));
  if (match === null) return { end: at + 1, text: "%", directive: "", takes: false, decoded: false };
  const [directive] = match;
  if (directive.endsWith("%"))
    return { end: at + directive.length, text: "%", directive: "", takes: false, decoded: false };
  return { end: at + directive.length, text: "", directive, takes: true, decoded: false };
}

function convert(directive: string, word: Word | undefined): string | null {
  const [, flags = "", width = "", precision, type = "s"] = DIRECTIVE.exec(directive) ?? [];
  if (width === "*") return null;
  const value = word === undefined ? "" : word.value;
  if (value === null) return null;
  const shown = convertPlain(type, value);
  if (shown === null) return null;
  const cut = precision === undefined || !/[sbq]/.test(type) ? shown : shown.slice(0, Number(precision));
  const size = Math.min(Number(width || "0"), 4_096);
  if (flags.includes("-")) return cut.padEnd(size);
  return cut.padStart(size, flags.includes("0") && !/[sbcq]/.test(type) ? "0" : " ");
}

function convertPlain(type: string, value: string): string | null {
  switch (type) {
    case "s":
    case "q":
      return value;
    case "b":
      return unescape(value, true).text;
    case "c":
      return value.slice(0, 1);
    case "d":
    case "i":
    case "u":
      return convertNumber(value, 10);
    case "x":
      return convertNumber(value, 16);
    case "X":
      return convertNumber(value, 16)?.toUpperCase() ?? null;
    case "o":
      return convertNumber(value, 8);
    default:
      return OPAQUE;
  }
}

// A value that begins with a quote is the number of the character after it.
function convertNumber(value: string, radix: number): string | null {
  if (value.includes(OPAQUE)) return OPAQUE;
  if (/^["']./.test(value)) return (value.codePointAt(1) ?? 0).toString(radix);
  const number = value === "" ? 0 : Number(/^0[0-7]+$/.test(value) ? `0o${value.slice(1)}` : value);
  return Number.isSafeInteger(number) && number >= 0
    ? number.toString(radix)
    : number < 0 && radix === 10
      ? String(number)
      : null;
}

interface Unescaped {
  readonly text: string;
  /** `\c`: nothing follows. */
  readonly stops: boolean;
}

/** Resolve backslash escapes. `zeroOctal`: `echo` and `%b` write octal as `\0nnn`. */
export function unescape(text: string, zeroOctal: boolean): Unescaped {
  let result = "";
  for (let at = 0; at < text.length;) {
    if (text[at] !== "\\") {
      const end = text.indexOf("\\", at);
      result += end < 0 ? text.slice(at) : text.slice(at, end);
      at = end < 0 ? text.length : end;
      continue;
    }
    if (text[at + 1] === "c") return { text: result, stops: true };
    const escape = oneEscape(text, at, zeroOctal);
    result += escape.text;
    at = escape.end;
  }
  return { text: result, stops: false };
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  E: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

function oneEscape(text: string, at: number, zeroOctal: boolean): { readonly text: string; readonly end: number } {
  const next = text.charAt(at + 1);
  const simple = SIMPLE[next];
  if (simple !== undefined) return { text: simple, end: at + 2 };
  const part = text.slice(at + 1, at + 11);
  const [octal] = (zeroOctal ? /^(?:0[0-7]{0,3}|[1-7][0-7]{0,2})/ : /^[0-7]{1,3}/).exec(part) ?? [];
  if (octal !== undefined) {
    return { text: String.fromCharCode(Number.parseInt(octal, 8) & 0xff), end: at + 1 + octal.length };
  }
  const [hex] = /^(?:x[\da-fA-F]{1,2}|u[\da-fA-F]{1,4}|U[\da-fA-F]{1,8})/.exec(part) ?? [];
  if (hex === undefined) return { text: `\\${next}`, end: at + 2 };
  const point = Number.parseInt(hex.slice(1), 16);
  return { text: point <= 0x10ffff ? String.fromCodePoint(point) : "", end: at + 1 + hex.length };
}
