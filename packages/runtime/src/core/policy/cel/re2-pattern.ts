// Patterns of `matches`: RE2's own dialect, as CEL says; run in linear time.

import { RE2JS } from "re2js";
import { isBeyondAscii, type Pattern } from "../pattern/matcher.ts";
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
  const engine = compiled(source);
  const size = engine.programSize();
  if (size > MAX_SIZE) throw new PatternProblem("the counted repeats come to too much", "count to less, or use + or *");
  const { possible, required } = knownOf(source);
  return {
    source,
    possible,
    size,
    required,
    mayMatch: (text) => required === null || isBeyondAscii(text) || text.toLowerCase().includes(required),
    test: (text) => engine.test(text),
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

// What Python's dialect knows of a pattern holds of RE2's too wherever both can read it: they differ in which
// characters some classes have, never in the letters that a match must hold.
function knownOf(source: string): { readonly possible: boolean; readonly required: string | null } {
  try {
    const { possible, required } = translatePattern(source, "ascii");
    return { possible, required };
  } catch (error) {
    if (error instanceof PatternProblem) return { possible: true, required: null };
    throw error;
  }
}
