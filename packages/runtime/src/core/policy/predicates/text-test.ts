// Words and patterns looked for in an action's texts.

import { compilePattern, type Pattern } from "../pattern/matcher.ts";
import { foldForPolicy, type PolicyTexts, type TextForms } from "../texts.ts";

/** A word or a pattern. */
export type TextTest =
  | { readonly kind: "word"; readonly source: string; readonly word: string; readonly folded: string }
  | { readonly kind: "pattern"; readonly source: string; readonly pattern: Pattern };

/** A word, found in any writing of capitals and compatibility forms. */
export function wordTest(word: string): TextTest {
  return { kind: "word", source: word, word, folded: foldForPolicy(word) };
}

/**
 * A pattern of Python's dialect.
 *
 * @throws {PatternProblem} when it is unusable.
 */
export function patternTest(source: string): TextTest {
  return { kind: "pattern", source, pattern: compilePattern(source) };
}

/** Whether any of the action's texts, in any form, passes the test. */
export function foundInAny(test: TextTest, texts: PolicyTexts): boolean {
  return texts.every.some((forms) => passes(test, forms));
}

/** Whether every text that stands for the whole action passes. This is what an exception may rest on. */
export function foundInWhole(test: TextTest, texts: PolicyTexts): boolean {
  return texts.whole.length > 0 && texts.whole.every((forms) => passes(test, forms));
}

function passes(test: TextTest, forms: TextForms): boolean {
  if (test.kind === "pattern") return forms.some((text) => test.pattern.test(text));
  return forms.some((text) => text.includes(test.folded) || text.includes(test.word));
}
