// The right-hand side of a comparison: a typed value, and what equals it.

import { foldText } from "../../effects/text.ts";
import type { JsonValue } from "../../json.ts";

/** A literal as written in a comparison. */
export type Literal =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "number"; readonly value: number; readonly text: string }
  /** `folded`: for comparing loosely; made once, as a long one is compared with each item of many lists. */
  | { readonly type: "text"; readonly text: string; readonly folded: string };

/** A literal, or why it isn't one. */
export type LiteralResult = { readonly literal: Literal } | { readonly problem: string };

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const JOINED = /\s(?:and|or|&&|\|\|)\s|[=<>]=/i;

/** Read a literal: `true`, `false`, a number, `"text"`, `'text'`, or a bare word or words. */
export function parseLiteral(source: string): LiteralResult {
  const text = source.trim();
  const quote = text.charAt(0);
  if (quote === '"' || quote === "'") return parseQuoted(text, quote);
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false") return { literal: { type: "boolean", value: lower === "true" } };
  if (lower === "null" || lower === "none" || text === "~") {
    return { problem: `\`${text}\` is not a value to compare with: quote it if the text is meant` };
  }
  if (text.startsWith("=") || JOINED.test(text)) {
    return { problem: `\`${text}\` is not one value: write one condition a line, and quote text` };
  }
  if (text === "") return { problem: "the value to compare with is missing" };
  if (NUMBER.test(text)) return { literal: { type: "number", value: Number(text), text } };
  return { literal: textLiteral(text) };
}

function textLiteral(text: string): Literal {
  return { type: "text", text, folded: foldText(text).trim() };
}

function parseQuoted(text: string, quote: string): LiteralResult {
  const inner = text.slice(1, -1);
  const closed = text.length >= 2 && text.endsWith(quote) && !inner.includes(quote);
  if (!closed) return { problem: `\`${text}\` is not one quoted text: expected ${quote}…${quote}` };
  return { literal: textLiteral(inner) };
}

/**
 * Whether a JSON value equals a literal. Missing equals nothing. A number equals a number, or text that reads as
 * that number; quoted text equals that text, or the number it reads as; a boolean equals a boolean, or 1 and 0.
 */
export function equalsLiteral(value: JsonValue | undefined, literal: Literal): boolean {
  switch (literal.type) {
    case "boolean":
      return value === literal.value || value === (literal.value ? 1 : 0);
    case "number":
      if (typeof value === "string") return value === literal.text || readsAs(value, literal.value);
      return value === literal.value;
    case "text":
      return typeof value === "number" ? readsAs(literal.text, value) : value === literal.text;
    default:
      return literal satisfies never;
  }
}

/**
 * Whether a JSON value could be taken for a literal: equal, or the same once both are folded (`DELETE`, `ｄｅｌｅｔｅ`, and
 * `"true"` for `true`).
 */
export function resemblesLiteral(value: JsonValue | undefined, literal: Literal): boolean {
  if (equalsLiteral(value, literal)) return true;
  if (typeof value !== "string" && typeof value !== "boolean") return false;
  const folded = foldText(String(value)).trim();
  switch (literal.type) {
    case "boolean":
      return folded === String(literal.value);
    case "number":
      return readsAs(folded, literal.value);
    case "text":
      return folded === literal.folded;
    default:
      return literal satisfies never;
  }
}

function readsAs(text: string, value: number): boolean {
  const trimmed = text.trim();
  return trimmed.length <= 64 && NUMBER.test(trimmed) && Number(trimmed) === value;
}
