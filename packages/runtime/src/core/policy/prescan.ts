// Before a policy is parsed: everything that YAML could do to us is refused while it is still a flat run of tokens.
//
// Aliases, anchors, tags, directives and second documents have no use in a policy and each has hurt some reader of
// YAML. Depth is counted here because the parser that follows recurses. Cost: linear in the text.

import { Lexer } from "yaml";
import type { Place, ProblemList } from "./problem.ts";

/** The largest policy that is read, in bytes. */
export const MAX_POLICY_BYTES: number = 4 * 1024 * 1024;
/** How deep collections may nest. A policy needs three. */
export const MAX_DEPTH = 32;

/** The most tokens a policy may have: each one costs the parser that follows some microseconds. */
export const MAX_TOKENS = 50_000;

/** Refuse what a policy may not contain, before it is parsed. */
export function prescan(text: string, problems: ProblemList): void {
  const walk = new TokenWalk(problems);
  let count = 0;
  for (const token of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) {
      problems.refuse("too_large", { line: 1, col: 1 }, `the policy has over ${MAX_TOKENS} words and signs`);
      return;
    }
    if (!walk.step(token)) return;
  }
}

/**
 * Refuse characters that don't show, or show as something else; a tab is not indentation in YAML but looks like it.
 * True when there is one. Cost: linear in the text.
 */
export function refuseCharacters(text: string, problems: ProblemList): boolean {
  let line = 1;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x0a) {
      line++;
      start = index + 1;
    } else if (isRefused(code, text.charCodeAt(index + 1), text.charCodeAt(index - 1))) {
      refuseCharacter(code, { line, col: index - start + 1 }, problems);
      return true;
    }
  }
  return false;
}

function isRefused(code: number, next: number, previous: number): boolean {
  if (code === 0x0d) return next !== 0x0a;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  if (code < 0x2000) return false;
  if (code === 0x2028 || code === 0x2029) return true;
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return true;
  if (code >= 0xd800 && code <= 0xdbff) return !(next >= 0xdc00 && next <= 0xdfff);
  if (code >= 0xdc00 && code <= 0xdfff) return !(previous >= 0xd800 && previous <= 0xdbff);
  return code === 0xfffe || code === 0xffff;
}

function refuseCharacter(code: number, at: Place, problems: ProblemList): void {
  if (code === 0x09) {
    problems.refuse("yaml_refused", at, "tabs are not allowed: indent with spaces", 'inside text write "\\t"');
    return;
  }
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  problems.refuse("encoding", at, `the invisible character ${name} is not allowed: expected plain UTF-8 text`);
}

/** Follows the tokens, keeping the place, and an upper bound of the depth. */
class TokenWalk {
  readonly #problems: ProblemList;
  #line = 1;
  #col = 1;
  #flowDepth = 0;
  #blockColumns: number[] = [];
  /** Where the text before a `:` began, if it stands on the same line. */
  #keyColumn: number | null = null;
  /** The next token is the text of a plain or block scalar: it may begin with anything. */
  #scalarNext = false;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** Take one token; false when the policy is refused. */
  step(token: string): boolean {
    if (CONTROL_TOKENS.has(token)) return this.#control(token);
    if (!this.#scalarNext) {
      const refusal = REFUSED[token.charAt(0)];
      if (refusal !== undefined) return this.#refuse("yaml_refused", refusal);
      const escape = token.startsWith('"') ? badEscape(token) : null;
      if (escape !== null) {
        const message = `\`${escape}\` is no escape in double quotes: use single quotes, which keep backslashes`;
        return this.#refuse("yaml_syntax", message);
      }
      this.#nest(token);
      if (this.#flowDepth + this.#blockColumns.length > MAX_DEPTH) {
        return this.#refuse("too_deep", `nested deeper than ${MAX_DEPTH} levels`);
      }
    }
    this.#advance(token);
    return true;
  }

  #control(token: string): boolean {
    this.#scalarNext = token === SCALAR;
    if (token === SCALAR) this.#keyColumn ??= this.#col;
    return true;
  }

  #nest(token: string): void {
    if (token === "[" || token === "{") this.#flowDepth++;
    else if (token === "]" || token === "}") this.#flowDepth = Math.max(0, this.#flowDepth - 1);
    else if (token === "-" || token === "?") this.#openBlock(this.#col);
    else if (token === ":") this.#openBlock(this.#keyColumn ?? this.#col);
    else if (token.startsWith('"') || token.startsWith("'")) this.#keyColumn ??= this.#col;
  }

  // A block collection sits at a column of its own; all that were open at that column or right of it are closed.
  #openBlock(column: number): void {
    if (this.#flowDepth > 0) return;
    while ((this.#blockColumns.at(-1) ?? 0) >= column) this.#blockColumns.pop();
    this.#blockColumns.push(column);
    this.#keyColumn = null;
  }

  #advance(token: string): void {
    this.#scalarNext = false;
    const lastBreak = token.lastIndexOf("\n");
    if (lastBreak === -1) {
      this.#col += token.length;
      return;
    }
    for (let index = token.indexOf("\n"); index !== -1; index = token.indexOf("\n", index + 1)) this.#line++;
    this.#col = token.length - lastBreak;
    this.#keyColumn = null;
  }

  #refuse(code: "yaml_refused" | "yaml_syntax" | "too_deep", message: string): false {
    this.#problems.refuse(code, { line: this.#line, col: this.#col }, message);
    return false;
  }
}

// The lexer marks documents, flow ends and scalars with control characters that stand for no text.
const DOCUMENT = "\u0002";
const SCALAR = "\u001f";
const CONTROL_TOKENS: ReadonlySet<string> = new Set([DOCUMENT, SCALAR, "\u0018"]);

const ESCAPES = '0abtnvfre "/\\N_LPxuU\r\n';

// Escapes are read left to right in pairs, so a backslash that another one escapes doesn't count.
function badEscape(token: string): string | null {
  for (let at = token.indexOf("\\"); at !== -1; at = token.indexOf("\\", at + 2)) {
    if (!ESCAPES.includes(token.charAt(at + 1))) return token.slice(at, at + 2);
  }
  return null;
}

/** By the first character of a token: what it would be, and why it is refused. */
const REFUSED: Readonly<Record<string, string>> = {
  "*": "aliases (`*name`) are not allowed: write the value out, or quote text that starts with `*`",
  "&": "anchors (`&name`) are not allowed: write the value out, or quote text that starts with `&`",
  "!": "tags (`!name`) are not allowed: write plain values, or quote text that starts with `!`",
  "%": "directives (`%NAME`) are not allowed: a policy is YAML 1.2 as it is",
};
