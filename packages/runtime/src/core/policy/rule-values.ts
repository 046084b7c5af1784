// The values of a rule's keys: texts, words, patterns, conditions and effect tests, each with its place.

import { compileCel, type CelCondition, type CelOptions, type CelParameters } from "./cel/index.ts";
import { placeWithin } from "./place-within.ts";
import { foldText } from "../effects/text.ts";
import type { Located, LocatedEntry } from "./parse.ts";
import { described } from "./described.ts";
import type { Pattern } from "./pattern/matcher.ts";
import { PatternProblem } from "./pattern/translate.ts";
import { parseEffectTest, patternsOf, type EffectTest } from "./predicates/effect-test.ts";
import { parsePredicate, patternsIn, type Predicate } from "./predicates/predicate.ts";
import { patternTest, wordTest, type TextTest } from "./predicates/text-test.ts";
import type { Place, ProblemList } from "./problem.ts";
import { suggestion } from "./suggest.ts";

/** The most words, patterns, conditions and effect tests a policy may have. */
export const MAX_TESTS = 80_000;
/** The longest word, condition or effect test, in UTF-16 units. */
export const MAX_ITEM = 4096;
/** The longest name or description: that of an action type. */
export const MAX_TEXT = 256;
/** How many instructions all patterns of a policy may come to. */
export const MAX_PATTERN_SIZE = 600_000;
/** Those of patterns that require no text, so that their engines are made when the policy loads and always asked. */
export const MAX_UNGUIDED_SIZE = 60_000;

