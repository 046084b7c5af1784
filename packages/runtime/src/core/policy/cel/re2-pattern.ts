// Patterns of `matches`: RE2's own dialect, as CEL says; run in linear time.

import { RE2JS } from "re2js";
import { literalForm, makingUnits, matches, type Pattern } from "../pattern/matcher.ts";
import { MAX_PATTERN, MAX_SIZE, PatternProblem, translatePattern } from "../pattern/translate.ts";

/**
 * Compile a pattern of RE2's dialect.
 *
 * @throws {PatternProblem} when it isn't one, is over a limit, or can never match.
 */
export function compileRe2(source: string): Pattern {
  if (source.length > MAX_PATTERN) {
    throw new PatternProblem(`the pattern has ${source.length} characters: expected at most ${MAX_PATTERN}`);
  }
  const { possible, required, estimate } = knownOf(source);
  let engine = estimate === null ? compiled(source) : null;
  const size = estimate ?? engine?.programSize() ?? 0;
  if (size > MAX_SIZE) throw new PatternProblem("the counted repeats come to too much", "count to less, or use + or *");
  return {
    source,
    possible,
    size,
    required,
    making: engine === null ? { ascii: makingUnits(size), beyond: makingUnits(size) } : { ascii: 0, beyond: 0 },
    mayMatch: (text) => required === null || literalForm(text).includes(required),
    test: (text) => matches((engine ??= compiled(source)), text),
  };
}

function compiled(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "unknown";
    const lookAround = /\(\?<?[=!]/.test(source);
    const fix = lookAround ? "look-around can't be matched in linear time: use two conditions" : undefined;
    throw new PatternProblem(`the pattern can't be compiled: ${problem}`, fix);
  }
}

/** Text in lower case and ASCII that every text it matches holds (`literalForm`); null when there is none. */
export function requiredByRe2(source: string): string | null {
  return knownOf(source).required;
}

interface Known {
  readonly possible: boolean;
  readonly required: string | null;
  /** About how many instructions the engine will make of it, where it surely can; null where it must be tried. */
  readonly estimate: number | null;
}

// What Python's dialect knows of a pattern holds of RE2's too wherever both can read it: they differ in which
// characters some classes have, never in the letters that a match must hold.
function knownOf(source: string): Known {
  try {
    const { possible, required, size } = translatePattern(source, "ascii");
    return { possible, required, estimate: required === null || NOT_SURELY_BOTH.test(source) ? null : size };
  } catch (error) {
    if (error instanceof PatternProblem) return { possible: true, required: null, estimate: null };
    throw error;
  }
}

// Counted repeats, flags, and escapes but those that both dialects have.
const NOT_SURELY_BOTH = /[{]|\(\?|\\[^bdswDSW./+*?()[\]{}|^$-]/;
