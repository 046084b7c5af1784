// Constant expressions: strings joined, decoded and reversed. What can't be known is null; what was hidden is said.

import { fromBase64, fromBase32, fromHex } from "../programs/decode.ts";
import { behindHome, HOME, withHome } from "./home-folder.ts";
import type { Token } from "./tokens.ts";

/** The value of an expression, as far as it is known. */
export interface Constant {
  readonly value: string | null;
  /** Whether decoding, reversing or character codes were needed to know it, or hide it. */
  readonly hidden: boolean;
  /** The elements, when it is a list. */
  readonly list: readonly Constant[] | null;
}

/** An expression that can't be known. */
export const UNKNOWN: Constant = { value: null, hidden: false, list: null };

/** A text put together of more pieces than are looked at: whatever it is used for, it is not known. */
export const TOO_LONG: Constant = { value: null, hidden: false, list: null };

/** Names with a constant value. */
export type Bindings = Map<string, Constant>;

/** A stretch of tokens. */
export interface Span {
  readonly tokens: readonly Token[];
  readonly from: number;
  readonly to: number;
}

/** The position after the bracket that closes the one at `at`. */
export function afterBracket(tokens: readonly Token[], at: number, limit: number = tokens.length): number {
  return Math.min((tokens[at]?.close ?? at) + 1, limit);
}

/** Tokens of a statement that are looked at, brackets counted as one: what comes later is left to itself. */
const LONGEST_STATEMENT = 128;

/** Where the statement that begins at `from` ends. */
export function endOfStatement(tokens: readonly Token[], from: number): number {
  const limit = Math.min(tokens.length, from + LONGEST_STATEMENT);
  let at = from;
  for (; at < limit; at++) {
    const token = tokens[at];
    if (endsStatement(tokens, at)) break;
    if (token?.kind === "mark" && (token.text === "(" || token.text === "[" || token.text === "{"))
      at = afterBracket(tokens, at) - 1;
  }
  return Math.min(at, tokens.length);
}

/** Whether a statement ends before a token; the end of a line does not end it behind or before a joining sign. */
export function endsStatement(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token === undefined) return true;
  if (token.kind !== "end") return token.kind === "mark" && (token.text === "}" || token.text === ")");
  return token.text === ";" || !(isJoint(tokens[at - 1]) || isJoint(tokens[at + 1]));
}

function isJoint(token: Token | undefined): boolean {
  return token?.kind === "mark" && /^[+.,~=]$/.test(token.text);
}

/** Splits a stretch at commas outside brackets. */
export function splitArguments({ tokens, from, to }: Span): readonly Span[] {
  const spans: Span[] = [];
  let start = from;
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (token?.kind !== "mark") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") at = afterBracket(tokens, at, to) - 1;
    else if (token.text === ",") {
      spans.push({ tokens, from: start, to: at });
      start = at + 1;
    }
  }
  if (start < to) spans.push({ tokens, from: start, to });
  return spans;
}

/** The value of a stretch: terms joined by `+`, `.`, `..`, `<>`, or side by side. */
export function constantOf(span: Span, bindings: Bindings, depth: number = 0): Constant {
  if (depth > 12 || span.from >= span.to) return UNKNOWN;
  let value = "";
  let hidden = false;
  let list: readonly Constant[] | null = null;
  let terms = 0;
  for (let at = span.from; at < span.to;) {
    const token = span.tokens[at];
    if (token === undefined) break;
    if (token.kind === "end" || (token.kind === "mark" && /^[+.&~]$/.test(token.text))) {
      at++;
      continue;
    }
    // Texts are not divided: `folder / "x"` is a path.
    const divides = token.kind === "mark" && token.text === "/" && list === null && !/^-?\d*$/.test(value);
    const term = readTerm({ ...span, from: divides ? at + 1 : at }, bindings, depth + 1);
    if (term === null) return { value: null, hidden, list: null };
    hidden ||= term.constant.hidden;
    if (term.constant.value === null && term.constant.list === null) return { value: null, hidden, list: null };
    // Lists are joined by nothing but `+`, and with nothing but lists.
    if (terms > 0 && (list !== null || term.constant.list !== null)) {
      if (list === null || term.constant.list === null || span.tokens[at - 1]?.text !== "+")
        return { value: null, hidden, list: null };
      list = [...list, ...term.constant.list];
    } else list = term.constant.list;
    at = term.next;
    terms++;
    const more = term.constant.value ?? "";
    value = divides ? placed(value, more) : value + more;
    if (value.length > 16_384 || (list?.length ?? 0) > MAX_LIST) return UNKNOWN;
  }
  return list === null ? { value, hidden, list } : { value: null, hidden, list };
}

