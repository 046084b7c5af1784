// Trying a pattern on a text, paid for before it is done.

import type { Budget } from "../budget.ts";
import { isBeyondAscii, type Pattern } from "../pattern/matcher.ts";

/** What looking into a text costs at least. */
export function searchUnits(text: string): number {
  return SEARCH_UNITS + text.length / CHARACTERS_A_UNIT;
}

/**
 * Whether a pattern matches somewhere in a text.
 *
 * @throws {BudgetSpent} when that could cost more than is left.
 */
export function tryPattern(pattern: Pattern, text: string, budget: Budget): boolean {
  budget.spend(searchUnits(text));
  if (!pattern.mayMatch(text)) return false;
  // Past some size the engine's tables overflow and it walks every instruction for each character.
  budget.spend(text.length * (pattern.size <= LARGE ? pattern.size : pattern.size * 3) + engineUnits(pattern, text));
  return pattern.test(text);
}

// An engine may have to be made first. It is paid for each time, so that the same action always ends the same way.
function engineUnits({ required, size }: Pattern, text: string): number {
  if (isBeyondAscii(text)) return BEYOND_ENGINE_UNITS + size * BEYOND_INSTRUCTION_UNITS;
  return required === null ? 0 : ENGINE_UNITS + size * INSTRUCTION_UNITS;
}

const ENGINE_UNITS = 2000;
const INSTRUCTION_UNITS = 200;
const BEYOND_ENGINE_UNITS = 12_000;
const BEYOND_INSTRUCTION_UNITS = 500;

const SEARCH_UNITS = 4;
const CHARACTERS_A_UNIT = 16;
const LARGE = 100;
