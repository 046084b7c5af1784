// Words and patterns looked for in an action's texts.

import type { Budget } from "../budget.ts";
import { compilePattern, type Pattern } from "../pattern/matcher.ts";
import { foldText } from "../../effects/text.ts";
import type { PolicyTexts, TextForms } from "../texts.ts";

/** A word or a pattern. */
export type TextTest =
  | { readonly kind: "word"; readonly source: string; readonly folded: string }
  | { readonly kind: "pattern"; readonly source: string; readonly pattern: Pattern };

/** A word, found in any writing of capitals and compatibility forms. */
export function wordTest(word: string): TextTest {
  return { kind: "word", source: word, folded: foldText(word) };
}

/**
 * A pattern of Python's dialect.
 *
 * @throws {PatternProblem} when it is unusable.
 */
export function patternTest(source: string): TextTest {
  return { kind: "pattern", source, pattern: compilePattern(source) };
}

/** What texts are looked into, and what that may cost. */
export interface TextSearch {
  readonly texts: PolicyTexts;
  readonly budget: Budget;
}

/** Whether any of the action's texts, in any form, passes the test. */
export function foundInAny(test: TextTest, { texts, budget }: TextSearch): boolean {
  return texts.every.some((forms) => passes(test, forms, budget));
}

/** Whether every text that stands for the whole action passes. This is what an exception may rest on. */
export function foundInWhole(test: TextTest, { texts, budget }: TextSearch): boolean {
  return texts.whole.length > 0 && texts.whole.every((forms) => passes(test, forms, budget));
}

function passes(test: TextTest, forms: TextForms, budget: Budget): boolean {
  return forms.some((text) => (test.kind === "word" ? holds(test.folded, text, budget) : matches(test, text, budget)));
}

// The last of the forms is the folded one, so a folded word finds every writing.
function holds(word: string, text: string, budget: Budget): boolean {
  budget.spend(SEARCH_UNITS + text.length / CHARACTERS_A_UNIT);
  return text.includes(word);
}

function matches({ pattern }: Extract<TextTest, { kind: "pattern" }>, text: string, budget: Budget): boolean {
  budget.spend(SEARCH_UNITS + text.length / CHARACTERS_A_UNIT);
  if (!pattern.mayMatch(text)) return false;
  // Past some size the engine's tables overflow and it walks every instruction for each character.
  const weight = pattern.size <= LARGE ? pattern.size : pattern.size * 3;
  budget.spend(text.length * weight);
  return pattern.test(text);
}

const SEARCH_UNITS = 4;
const CHARACTERS_A_UNIT = 16;
const LARGE = 100;
