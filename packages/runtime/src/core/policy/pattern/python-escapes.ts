// Backslash escapes of Python's patterns that stand for one character.

/** One character, and how many UTF-16 units its spelling took; or why it isn't one. */
export type EscapeResult =
  | { readonly codePoint: number; readonly length: number }
  | { readonly problem: string; readonly fix?: string };

const NAMED: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Read the escape that begins at `start` (the backslash). Letters with a meaning of their own (`\b`, `\d`, …) are the
 * caller's; inside a class, digits are always octal and `\b` is a backspace.
 */
export function readEscape(source: string, start: number, inClass: boolean): EscapeResult {
  const letter = source.charAt(start + 1);
  const named = Object.hasOwn(NAMED, letter) ? NAMED[letter] : undefined;
  if (named !== undefined) return { codePoint: named, length: 2 };
  const digits = Object.hasOwn(HEX_DIGITS, letter) ? HEX_DIGITS[letter] : undefined;
  if (digits !== undefined) return readHex(source, start, digits);
  if (/[0-9]/.test(letter)) return readOctal(source, start, inClass);
  if (letter === "b" && inClass) return { codePoint: 8, length: 2 };
  if (letter === "N") return { problem: "`\\N{…}` is not supported", fix: "write \\uXXXX" };
  if (/[A-Za-z]/.test(letter)) return { problem: `\`\\${letter}\` has no meaning in a pattern` };
  const codePoint = source.codePointAt(start + 1);
  if (codePoint === undefined) return { problem: "the pattern ends in a backslash" };
  return { codePoint, length: codePoint > 0xffff ? 3 : 2 };
}

function readHex(source: string, start: number, digits: number): EscapeResult {
  const text = source.slice(start + 2, start + 2 + digits);
  const codePoint = Number.parseInt(text, 16);
  if (text.length !== digits || !/^[0-9A-Fa-f]+$/.test(text) || codePoint > 0x10ffff) {
    return { problem: `\`\\${source.charAt(start + 1)}\` needs ${digits} hexadecimal digits` };
  }
  return { codePoint, length: 2 + digits };
}

// \0, \07, \012 and any three octal digits are characters; other digits refer back to a group.
function readOctal(source: string, start: number, inClass: boolean): EscapeResult {
  const digits = /^(?:0[0-7]{0,2}|[0-3][0-7]{2})/.exec(source.slice(start + 1, start + 4))?.[0];
  if (digits !== undefined) return { codePoint: Number.parseInt(digits, 8), length: 1 + digits.length };
  if (inClass) return { problem: "digits after a backslash in a class must be octal" };
  return {
    problem: "references back to a group can't be matched in linear time",
    fix: "write what the group may hold a second time",
  };
}
