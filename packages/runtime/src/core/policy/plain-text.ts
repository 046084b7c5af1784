// A place in a YAML text that moves forward over keys and scalars, keeping count of lines.

import { blockText } from "./block-text.ts";
import { scalarOf } from "./located.ts";
import type { Place, ProblemCode } from "./problem.ts";
import { quotedText } from "./quoted-text.ts";

/** Thrown where a text is not of the plain kind. */
export class Stopped extends Error {
  readonly code: ProblemCode;
  readonly place: Place;
  readonly fix: string | undefined;

  constructor(code: ProblemCode, place: Place, message: string, fix?: string) {
    super(message);
    this.code = code;
    this.place = place;
    this.fix = fix;
  }
}

const LINE_END = 0x0a;
const SPACE = 0x20;
const HASH = 0x23;
const COLON = 0x3a;
/** An implicit key must end within so many characters (YAML 1.2, 7.4). */
const LONGEST_KEY = 1000;
// What no plain scalar begins with. A dash, colon or question mark does, when something follows it closely.
const INDICATORS = ",[]{}#&*!|>'\"%@`";

/** The text and the place in it. */
export class PlainText {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  /** Where the key that `keyAhead` found ends, its colon included. */
  #keyEnd = 0;

  constructor(text: string) {
    this.#text = text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
    const mark = this.#text.indexOf("\ufeff");
    if (mark >= 0) throw new Stopped("encoding", { line: 1, col: 1 }, "the text holds a byte order mark");
  }

  /** The column of the current character, from 0. */
  get column(): number {
    return this.#at - this.#lineStart;
  }

  /** The current character; empty at the end. */
  peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** Where the current character stands. */
  place(): Place {
    return { line: this.#line, col: this.#at - this.#lineStart + 1 };
  }

  /** Move on within the line. */
  skip(count: number): void {
    this.#at += count;
  }

  stop(code: ProblemCode, message: string, fix?: string): Stopped {
    return new Stopped(code, this.place(), message, fix);
  }

  /** A key that stood on an earlier line already. */
  repeated(key: string, line: number): Stopped {
    const message = `the key \`${key}\` stands here a second time (first on line ${line})`;
    return this.stop("duplicate_key", message, "write one list under one key");
  }

  /** Move over spaces, line ends and comments; false at the end of the text. */
  toContent(): boolean {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === SPACE) this.#at++;
      else if (code === LINE_END) this.#newLine();
      else if (code === HASH && this.#maySeparate()) this.#toLineEnd();
      else if (Number.isNaN(code)) return false;
      else {
        this.#refuseDocumentMark();
        return true;
      }
    }
  }

