// A pattern, ready to be tried on texts in linear time.

import { RE2JS } from "re2js";
import { PatternProblem, translatePattern } from "./translate.ts";

/** A compiled pattern. */
export interface Pattern {
  readonly source: string;
  /** Whether it can match at all. */
  readonly possible: boolean;
  /** Whether it matches somewhere in the text. Cost: linear in the text. */
  readonly test: (text: string) => boolean;
}

// eslint-disable-next-line no-control-regex
const BEYOND_ASCII = /[^\u0000-\u007f]/;
const WORDS_BEYOND = /[\p{L}\p{N}]/gu;
const DIGITS_BEYOND = /\p{Nd}/gu;

/**
 * Compile a pattern of Python's dialect.
 *
 * @throws {PatternProblem} when it isn't a pattern, or one that can't keep its meaning.
 */
export function compilePattern(source: string): Pattern {
  const ascii = translatePattern(source, "ascii");
  const unicode = translatePattern(source, "unicode");
  const onAscii = engine(ascii.re2);
  const onUnicode = engine(unicode.re2);
  const test = (text: string): boolean => {
    if (!BEYOND_ASCII.test(text)) return onAscii.test(text);
    return onUnicode.test(text) || (ascii.boundary && onAscii.test(withAsciiWords(text)));
  };
  return { source, possible: ascii.possible, test };
}

function engine(re2: string): RE2JS {
  try {
    return RE2JS.compile(re2);
  } catch (error) {
    const problem = error instanceof Error ? error.message : "unknown";
    throw new PatternProblem(`the pattern can't be compiled: ${problem.split("\n", 1)[0]}`);
  }
}

// RE2's `\b` knows ASCII words only. With each other letter made an ASCII one, words begin and end where Python's do.
function withAsciiWords(text: string): string {
  return text
    .replace(DIGITS_BEYOND, (digit) => (digit <= "\u007f" ? digit : "0"))
    .replace(WORDS_BEYOND, (letter) => (letter <= "\u007f" ? letter : "a"));
}
