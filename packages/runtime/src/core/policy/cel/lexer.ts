// A condition's source → tokens.
//
//   identifier  [A-Za-z_][A-Za-z0-9_]*, or a member in backticks
//   int         digits, or 0x and hexadecimal digits; with `u` or `U` an unsigned one
//   double      digits with a point, an exponent, or both
//   string      '…' "…' '''…''' """…""", after r or R raw, after b or B bytes
//   comment     // to the end of the line

import { CelProblem } from "./problem.ts";
import { readQuoted } from "./quoted.ts";
import { CelBytes } from "./value.ts";

/** One token. Punctuation and identifiers have their text, numbers their spelling, strings and bytes their value. */
export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: "end" | "punct" | "ident" | "member" | "int" | "uint" | "double"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "bytes"; readonly text: string; readonly bytes: CelBytes }
);

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED_MEMBER = /`([A-Za-z0-9_.\-/ ]+)`/y;
const NUMBER = /(0[xX][0-9a-fA-F]+|\d+)(?:([uU])|((?:\.\d+)?(?:[eE][+-]?\d+)?))|(\.\d+(?:[eE][+-]?\d+)?)/y;
const STRING_PREFIX = /(?:[rR][bB]?|[bB][rR]?)?(?="|')/y;
const BLANK = /(?:[ \t\n\f\r]+|\/\/[^\n]*)+/y;
const PUNCT = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y;

/**
 * Cut a source into tokens; the last is of kind `end`. Cost: linear.
 *
 * @throws {CelProblem} for what is no token.
 */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(BLANK, source, at)?.[0].length ?? 0;
    if (at >= source.length) break;
    const token = readToken(source, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "the end", start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, start: number): Token {
  const prefix = matchAt(STRING_PREFIX, source, start)?.[0];
  if (prefix !== undefined) return stringToken(source, start, prefix.toLowerCase());
  const word = matchAt(IDENTIFIER, source, start)?.[0];
  if (word !== undefined) return { kind: "ident", text: word, start, end: start + word.length };
  const number = matchAt(NUMBER, source, start);
  if (number !== null) return numberToken(source, start, number);
  const punct = matchAt(PUNCT, source, start)?.[0];
  if (punct !== undefined) return { kind: "punct", text: punct, start, end: start + punct.length };
  const member = matchAt(QUOTED_MEMBER, source, start);
  if (member !== null) return { kind: "member", text: member[1] ?? "", start, end: start + member[0].length };
  throw unexpected(source, start);
}

function stringToken(source: string, start: number, prefix: string): Token {
  const quoted = readQuoted(source, start + prefix.length, { raw: prefix.includes("r"), bytes: prefix.includes("b") });
  const span = { start, end: quoted.end };
  if (typeof quoted.value === "string") return { kind: "string", text: quoted.value, ...span };
  return { kind: "bytes", text: "bytes", bytes: new CelBytes(quoted.value), ...span };
}

function numberToken(source: string, start: number, match: RegExpExecArray): Token {
  const [whole, digits = "", unsigned, rest = ""] = match;
  const end = start + whole.length;
  const next = source.charAt(end);
  if (/[A-Za-z0-9_]/.test(next)) {
    throw new CelProblem("bad_expression", { start, end: end + 1 }, `\`${whole}${next}\` is not a number`);
  }
  const hex = /^0x/i.test(digits);
  if (unsigned !== undefined) return { kind: "uint", text: digits, start, end };
  const double = match[4] !== undefined || (!hex && rest !== "");
  if (hex && rest !== "") {
    throw new CelProblem("bad_expression", { start, end }, "a hexadecimal number has no fraction and no exponent");
  }
  return { kind: double ? "double" : "int", text: whole, start, end };
}

function unexpected(source: string, start: number): CelProblem {
  const letter = String.fromCodePoint(source.codePointAt(start) ?? 0);
  const span = { start, end: start + letter.length };
  if (letter === "=") return new CelProblem("bad_expression", span, "`=` compares nothing", "write `==`");
  if (letter === "&" || letter === "|") {
    return new CelProblem("bad_expression", span, `\`${letter}\` alone means nothing`, `write \`${letter}${letter}\``);
  }
  const fix = /[“”„‘’]/.test(letter) ? 'write plain quotes: "…"' : undefined;
  return new CelProblem("bad_expression", span, `\`${letter}\` can't stand here`, fix);
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}