/** More elements than this are not put together out of several lists. */
const MAX_LIST = 4096;

interface Term {
  readonly constant: Constant;
  readonly next: number;
}

function readTerm(span: Span, bindings: Bindings, depth: number): Term | null {
  const { tokens, from, to } = span;
  const token = tokens[from];
  if (token === undefined) return null;
  if (token.kind === "string") {
    return methods(
      {
        constant: { value: token.known ? token.text : interpolated(token.text, bindings), hidden: false, list: null },
        next: from + 1,
      },
      span,
      bindings,
      depth,
    );
  }
  if (token.text === "-" && tokens[from + 1]?.kind === "number") {
    return { constant: { value: `-${tokens[from + 1]?.text ?? ""}`, hidden: false, list: null }, next: from + 2 };
  }
  if (token.kind === "number") return { constant: { value: token.text, hidden: false, list: null }, next: from + 1 };
  if (token.kind === "mark" && (token.text === "(" || token.text === "[")) {
    const next = afterBracket(tokens, from, to);
    const inner = { tokens, from: from + 1, to: next - 1 };
    const parts = splitArguments(inner);
    const constant =
      token.text === "(" && parts.length === 1
        ? constantOf(inner, bindings, depth)
        : { value: null, hidden: false, list: parts.map((part) => constantOf(part, bindings, depth)) };
    return methods({ constant, next }, span, bindings, depth);
  }
  return token.kind === "name" ? readNamed(span, bindings, depth) : null;
}

