// Trying a pattern on a text, paid for before it is done.

import { comparisonUnits, type Budget } from "../budget.ts";
import { isBeyondAscii, type Pattern } from "../pattern/matcher.ts";

/** What looking into a text for something of that length costs at least. */
export function searchUnits(text: string, wanted: number = 0): number {
  return SEARCH_UNITS + text.length / CHARACTERS_A_UNIT + comparisonUnits(text.length, wanted);
}

/**
 * Whether a pattern matches somewhere in a text.
 *
 * @throws {BudgetSpent} when that could cost more than is left.
 */
export function tryPattern(pattern: Pattern, text: string, budget: Budget): boolean {
  budget.spend(searchUnits(text, pattern.required?.length));
  if (!pattern.mayMatch(text)) return false;
  // Past some size the engine's tables overflow and it walks every instruction for each character.
  budget.spend(text.length * (pattern.size <= LARGE ? pattern.size : pattern.size * 3));
  // An engine may have to be made first. It is paid for each time, so that the same action always ends the same way.
  const { ascii, beyond } = pattern.making;
  if (ascii + beyond > 0) budget.spend(isBeyondAscii(text) ? beyond : ascii);
  return pattern.test(text);
}

const SEARCH_UNITS = 4;
const CHARACTERS_A_UNIT = 16;
const LARGE = 100;
