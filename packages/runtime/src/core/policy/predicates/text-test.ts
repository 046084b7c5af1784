// Words and patterns looked for in an action's texts.

import type { Budget } from "../budget.ts";
import { compilePattern, type Pattern } from "../pattern/matcher.ts";
import { foldText } from "../../effects/text.ts";
import type { PolicyTexts, TextForms } from "../texts.ts";
import { searchUnits, tryPattern } from "./try-pattern.ts";

/** A pattern. */
interface PatternTest {
  readonly kind: "pattern";
  readonly source: string;
  readonly pattern: Pattern;
}

/** A word or a pattern. */
export type TextTest = { readonly kind: "word"; readonly source: string; readonly folded: string } | PatternTest;

/** A word, found in any writing of capitals and compatibility forms. */
export function wordTest(word: string): TextTest {
  return { kind: "word", source: word, folded: foldText(word) };
}

/**
 * A pattern of Python's dialect.
 *
 * @throws {PatternProblem} when it is unusable.
 */
export function patternTest(source: string): PatternTest {
  return { kind: "pattern", source, pattern: compilePattern(source) };
}

/** Whether any of the action's texts, in any form, passes the test. */
export function foundInAny(test: TextTest, texts: PolicyTexts, budget: Budget): boolean {
  return texts.every.some((forms) => passes(test, forms, budget));
}

/** Whether every text that stands for the whole action passes. This is what an exception may rest on. */
export function foundInWhole(test: TextTest, texts: PolicyTexts, budget: Budget): boolean {
  return texts.whole.length > 0 && texts.whole.every((forms) => passes(test, forms, budget));
}

// The last of the forms is the folded one, so a folded word finds every writing.
function passes(test: TextTest, forms: TextForms, budget: Budget): boolean {
  if (test.kind === "pattern") return forms.some((text) => tryPattern(test.pattern, text, budget));
  return forms.some((text) => {
    budget.spend(searchUnits(text, test.folded.length));
    return text.includes(test.folded);
  });
}
