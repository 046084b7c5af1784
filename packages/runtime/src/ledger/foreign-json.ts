// Reading a line that another writer made, and writing it back as the reference hashed it.
//
// The reference (Python) hashes the parsed entry: members sorted by code point, `,` and `:` without spaces, raw
// non-ASCII text, and numbers in Python's spelling. So numbers are read as tokens and re-rendered:
//
//   integer        its digits, any size up to 4300 digits; `-0` is `0`
//   other          the shortest digits of the double; exponent form when the exponent is < -4 or >= 16, with at least
//                  two exponent digits (`1e-05`, `1e+16`), else positional with `.0` when whole; too large is `Infinity`
//
// Stricter than the reference: no NaN or Infinity tokens, no duplicate members at any level, no byte order mark.

/** Why a line can't be read. */
export type ForeignFailure = "json" | "not_object" | "duplicate_key";

/** A line read strictly. */
export interface ForeignEntry {
  /** Canonical text without the top-level `entry_hash`, or null when it holds a lone surrogate, which no hash covers. */
  readonly canonical: string | null;
  readonly prev_hash: string | null;
  readonly entry_hash: string | null;
}

const MAX_DEPTH = 1000;
const MAX_INTEGER_DIGITS = 4300;

class Refusal extends Error {
  readonly failure: ForeignFailure;

  constructor(failure: ForeignFailure) {
    super(failure);
    this.failure = failure;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
  /** Judged once the whole line is known to be JSON, so that broken text is always reported as `json`. */
  duplicate: boolean;
  /** Whether a text holds half of a pair, which has no UTF-8. */
  lone: boolean;
}

interface Member {
  readonly name: string;
  readonly text: string;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const PLAIN_STRING = /"[ !#-[\]-~\u007f-\ud7ff\ue000-\uffff]*"/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Read a line's text and re-render it as the reference hashed it. Cost: linear, plus the sorting of members. */
export function readForeign(text: string): ForeignEntry | ForeignFailure {
  const cursor: Cursor = { text, at: 0, duplicate: false, lone: false };
  try {
    skipSpace(cursor);
    const open = text[cursor.at];
    if (open !== "{") {
      readValue(cursor, 0);
      atEnd(cursor);
      return "not_object";
    }
    const members = readMembers(cursor, 0);
    atEnd(cursor);
    if (cursor.duplicate) return "duplicate_key";
    const kept = members.filter((member) => member.name !== "entry_hash");
    const canonical = writeMembers(kept);
    return {
      canonical: cursor.lone ? null : canonical,
      prev_hash: textOf(members, "prev_hash"),
      entry_hash: textOf(members, "entry_hash"),
    };
  } catch (error) {
    if (error instanceof Refusal) return error.failure;
    throw error;
  }
}

function textOf(members: readonly Member[], name: string): string | null {
  const raw = members.find((member) => member.name === name)?.text;
  return raw?.startsWith('"') === true ? String(JSON.parse(raw)) : null;
}

function atEnd(cursor: Cursor): void {
  skipSpace(cursor);
  if (cursor.at !== cursor.text.length) throw new Refusal("json");
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return;
    cursor.at += 1;
  }
}

/** Reads one value and returns its canonical text. */
function readValue(cursor: Cursor, depth: number): string {
  skipSpace(cursor);
  switch (cursor.text[cursor.at]) {
    case '"':
      return readString(cursor);
    case "{":
      return writeMembers(readMembers(cursor, depth));
    case "[":
      return readList(cursor, depth);
    case "t":
      return readWord(cursor, "true");
    case "f":
      return readWord(cursor, "false");
    case "n":
      return readWord(cursor, "null");
    default:
      return renderNumber(readToken(cursor, NUMBER));
  }
}

function readToken(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const token = pattern.exec(cursor.text)?.[0];
  if (token === undefined) throw new Refusal("json");
  cursor.at += token.length;
  return token;
}

function readString(cursor: Cursor): string {
  PLAIN_STRING.lastIndex = cursor.at;
  const plain = PLAIN_STRING.exec(cursor.text)?.[0];
  if (plain !== undefined) {
    cursor.at += plain.length;
    return plain;
  }
  const value = String(JSON.parse(readToken(cursor, STRING)));
  // Written back it would be an escape, and no longer look like what it is.
  cursor.lone ||= LONE_SURROGATE.test(value);
  return JSON.stringify(value);
}

function readWord(cursor: Cursor, word: string): string {
  if (!cursor.text.startsWith(word, cursor.at)) throw new Refusal("json");
  cursor.at += word.length;
  return word;
}

function readList(cursor: Cursor, depth: number): string {
  if (depth >= MAX_DEPTH) throw new Refusal("json");
  cursor.at += 1;
  skipSpace(cursor);
  if (takes(cursor, "]")) return "[]";
  let text = "[";
  for (;;) {
    text += readValue(cursor, depth + 1);
    skipSpace(cursor);
    if (takes(cursor, "]")) return `${text}]`;
    expectChar(cursor, ",");
    text += ",";
  }
}

function readMembers(cursor: Cursor, depth: number): Member[] {
  if (depth >= MAX_DEPTH) throw new Refusal("json");
  const members: Member[] = [];
  cursor.at += 1;
  skipSpace(cursor);
  if (takes(cursor, "}")) return members;
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '"') throw new Refusal("json");
    const name = String(JSON.parse(readString(cursor)));
    skipSpace(cursor);
    expectChar(cursor, ":");
    members.push({ name, text: readValue(cursor, depth + 1) });
    skipSpace(cursor);
    if (takes(cursor, "}")) break;
    expectChar(cursor, ",");
  }
  members.sort((a, b) => compareCodePoints(a.name, b.name));
  for (let index = 1; index < members.length; index += 1) {
    if (members[index]?.name === members[index - 1]?.name) cursor.duplicate = true;
  }
  return members;
}

function takes(cursor: Cursor, char: string): boolean {
  if (cursor.text[cursor.at] !== char) return false;
  cursor.at += 1;
  return true;
}

function expectChar(cursor: Cursor, char: string): void {
  if (!takes(cursor, char)) throw new Refusal("json");
}

function writeMembers(members: readonly Member[]): string {
  let text = "{";
  for (const member of members) {
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(member.name)}:${member.text}`;
  }
  return `${text}}`;
}

/** Order by Unicode code point; UTF-16 order differs where a surrogate meets U+E000..U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Python's spelling of a JSON number token. */
export function renderNumber(token: string): string {
  if (/^-?[0-9]+$/.test(token)) {
    if (token.length > MAX_INTEGER_DIGITS + (token.startsWith("-") ? 1 : 0)) throw new Refusal("json");
    return token === "-0" ? "0" : token;
  }
  const value = Number(token);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  if (value === 0) return `${sign}0.0`;
  const [mantissa = "", power = "0"] = Math.abs(value).toExponential().split("e");
  const exponent = Number(power);
  const digits = mantissa.replace(".", "");
  return sign + (exponent < -4 || exponent >= 16 ? scientific(digits, exponent) : positional(digits, exponent));
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${digits.padEnd(exponent + 1, "0")}.0`;
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
