// Strict JSON from outside: RFC 8259 grammar, and of its readings only the one that every reader shares (RFC 7493).
//
// Refused beyond the grammar: duplicate member names, lone surrogates, numbers that overflow, integers that a double
// can't hold exactly, nesting deeper than `MAX_DEPTH`. `__proto__` and the like are members as any other.

import { MAX_DEPTH } from "./canonical.ts";
import { CanopyError } from "./errors.ts";
import type { JsonValue } from "./json.ts";

const LONE_SURROGATE = /\p{Surrogate}/u;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parse strict JSON.
 *
 * Cost: two linear passes; the host's parser checks the grammar, the second pass what it lets through.
 *
 * @throws {CanopyError} `INVALID_REQUEST`, with the offset in `at`.
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @see https://www.rfc-editor.org/rfc/rfc7493
 */
export function parseStrictJson(text: string): JsonValue {
  checkDepth(text);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CanopyError("INVALID_REQUEST", "not JSON as RFC 8259 defines it", { cause, fix: "send one JSON value" });
  }
  if (LONE_SURROGATE.test(text)) throw refused("text must not hold lone surrogates", text.search(LONE_SURROGATE));
  checkTokens(text);
  return value;
}

/** Depth is counted before the host's parser runs, whose own limit is not known. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth > MAX_DEPTH) throw refused(`nesting must be at most ${MAX_DEPTH} deep`, at);
  }
}

/** Offset of the quote that ends the string begun at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

// The text is valid JSON here, so tokens need only be told apart.
function checkTokens(text: string): void {
  const names: (Set<string> | null)[] = [];
  let nameNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "{" || char === "[") {
      // A text in a list is no name: there is no set for it to stand in.
      names.push(char === "{" ? new Set() : null);
      nameNext = true;
    } else if (char === "}" || char === "]") {
      names.pop();
      nameNext = false;
    } else if (char === ",") {
      nameNext = true;
    } else if (char === '"') {
      const end = endOfString(text, at);
      const content = unescaped(text, at, end);
      if (nameNext) addName(names.at(-1), content, at);
      nameNext = false;
      at = end;
    } else if (char === "-" || (char >= "0" && char <= "9")) {
      at = checkNumber(text, at);
    }
  }
}

function unescaped(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes("\\")) return raw;
  const content: unknown = JSON.parse(text.slice(start, end + 1));
  if (typeof content !== "string" || LONE_SURROGATE.test(content)) {
    throw refused("text must not hold lone surrogates", start);
  }
  return content;
}

function addName(names: Set<string> | null | undefined, name: string, at: number): void {
  if (names?.has(name) === true) throw refused(`member names must differ: \`${name.slice(0, 64)}\` stands twice`, at);
  names?.add(name);
}

/** Checks the number that starts at `start`; offset of its last character. */
function checkNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isNumberPart(text.charCodeAt(end))) end += 1;
  const token = text.slice(start, end);
  const value = Number(token);
  if (!Number.isFinite(value)) throw refused("numbers must be finite", start);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && !/[.eE]/.test(token)) {
    throw refused("integers must lie within ±(2^53 - 1)", start, "send larger numbers as text");
  }
  return end - 1;
}

function isNumberPart(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x45 || code === 0x65
  );
}

function refused(expected: string, offset: number, fix = "send I-JSON (RFC 7493)"): CanopyError {
  return new CanopyError("INVALID_REQUEST", `not strict JSON: ${expected}`, { at: `offset ${offset}`, fix });
}