// Plain words that YAML 1.1 read as true or false: whoever wrote one may not have meant the text.
const YAML_1_1_BOOLEANS: ReadonlySet<string> = new Set(["y", "n", "yes", "no", "on", "off"]);
// What no text of a policy means: control characters but the line end and the tab, and those that turn text around.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;
// What a word would hold if a pattern was meant.
const LIKE_A_PATTERN = /\\[sSdDwWb]|\.[*+]|\(\?[a-zA-Z:]|\[\^|^\^|[^\s$]\$$/;

/** One text of a list, and the value it came from. */
export interface Item extends Place {
  readonly text: string;
  readonly at: Located;
}

/** What has been read so far will cost: shared by a policy and all that it includes. */
export interface ReadCounts {
  tests: number;
  patternSize: number;
  unguidedSize: number;
}

/** Nothing read yet. */
export function newCounts(): ReadCounts {
  return { tests: 0, patternSize: 0, unguidedSize: 0 };
}

/** Reads values, counting what they will cost. */
export class ValueReader {
  /** Where what is wrong goes. */
  readonly problems: ProblemList;
  readonly #parameters: CelParameters;
  readonly #counts: ReadCounts;

  constructor(problems: ProblemList, parameters: CelParameters = {}, counts: ReadCounts = newCounts()) {
    this.problems = problems;
    this.#parameters = parameters;
    this.#counts = counts;
  }

  /** A condition, or another value, in CEL; null (and a problem, at its place in the text) otherwise. */
  expression(entry: LocatedEntry | undefined, expects: CelOptions["expects"]): CelCondition | null {
    if (entry === undefined) return null;
    const { key, value } = entry;
    if (value.kind !== "text" || value.text.trim() === "") {
      const found = value.kind === "text" ? "empty text" : described(value);
      this.problems.refuse("wrong_type", value, `\`${key}\` must be a condition in CEL: found ${found}`, "quote it");
      return null;
    }
    if (!this.#count(1, value) || !this.#isShort(key, value, value.text, MAX_ITEM)) return null;
    const result = compileCel(value.text, { expects, parameters: this.#parameters });
    if ("condition" in result) return result.condition;
    this.problems.refuse(result.code, placeWithin(value, result.start), `\`${key}\`: ${result.problem}`, result.fix);
    return null;
  }

  /** One text that isn't blank; null (and a problem) otherwise. */
  text(entry: LocatedEntry | undefined): string | null {
    if (entry === undefined) return null;
    const { value } = entry;
    if (value.kind === "text" && value.text.trim() !== "" && !CONTROL.test(value.text)) {
      return this.#isShort(entry.key, value, value.text, MAX_TEXT) ? value.text : null;
    }
    this.problems.refuse("wrong_type", value, `\`${entry.key}\` must be text`, "put it in quotes");
    return null;
  }

  /** A truth value; false (and a problem) for anything else. */
  flag(entry: LocatedEntry | undefined): boolean {
    if (entry === undefined) return false;
    const { key, value } = entry;
    if (value.kind === "boolean") return value.value;
    this.problems.refuse("wrong_type", value, `\`${key}\` must be true or false`, "write `true` without quotes");
    return false;
  }

  /** One of a few words; null (and a problem) otherwise. */
  choice<Word extends string>(entry: LocatedEntry | undefined, words: readonly Word[]): Word | null {
    const text = this.text(entry);
    if (entry === undefined || text === null) return null;
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    this.problems.refuse("unknown_value", entry.value, `unknown ${entry.key} \`${text}\``, suggestion(text, words));
    return null;
  }

  /** The values of a list that isn't empty and has at most `most`; none (and a problem) otherwise. */
  list({ key, value }: LocatedEntry, most: number): readonly Located[] {
    if (value.kind !== "list") {
      this.problems.refuse("wrong_type", value, `\`${key}\` must be a list: found ${described(value)}`);
    } else if (value.items.length === 0) {
      this.problems.refuse("empty", value, `\`${key}\` is empty`, "drop the key, or list something");
    } else if (value.items.length > most) {
      const message = `\`${key}\` has ${value.items.length} items: expected at most ${most}`;
      this.problems.refuse("too_large", value, message);
    } else return value.items;
    return [];
  }

  /** A text, or a list of at most `most` texts: none empty, none repeated. */
  items(entry: LocatedEntry, most: number): readonly Item[] {
    return entry.value.kind === "list" && this.list(entry, most).length === 0 ? [] : this.#texts(entry);
  }

  /** A text, or a list of texts: none empty, none repeated. */
  #texts(entry: LocatedEntry | undefined): readonly Item[] {
    if (entry === undefined) return [];
    const { value } = entry;
    const items = value.kind === "list" ? value.items : [value];
    if (items.length === 0 || value.kind === "null") {
      this.problems.refuse("empty", value, `\`${entry.key}\` is empty: expected text, or a list of texts`);
      return [];
    }
    if (!this.#count(items.length, value)) return [];
    const texts = items.flatMap((item) => this.#item(entry.key, item));
    this.#reportRepeats(texts);
    return texts;
  }

  #count(tests: number, at: Place): boolean {
    this.#counts.tests += tests;
    if (this.#counts.tests <= MAX_TESTS) return true;
    this.problems.refuse("too_large", at, `the policy has over ${MAX_TESTS} words, patterns and conditions`);
    return false;
  }

  #isShort(key: string, at: Place, text: string, most: number): boolean {
    if (text.length <= most) return true;
    this.problems.refuse("too_large", at, `\`${key}\` has ${text.length} characters: expected at most ${most}`);
    return false;
  }

  #item(key: string, item: Located): readonly Item[] {
    if (item.kind !== "text") {
      this.problems.refuse("wrong_type", item, `\`${key}\` takes text: found ${described(item)}`, "put text in quotes");
      return [];
    }
    if (item.text.trim() === "") {
      this.problems.refuse("empty", item, `\`${key}\` has an empty text, which would be found everywhere`);
      return [];
    }
    const control = CONTROL.exec(item.text);
    if (control !== null) {
      const code = (control[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
      this.problems.refuse(
        "never_matches",
        item,
        `\`${key}\` holds the control character U+${code}`,
        "in double quotes YAML reads \\b and the like itself: use single quotes",
      );
      return [];
    }
    if (!this.#isShort(key, item, item.text, MAX_ITEM)) return [];
    if (item.style === "block" && item.text.includes("\n")) {
      const message = `\`${key}\` is one text of several lines, which would only be found whole`;
      this.problems.refuse("never_matches", item, message, "write a list, one item a line with `- ` before it");
      return [];
    }
    this.reportYamlBoolean(item);
    return [{ line: item.line, col: item.col, text: item.text, at: item }];
  }

  /** Words to look for. */
  words(entry: LocatedEntry | undefined): readonly TextTest[] {
    return this.#texts(entry).flatMap((item) => {
      this.#reportPatternLikeWord(item);
      if (foldText(item.text).trim() !== "") return [wordTest(item.text)];
      this.problems.refuse(
        "always_matches",
        item,
        "the word is empty once it is folded, so it would be found everywhere",
      );
      return [];
    });
  }

  /** Patterns to look for. */
  patterns(entry: LocatedEntry | undefined): readonly TextTest[] {
    return this.#texts(entry).flatMap((item) => this.#pattern(item));
  }

  #pattern(item: Item): readonly TextTest[] {
    if (!this.#areAffordable([], item)) return [];
    try {
      const test = patternTest(item.text);
      if (!this.#areAffordable([test.pattern], item)) return [];
      if (!test.pattern.possible) {
        const fix = "`^` stands at the start and `$` at the end of what is looked for";
        this.problems.refuse("never_matches", item, `the pattern \`${item.text}\` can never match`, fix);
        return [];
      }
      if (test.pattern.required === null && test.pattern.test("")) {
        const message = `the pattern \`${item.text}\` matches every text`;
        this.problems.report("warning", "always_matches", item, { message });
      }
      return [test];
    } catch (error) {
      if (!(error instanceof PatternProblem)) throw error;
      this.problems.refuse("unusable_pattern", item, `the pattern \`${item.text}\`: ${error.message}`, error.fix);
      return [];
    }
  }

  /** Tests on effects. */
  effects(entry: LocatedEntry | undefined): readonly EffectTest[] {
    return this.#texts(entry).flatMap((item) => {
      if (!this.#areAffordable([], item)) return [];
      const result = parseEffectTest(item.text);
      if ("test" in result) return this.#areAffordable(patternsOf(result.test), item) ? [result.test] : [];
      this.problems.refuse(result.code, item, result.problem, result.fix);
      return [];
    });
  }

  /** Conditions. */
  predicates(entry: LocatedEntry | undefined): readonly Predicate[] {
    return this.#texts(entry).flatMap((item) => {
      if (!this.#areAffordable([], item)) return [];
      const result = parsePredicate(item.text);
      if ("predicate" in result) {
        return this.#areAffordable(patternsIn(result.predicate), item) ? [result.predicate] : [];
      }
      this.problems.refuse(result.code, item, result.problem, result.fix);
      return [];
    });
  }

  #areAffordable(patterns: readonly Pattern[], at: Place): boolean {
    for (const { size, required } of patterns) {
      this.#counts.patternSize += size;
      if (required === null) this.#counts.unguidedSize += size;
    }
    if (this.#counts.patternSize > MAX_PATTERN_SIZE) {
      this.problems.refuse("too_large", at, "the policy's patterns are too large together", "repeat less by count");
    } else if (this.#counts.unguidedSize > MAX_UNGUIDED_SIZE) {
      const message = "the policy's patterns that require no certain text are too large together";
      this.problems.refuse("too_large", at, message, "let each hold two letters or more that must stand there");
    } else return true;
    return false;
  }

  #reportRepeats(items: readonly Item[]): void {
    const seen = new Map<string, Place>();
    for (const item of items) {
      const first = seen.get(item.text);
      if (first === undefined) seen.set(item.text, item);
      else {
        const message = `\`${item.text}\` stands in this list already, on line ${first.line}`;
        this.problems.report("warning", "duplicate_rule", item, { message, fix: "drop one" });
      }
    }
  }

  #reportPatternLikeWord(item: Item): void {
    if (!LIKE_A_PATTERN.test(item.text)) return;
    const message = `\`${item.text}\` looks like a pattern, but is looked for letter by letter here`;
    const fix = "use deny_regex or require_approval_regex";
    this.problems.report("warning", "never_matches", item, { message, fix });
  }

  /** Tell about a plain word that other readers of YAML take for a truth value. */
  reportYamlBoolean(value: Located): void {
    if (value.kind !== "text" || value.style !== "plain" || !YAML_1_1_BOOLEANS.has(value.text.toLowerCase())) return;
    const message = `\`${value.text}\` is text here, but a truth value to readers of YAML 1.1`;
    this.problems.report("error", "yaml_boolean", value, { message, fix: `write "${value.text}" in quotes` });
  }
}
