// Quoted text and bytes of a condition, with their escapes.
//
//   \\ \? \" \' \`   the character      \a \b \f \n \r \t \v   control characters
//   \xHH \XHH \OOO   a code point up to 255 in text, a byte in bytes
//   \uHHHH \UHHHHHHHH   a code point, in text only

import { CelProblem } from "./problem.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** What was between the quotes, and where the source goes on. */
export interface Quoted {
  readonly value: string | Uint8Array;
  readonly end: number;
}

/**
 * Read the quoted text that opens at `start`.
 *
 * @throws {CelProblem} when it isn't closed, or an escape isn't one.
 */
export function readQuoted(
  source: string,
  start: number,
  how: { readonly raw: boolean; readonly bytes: boolean },
): Quoted {
  const quote = source.charAt(start);
  const triple = source.startsWith(quote.repeat(3), start);
  const close = triple ? quote.repeat(3) : quote;
  const pieces: Piece[] = [];
  let at = start + close.length;
  while (!source.startsWith(close, at)) {
    const piece = readPiece(source, at, how);
    if (piece === null || (!triple && /[\r\n]/.test(source.charAt(at)))) {
      const span = { start, end: Math.min(at, source.length) };
      throw new CelProblem("bad_expression", span, `the text is not closed: expected ${close}`);
    }
    pieces.push(piece);
    at += piece.length;
  }
  return { value: how.bytes ? bytesOf(pieces) : pieces.map(textOf).join(""), end: at + close.length };
}

/** Text as it stands, or one byte or character of an escape. */
type Piece = { readonly length: number } & ({ readonly text: string } | { readonly code: number });

const PLAIN = /[^\\"'\r\n]+/y;

function readPiece(source: string, at: number, how: { readonly raw: boolean; readonly bytes: boolean }): Piece | null {
  if (at >= source.length) return null;
  if (source.charAt(at) === "\\") {
    return how.raw ? { text: "\\", length: 1 } : readEscape(source, at, how.bytes);
  }
  PLAIN.lastIndex = at;
  const text = PLAIN.exec(source)?.[0] ?? source.charAt(at);
  return { text, length: text.length };
}

function readEscape(source: string, at: number, bytes: boolean): Piece {
  const letter = source.charAt(at + 1);
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (plain !== undefined) return { text: plain, length: 2 };
  const short = /^(?:[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2}))/.exec(source.slice(at + 1, at + 4));
  if (short !== null) {
    const [, hex, octal] = short;
    return { code: Number.parseInt(hex ?? octal ?? "", hex === undefined ? 8 : 16), length: 4 };
  }
  const long = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(source.slice(at + 1, at + 10));
  const code = long === null ? Number.NaN : Number.parseInt(long[1] ?? long[2] ?? "", 16);
  const usable = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  if (long !== null && usable && !bytes) return { text: String.fromCodePoint(code), length: 1 + long[0].length };
  const span = { start: at, end: Math.min(at + 2, source.length) };
  const fix = "write a backslash twice, or the whole text as r'…'";
  throw new CelProblem("bad_expression", span, `\`\\${letter}\` is no escape`, fix);
}

function textOf(piece: Piece): string {
  return "text" in piece ? piece.text : String.fromCodePoint(piece.code);
}

function bytesOf(pieces: readonly Piece[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(pieces.flatMap((piece) => ("text" in piece ? [...encoder.encode(piece.text)] : [piece.code])));
}
