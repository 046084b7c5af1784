// A pattern, ready to be tried on texts in linear time.

import { RE2JS } from "re2js";
import { shadowText } from "./char-class.ts";
import { noteTables } from "./engine-memory.ts";
import { PatternProblem, translatePattern } from "./translate.ts";

/** A compiled pattern. */
export interface Pattern {
  readonly source: string;
  /** Whether it can match at all. */
  readonly possible: boolean;
  /** About how many instructions the engine made of it: what a character may cost. */
  readonly size: number;
  /** Text in lower case and ASCII that every text it matches holds, once folded by `literalForm`; null for none. */
  readonly required: string | null;
  /** What making its engine for texts of ASCII, and for others, may cost in units of the budget; 0: it is made. */
  readonly making: { readonly ascii: number; readonly beyond: number };
  /** Whether a text may match, told by looking for the text it must hold. Cost: a search for one word. */
  readonly mayMatch: (text: string) => boolean;
  /** Whether it matches somewhere in the text. Cost: at worst the text's length times `size`, plus making the engine. */
  readonly test: (text: string) => boolean;
}

// eslint-disable-next-line no-control-regex
const BEYOND_ASCII = /[^\u0000-\u007f]/;

/** Whether a text holds more than ASCII: another, larger engine is asked about it. Linear. */
export function isBeyondAscii(text: string): boolean {
  return BEYOND_ASCII.test(text);
}

/**
 * A text as the texts that patterns require are looked for in it: in lower case, with the one letter beyond ASCII that
 * matches an ASCII one without case and isn't lowered to it.
 */
export function literalForm(text: string): string {
  // Many patterns look into the same text, one after the other: the last result is kept.
  if (last.text !== text) last = { text, form: text.toLowerCase().replaceAll("ſ", "s") };
  return last.form;
}

let last = { text: "", form: "" };

/**
 * Compile a pattern of Python's dialect. The engine of one that requires some text is made when it is first asked,
 * which most never are; whether it can be made is told here.
 *
 * @throws {PatternProblem} when it isn't a pattern, or one that can't keep its meaning.
 */
export function compilePattern(source: string): Pattern {
  const { re2, boundary, possible, required, counted, size } = translatePattern(source, "ascii");
  // Only counted repeats of counted repeats are refused by the engine alone.
  let onAscii: RE2JS | null = required === null || counted ? engine(re2) : null;
  let beyond: Beyond | null = size > SMALL ? beyondAscii(source, boundary) : null;
  return {
    source,
    possible,
    size,
    required,
    making: {
      ascii: onAscii === null ? makingUnits(size) : 0,
      beyond: beyond === null ? beyondUnits(source, size) : 0,
    },
    mayMatch: (text) => required === null || literalForm(text).includes(required),
    // Both must agree on a text beyond ASCII: the one knows its letters, the other where its words begin and end.
    test: (text) => {
      if (!BEYOND_ASCII.test(text)) return matches((onAscii ??= engine(re2)), text);
      beyond ??= beyondAscii(source, boundary);
      return matches(beyond.letters, text) && (beyond.words === null || matches(beyond.words, shadowText(text)));
    },
  };
}

const SMALL = 200;

/** Whether an engine matches a text; what it remembers of it is kept within bounds. */
export function matches(engine: RE2JS, text: string): boolean {
  const found = engine.test(text);
  noteTables(engine);
  return found;
}

/** What making an engine of a size may cost, in units of the budget. */
export function makingUnits(size: number): number {
  return 2000 + size * 200;
}

// There are two engines, and classes that know all of Unicode are large.
function beyondUnits(source: string, size: number): number {
  const classes = source.match(/\\[wWdD]/g)?.length ?? 0;
  return 8000 + size * 500 + classes * 24_000;
}

interface Beyond {
  readonly letters: RE2JS;
  /** Null when the pattern asks for no end of a word. */
  readonly words: RE2JS | null;
}

function beyondAscii(source: string, boundary: boolean): Beyond {
  const letters = engine(translatePattern(source, "unicode").re2);
  return { letters, words: boundary ? engine(translatePattern(source, "shadow").re2) : null };
}

function engine(re2: string): RE2JS {
  try {
    return RE2JS.compile(re2);
  } catch (error) {
    const problem = error instanceof Error ? error.message : "unknown";
    throw new PatternProblem(`the pattern can't be compiled: ${problem.split("\n", 1)[0]}`);
  }
}