  /** As `toContent`, inside a flow collection: what follows on further lines is indented by more than `indent`. */
  toFlowContent(indent: number): void {
    const line = this.#line;
    if (!this.toContent()) throw this.stop("yaml_syntax", "a flow collection is not closed");
    if (this.#line !== line && this.column <= indent) throw this.stop("yaml_syntax", "expected more indentation here");
  }

  /** Whether only spaces stand before this on its line. */
  isFirstOnLine(): boolean {
    for (let index = this.#at - 1; index >= this.#lineStart; index--) {
      if (this.#text.charCodeAt(index) !== SPACE) return false;
    }
    return true;
  }

  /** Whether nothing but a comment follows on this line; spaces are passed over. */
  restIsBlank(): boolean {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
    const code = this.#text.charCodeAt(this.#at);
    return code === LINE_END || Number.isNaN(code) || (code === HASH && this.#maySeparate());
  }

  /** Whether the current character is this indicator: a gap follows it. */
  isIndicator(indicator: string): boolean {
    return this.peek() === indicator && this.#isGap(this.#at + 1);
  }

  /** The key that begins here, if the line is `key: …`. Moves nothing. */
  keyAhead(): string | null {
    const first = this.peek();
    return first === '"' || first === "'" ? this.#quotedKey(first) : this.#plainKey();
  }

  /** Move past the key that `keyAhead` found, and its colon. */
  pastKey(): void {
    this.#at = this.#keyEnd;
  }

  #quotedKey(quote: string): string | null {
    const { text, end } = this.#readQuoted(quote, -1);
    let at = end;
    while (this.#text.charCodeAt(at) === SPACE) at++;
    if (this.#text.charCodeAt(at) !== COLON || !this.#isGap(at + 1)) return null;
    if (at - this.#at > LONGEST_KEY || this.#text.slice(this.#at, at).includes("\n")) {
      throw this.stop("yaml_syntax", "a key must stand on one line, and not be long");
    }
    this.#keyEnd = at + 1;
    return text;
  }

  #plainKey(): string | null {
    const end = this.#plainEnd(false);
    if (this.#text.charCodeAt(end) !== COLON || end === this.#at) return null;
    this.#refuseIndicator(false);
    if (end - this.#at > LONGEST_KEY) throw this.stop("yaml_syntax", "the key is too long");
    const key = this.#slice(end);
    this.#refuseOtherKey(key);
    this.#keyEnd = end + 1;
    return key;
  }

  /** The key here in a flow map; moves past its colon. */
  flowKey(): string {
    const first = this.peek();
    const quoted = first === '"' || first === "'";
    const start = this.#line;
    const key = quoted ? this.quoted(-1) : this.flowPlain();
    if (!quoted) this.#refuseOtherKey(key);
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
    const isColon = this.#text.charCodeAt(this.#at) === COLON && (quoted || this.#isGap(this.#at + 1));
    if (!isColon || this.#line !== start) throw this.stop("yaml_syntax", "expected `key: value` in a flow map");
    this.#at++;
    return key;
  }

  #refuseOtherKey(key: string): void {
    if (scalarOf(key, { line: 1, col: 1 }).kind !== "text") {
      throw this.stop("wrong_type", "a key is text: expected `name: value`");
    }
  }

  /** A plain scalar, which may go on over lines indented by more than `indent`. Moves past it. */
  plain(indent: number): string {
    this.#refuseIndicator(false);
    let text = this.#plainLine();
    for (;;) {
      const next = this.#continuation(indent);
      if (next === null) return text;
      text += next.breaks === 1 ? " " : "\n".repeat(next.breaks - 1);
      this.#moveTo(next.at);
      text += this.#plainLine();
    }
  }

  #plainLine(): string {
    const end = this.#plainEnd(false);
    if (this.#text.charCodeAt(end) === COLON) {
      this.#at = end;
      throw this.stop("yaml_syntax", "`: ` may not stand in plain text", "put the text in quotes");
    }
    const text = this.#slice(end);
    this.#at += text.length;
    return text;
  }

  /** The next line of a plain scalar: where its text begins, after how many line ends. */
  #continuation(indent: number): { readonly at: number; readonly breaks: number } | null {
    let at = this.#at;
    let breaks = 0;
    let lineStart = 0;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code === LINE_END) {
        breaks++;
        lineStart = at + 1;
      } else if (code !== SPACE) {
        const goesOn = breaks > 0 && code !== HASH && !Number.isNaN(code) && at - lineStart > indent;
        return goesOn ? { at, breaks } : null;
      }
      at++;
    }
  }

  /** A plain scalar in a flow collection, on one line. Moves past it. */
  flowPlain(): string {
    this.#refuseIndicator(true);
    const end = this.#plainEnd(true);
    const text = this.#slice(end);
    if (text === "") throw this.stop("empty", "a flow collection has an item without a value");
    this.#at += text.length;
    return text;
  }

  /** A text in quotes, which may go on over lines indented by more than `indent`. Moves past it. */
  quoted(indent: number): string {
    const { text, end } = this.#readQuoted(this.peek(), indent);
    this.#moveTo(end);
    return text;
  }

  #readQuoted(quote: string, indent: number): { readonly text: string; readonly end: number } {
    const read = quotedText(this.#text, this.#at, { quote, indent });
    if ("problem" in read) throw this.stop("yaml_syntax", read.problem, read.fix);
    return read;
  }

  /** A block scalar, without the white space around it. Moves past it. */
  blockText(indent: number): string {
    const read = blockText(this.#text, this.#at, indent);
    if ("problem" in read) throw this.stop("yaml_syntax", read.problem);
    this.#moveTo(read.end);
    return read.text.trim();
  }

  /** Where a plain scalar on this line ends: before a comment, `: `, the line's end or, in a flow, an indicator. */
  #plainEnd(inFlow: boolean): number {
    const text = this.#text;
    let at = this.#at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === LINE_END) break;
      if (code === COLON && (this.#isGap(at + 1) || (inFlow && isFlowSign(text.charAt(at + 1))))) break;
      if (code === HASH && at > this.#at && text.charCodeAt(at - 1) === SPACE) break;
      if (inFlow && code > HASH && isFlowSign(text.charAt(at))) break;
    }
    return at;
  }

  // Without the spaces at its end.
  #slice(end: number): string {
    let last = end;
    while (last > this.#at && this.#text.charCodeAt(last - 1) === SPACE) last--;
    return this.#text.slice(this.#at, last);
  }

  #refuseIndicator(inFlow: boolean): void {
    const first = this.peek();
    const next = this.#text.charAt(this.#at + 1);
    const isLoose = "-?:".includes(first) && (this.#isGap(this.#at + 1) || (inFlow && isFlowSign(next)));
    if (first === "" || INDICATORS.includes(first) || isLoose) {
      const fix = "put text that begins so in quotes";
      throw this.stop("yaml_refused", `\`${first}\` begins something that plain YAML doesn't have`, fix);
    }
  }

  // A comment begins a line or follows a space.
  #maySeparate(): boolean {
    return this.#at === this.#lineStart || this.#text.charCodeAt(this.#at - 1) === SPACE;
  }

  #isGap(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code === SPACE || code === LINE_END || Number.isNaN(code);
  }

  #refuseDocumentMark(): void {
    if (this.#at !== this.#lineStart) return;
    if (!this.#text.startsWith("---", this.#at) && !this.#text.startsWith("...", this.#at)) return;
    throw this.stop("yaml_refused", "a policy is one document: no `---` or `...` stands in it");
  }

  #toLineEnd(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #newLine(): void {
    this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
  }

  #moveTo(end: number): void {
    for (let at = this.#at; at < end; at++) {
      if (this.#text.charCodeAt(at) !== LINE_END) continue;
      this.#line++;
      this.#lineStart = at + 1;
    }
    this.#at = end;
  }
}

function isFlowSign(letter: string): boolean {
  return letter !== "" && ",[]{}".includes(letter);
}
