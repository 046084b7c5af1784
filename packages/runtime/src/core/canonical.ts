// Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no spaces, ECMAScript numbers, minimal escapes.
//
// Refused, because they have no I-JSON form (RFC 7493): non-finite numbers, lone surrogates, `undefined`,
// functions, symbols, big integers, cycles, and nesting over `MAX_DEPTH`. So is what would be longer than the limit: in
// memory one object may stand in many places (aliases of a YAML text), and be small only until it is written out.

import { CanopyError } from "./errors.ts";

/** The deepest nesting of arrays and objects that is accepted. */
export const MAX_DEPTH = 128;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The longest text that is written unless told otherwise, in UTF-16 code units. */
const LONGEST_TEXT = 67_108_864;

/**
 * The RFC 8785 text of a value; the same value always gives the same text.
 *
 * Cost: linear in the text, of which no more is written than about `longest`, plus the sorting of each object's members.
 *
 * @throws {CanopyError} `INVALID_ACTION` when the value has no I-JSON form, or one of over `longest` UTF-16 code units.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown, longest: number = LONGEST_TEXT): string {
  return write(value, 0, longest);
}

function write(value: unknown, depth: number, longest: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) throw invalid("numbers must be finite");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= MAX_DEPTH) throw invalid(`nesting must be at most ${MAX_DEPTH} deep`);
      return Array.isArray(value) ? writeArray(value, depth, longest) : writeObject(value, depth, longest);
    default:
      throw invalid(`values must be JSON, not ${typeof value}`);
  }
}

function writeString(text: string): string {
  if (LONE_SURROGATE.test(text)) throw invalid("text must not hold lone surrogates");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number, longest: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ",";
    text += write(items[index], depth + 1, longest);
    if (text.length > longest) throw tooLong(longest);
  }
  return `${text}]`;
}

/** The names of an object's own members by UTF-16 code units. Cost: linear where they are sorted already. */
export function sortedNames(object: object): readonly string[] {
  const names = Object.keys(object);
  if (names.length > MANY_NAMES) return names.sort();
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] ?? "";
    let at = index;
    for (let before = names[at - 1] ?? ""; at > 0 && name < before; before = names[at - 1] ?? "") {
      names[at] = before;
      at -= 1;
    }
    names[at] = name;
  }
  return names;
}

// Up to so many, sorting by insertion costs a third of the general way.
const MANY_NAMES = 32;

function writeObject(object: object, depth: number, longest: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw invalid("objects must be plain JSON objects");
  const members = sortedNames(object);
  let text = "{";
  let separator = "";
  for (const member of members) {
    const value: unknown = Reflect.get(object, member);
    if (value === undefined) throw invalid(`member \`${member}\` must not be undefined`);
    text += `${separator}${writeString(member)}:${write(value, depth + 1, longest)}`;
    if (text.length > longest) throw tooLong(longest);
    separator = ",";
  }
  return `${text}}`;
}

function tooLong(longest: number): CanopyError {
  return new CanopyError("INVALID_ACTION", `values must be at most ${longest} characters in canonical form`, {
    fix: "send less, or a reference to it",
  });
}

function invalid(expected: string): CanopyError {
  return new CanopyError("INVALID_ACTION", `not I-JSON: ${expected}`, {
    fix: "send only JSON values: finite numbers, well-formed text, arrays and plain objects",
  });
}