/** `f"/{d}"`, `"#{d}/x"`, `"$d/x"`: a text with nothing but known names in it; null for others. */
function interpolated(text: string, bindings: Bindings): string | null {
  if (text.length > 400) return null;
  let known = true;
  const value = withHome(text).replace(
    /[#$]?\{\$?([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g,
    (_, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain ?? "";
      const bound = bindings.get(name)?.value ?? bindings.get(`$${name}`)?.value;
      known &&= typeof bound === "string";
      return bound ?? "";
    },
  );
  return known && !/[{}$@]|#\{/.test(value) ? value : null;
}

/** A name: a bound constant, or a call of a decoding function. */
function readNamed(span: Span, bindings: Bindings, depth: number): Term | null {
  const { tokens, from, to } = span;
  const home = behindHome(tokens, from);
  if (home > 0)
    return methods({ constant: { value: HOME, hidden: false, list: null }, next: home }, span, bindings, depth);
  let path = tokens[from]?.text ?? "";
  let at = from + 1;
  if (path === "require" && tokens[at]?.text === "(" && tokens[at + 3]?.text === ".") {
    path = tokens[at + 1]?.text ?? "";
    at += 3;
  }
  const bound = bindings.get(path);
  if (bound !== undefined && !(tokens[at]?.text === "("))
    return methods({ constant: bound, next: at }, span, bindings, depth);
  while (
    at + 1 < to &&
    /^[.:>-]$/.test(tokens[at]?.text ?? "") &&
    (tokens[at + 1]?.kind === "name" || /^[.:>-]$/.test(tokens[at + 1]?.text ?? ""))
  ) {
    if (tokens[at + 1]?.kind === "name") path += `.${tokens[at + 1]?.text ?? ""}`;
    at += tokens[at + 1]?.kind === "name" ? 2 : 1;
  }
  if (tokens[at]?.text !== "(") return null;
  const next = afterBracket(tokens, at, to);
  const args = splitArguments({ tokens, from: at + 1, to: next - 1 }).map((part) => constantOf(part, bindings, depth));
  const constant = applied(path.slice(path.lastIndexOf(".") + 1), path, args);
  return constant === null ? null : methods({ constant, next }, span, bindings, depth);
}

/** Functions that make text of hidden text, by the last part of their names. */
const DECODERS: ReadonlyMap<string, (text: string) => string | null> = new Map([
  ...all(
    "b64decode urlsafe_b64decode standard_b64decode decodebytes atob base64_decode decode_base64 decode64 strict_decode64 urlsafe_decode64 FromBase64String",
    fromBase64,
  ),
  ...all("b32decode", fromBase32),
  ...all("fromhex unhexlify a2b_hex hex2bin", fromHex),
  ...all("strrev reversed", (text) => Array.from(text).reverse().join("")),
  ...all("str_rot13", rotated),
  ...all("gzinflate gzuncompress gzdecode decompress inflate loads unpack", () => null),
]);

function all(
  names: string,
  decode: (text: string) => string | null,
): readonly (readonly [string, (text: string) => string | null])[] {
  return names.split(" ").map((name) => [name, decode] as const);
}

function decoded(value: string | null): Constant {
  return { value, hidden: true, list: null };
}

/** What a function makes of constants; null for functions that aren't known. */
function applied(name: string, path: string, args: readonly Constant[]): Constant | null {
  const first = args[0] ?? UNKNOWN;
  const text = first.value;
  const decode = DECODERS.get(name);
  if (decode !== undefined) return decoded(text === null ? null : decode(text));
  switch (name) {
    case "chr":
    case "fromCharCode":
    case "char":
      return decoded(characters(first.list ?? args));
    case "str":
    case "bytes":
    case "bytearray":
    case "String":
    case "strval":
    case "trim":
    case "expanduser":
    case "expand_path":
    case "abspath":
    case "realpath":
    case "normpath":
      return first.list === null ? first : decoded(characters(first.list));
    case "decode":
      return path.includes("codecs") ? decoded(codec(text, args[1]?.value ?? null)) : null;
    case "from":
      return path.endsWith("Buffer.from") ? decoded(codec(text, args[1]?.value ?? "utf8")) : null;
    case "Path":
    case "PurePath":
    case "join":
    case "resolve":
      return (/path|^File\.join$/i.test(path) || /^[~/]/.test(text ?? "")) && args.every((arg) => arg.value !== null)
        ? { value: args.reduce((whole, arg) => placed(whole, arg.value ?? "", path), ""), hidden: false, list: null }
        : null;
    case "implode":
      return {
        value: joined(args[1]?.list ?? first.list, args[1] === undefined ? "" : (text ?? "")),
        hidden: false,
        list: null,
      };
    default:
      return null;
  }
}

/** A part of a path behind another: one that begins at the root begins anew, but in Ruby. */
function placed(whole: string, part: string, by: string = ""): string {
  if (whole === "" || (part.startsWith("/") && by !== "File.join")) return part;
  return `${whole.replace(/\/$/, "")}/${part.replace(/^\//, "")}`;
}

function codec(text: string | null, name: string | null): string | null {
  if (text === null || name === null) return null;
  if (/^base64(url)?$/.test(name)) return fromBase64(text);
  if (name === "hex") return fromHex(text);
  return /rot_?13/.test(name) ? rotated(text) : /^(utf-?8|ascii|latin-?1|binary)$/i.test(name) ? text : null;
}

function rotated(text: string): string {
  return text.replace(/[a-z]/gi, (char) => {
    const base = char <= "Z" ? 65 : 97;
    return String.fromCharCode(((char.charCodeAt(0) - base + 13) % 26) + base);
  });
}

function characters(codes: readonly Constant[]): string | null {
  let text = "";
  for (const { value } of codes) {
    const code = value === null ? Number.NaN : Number(value);
    if (!Number.isInteger(code) || code < 0 || code > 0x10ffff) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}

function joined(list: readonly Constant[] | null, by: string): string | null {
  if (list === null) return null;
  const texts: string[] = [];
  for (const { value } of list) {
    if (value === null) return null;
    texts.push(value);
  }
  return texts.join(by);
}

/** Methods behind a value: `.decode()`, `.join([…])`, `[::-1]`, `.replace(…)`, `% (…)`. */
function methods(term: Term, span: Span, bindings: Bindings, depth: number): Term {
  const { tokens, to } = span;
  let { constant, next } = term;
  while (next < to) {
    const mark = tokens[next]?.text;
    const name = tokens[next + 1];
    if (
      mark === "[" &&
      tokens[next + 1]?.text === ":" &&
      tokens[next + 2]?.text === ":" &&
      tokens[next + 3]?.text === "-"
    ) {
      constant = {
        value: constant.value === null ? null : Array.from(constant.value).reverse().join(""),
        hidden: true,
        list: null,
      };
      next = afterBracket(tokens, next, to);
    } else if (mark === "." && name?.kind === "name" && tokens[next + 2]?.text === "(") {
      const end = afterBracket(tokens, next + 2, to);
      const args = splitArguments({ tokens, from: next + 3, to: end - 1 }).map((part) =>
        constantOf(part, bindings, depth),
      );
      constant = method(constant, name.text, args);
      next = end;
    } else if (mark === "." && name?.text === "path" && tokens[next + 2]?.text !== ".") {
      next += 2;
    } else if (mark === "." && name?.kind === "name" && name.text === "reverse") {
      constant = method(constant, "reverse", []);
      next += 2;
    } else if (mark === "%" && constant.value !== null) {
      return { constant: UNKNOWN, next: to };
    } else break;
  }
  return { constant, next };
}

function method(on: Constant, name: string, args: readonly Constant[]): Constant {
  const first = args[0]?.value ?? null;
  switch (name) {
    case "decode":
    case "encode":
    case "strip":
    case "trim":
    case "toString":
    case "as_posix":
    case "expanduser":
      return first === "hex" || first === "base64" ? { value: codec(on.value, first), hidden: true, list: null } : on;
    case "join":
      if (on.list !== null)
        return { value: joined(on.list, first ?? ","), hidden: on.list.some((part) => part.hidden), list: null };
      return {
        value: joined(args[0]?.list ?? null, on.value ?? ""),
        hidden: args[0]?.list?.some((part) => part.hidden) ?? false,
        list: null,
      };
    case "split":
      return on.value === null
        ? UNKNOWN
        : {
            value: null,
            hidden: on.hidden,
            list: (first === null ? on.value.split(/\s+/) : on.value.split(first))
              .slice(0, 4096)
              .map((value) => ({ value, hidden: false, list: null })),
          };
    case "replace":
    case "gsub": {
      const by = args[1]?.value ?? null;
      return on.value === null || first === null || by === null
        ? { ...UNKNOWN, hidden: true }
        : { value: on.value.replaceAll(first, by), hidden: true, list: null };
    }
    case "reverse":
      if (on.list !== null) return { ...on, list: [...on.list].reverse() };
      return { value: on.value === null ? null : Array.from(on.value).reverse().join(""), hidden: true, list: null };
    case "format":
      return on.value !== null && !/[{%]/.test(on.value) ? on : UNKNOWN;
    case "pack":
    case "unpack":
    case "unpack1":
      return { value: null, hidden: true, list: null };
    default:
      return UNKNOWN;
  }
}
