// Tokens of values and literals: where a value equals a literal, they have a token in common. The reverse need not be.

import { foldText } from "../../effects/text.ts";
import type { JsonValue } from "../../json.ts";
import type { Literal } from "../predicates/literal.ts";

/** The token of a text that is compared as it is. */
export function textToken(text: string): string {
  return `t${text}`;
}

/** The token of a number. */
export function numberToken(value: number): string {
  return `n${value}`;
}

/** The token of a truth value. */
export function booleanToken(value: boolean): string {
  return value ? "b1" : "b0";
}

/** The longest text that reads as a number, in UTF-16 units. */
const LONGEST_NUMBER = 64;
const LIKE_A_NUMBER = /^[+-]?[.0-9]/;

/**
 * A literal's tokens. `loose`: for comparisons that take folded text for the literal (`resemblesLiteral`).
 *
 * @see equalsLiteral, resemblesLiteral
 */
export function literalTokens(literal: Literal, loose: boolean): readonly string[] {
  switch (literal.type) {
    case "boolean":
      return [booleanToken(literal.value)];
    case "number":
      return [numberToken(literal.value), textToken(literal.text)];
    case "text": {
      const tokens = [loose ? foldedToken(literal.folded) : textToken(literal.text)];
      const number = readNumber(literal.text);
      return number === null ? tokens : [...tokens, numberToken(number)];
    }
    default:
      return literal satisfies never;
  }
}

/** A value's tokens, added to a list. What is neither text, number nor truth value equals nothing and has none. */
export function addValueTokens(tokens: string[], value: JsonValue | undefined, loose: boolean): void {
  switch (typeof value) {
    case "boolean":
      tokens.push(booleanToken(value));
      if (loose) tokens.push(foldedToken(String(value)));
      return;
    case "number":
      tokens.push(numberToken(value));
      if (value === 1 || value === 0) tokens.push(booleanToken(value === 1));
      return;
    case "string":
      addTextTokens(tokens, value, loose);
      return;
    default:
      return;
  }
}

function addTextTokens(tokens: string[], text: string, loose: boolean): void {
  addNumberToken(tokens, text);
  tokens.push(textToken(text));
  if (!loose) return;
  const folded = foldText(text).trim();
  addNumberToken(tokens, folded);
  tokens.push(foldedToken(folded));
  if (folded === "true" || folded === "false") tokens.push(booleanToken(folded === "true"));
}

function addNumberToken(tokens: string[], text: string): void {
  const number = readNumber(text);
  if (number !== null) tokens.push(numberToken(number));
}

// Of a text that is folded already.
function foldedToken(folded: string): string {
  return `f${folded}`;
}

// A little more reads as a number here than in a comparison, never less.
function readNumber(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_NUMBER || !LIKE_A_NUMBER.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isNaN(value) ? null : value;
}
