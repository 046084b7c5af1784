// Located values → rules. Everything a rule may say is in KEYS; anything else is refused, with its place.
//
//   policy = { rules: [ rule, … ] }            rule = { action_type, and any of KEYS }
//
// A rule that could never speak is refused too: a policy that loads is a policy that works.

import type { Severity } from "../finding.ts";
import { parseEffectTest, type EffectTest } from "./predicates/effect-test.ts";
import { parsePredicate, type Predicate } from "./predicates/predicate.ts";
import { patternTest, wordTest, type TextTest } from "./predicates/text-test.ts";
import { PatternProblem } from "./pattern/translate.ts";
import type { Located, LocatedEntry } from "./parse.ts";
import type { Place, ProblemList } from "./problem.ts";
import { suggestion } from "./suggest.ts";
import { foldForPolicy } from "./texts.ts";
import { canonicalTypeName } from "./type-name.ts";

/** The most rules a policy may have. */
export const MAX_RULES = 1000;
/** The most words, patterns, conditions and effect tests a policy may have. */
export const MAX_TESTS = 4000;

/** A rule as it was written, every value typed. */
export interface RuleSource extends Place {
  /** `id` as given, or `rule-<number in file order>`. */
  readonly id: string;
  readonly named: boolean;
  readonly description: string | null;
  readonly severity: Severity | null;
  readonly action_type: string;
  readonly when_all: readonly Predicate[];
  readonly when_any: readonly Predicate[];
  readonly when_not: readonly Predicate[];
  readonly deny: readonly TextTest[];
  readonly deny_effects: readonly EffectTest[];
  /** Whether the rule asks whatever the texts say. */
  readonly require_approval: boolean;
  readonly approve: readonly TextTest[];
  readonly approve_effects: readonly EffectTest[];
  readonly safe_paths: boolean;
}

const KEYS = [
  "id",
  "description",
  "severity",
  "action_type",
  "when_all",
  "when_any",
  "when_not",
  "deny_if",
  "deny_regex",
  "deny_effects",
  "require_approval",
  "require_approval_if",
  "require_approval_regex",
  "require_approval_effects",
  "allow_if",
] as const;

type Key = (typeof KEYS)[number];

const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const VERDICT_KEYS: readonly Key[] = KEYS.filter((key) => /^(?:deny|require|allow)_/.test(key));
// Plain words that YAML 1.1 read as true or false: whoever wrote one may not have meant the text.
const YAML_1_1_BOOLEANS: ReadonlySet<string> = new Set(["y", "n", "yes", "no", "on", "off"]);

/** Read the rules of a policy. Problems go to the list; the rules that can be read are returned. */
export function readRules(root: Located, problems: ProblemList): readonly RuleSource[] {
  if (root.kind !== "map") {
    problems.refuse("wrong_type", root, "a policy is a map: expected `rules:` with a list of rules under it");
    return [];
  }
  for (const entry of root.entries) {
    if (entry.key !== "rules") {
      problems.refuse(
        "unknown_key",
        entry,
        `unknown key \`${entry.key}\`: a policy has \`rules\``,
        hint(entry.key, ["rules"]),
      );
    }
  }
  const rules = root.entries.find((entry) => entry.key === "rules")?.value;
  if (rules === undefined) {
    problems.refuse("missing_key", root, "the key `rules` is missing: expected a list of rules");
    return [];
  }
  if (rules.kind !== "list" || rules.items.length === 0) {
    problems.refuse(
      rules.kind === "list" ? "empty" : "wrong_type",
      rules,
      "`rules` must be a list of at least one rule",
    );
    return [];
  }
  if (rules.items.length > MAX_RULES) {
    problems.refuse("too_large", rules, `the policy has ${rules.items.length} rules: expected at most ${MAX_RULES}`);
    return [];
  }
  const reader = new RuleReader(problems);
  return rules.items.flatMap((item, index) => reader.read(item, index + 1));
}

function hint(word: string, words: readonly string[]): string {
  return suggestion(word, words);
}

class RuleReader {
  readonly #problems: ProblemList;
  readonly #ids = new Map<string, Place>();
  #tests = 0;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  read(value: Located, number: number): readonly RuleSource[] {
    if (value.kind !== "map") {
      this.#problems.refuse("wrong_type", value, "a rule is a map: expected `- action_type: …`");
      return [];
    }
    const members = this.#members(value.entries);
    const type = members.get("action_type");
    if (type === undefined) {
      this.#problems.refuse("missing_key", value, "the rule has no `action_type`, so it could never apply");
    }
    const rule = this.#rule(members, { line: value.line, col: value.col, number });
    this.#checkVerdict(rule, members);
    return [rule];
  }

  #members(entries: readonly LocatedEntry[]): ReadonlyMap<Key, LocatedEntry> {
    const members = new Map<Key, LocatedEntry>();
    for (const entry of entries) {
      const key = KEYS.find((known) => known === entry.key);
      if (key !== undefined) members.set(key, entry);
      else this.#problems.refuse("unknown_key", entry, `unknown key \`${entry.key}\` in a rule`, hint(entry.key, KEYS));
    }
    return members;
  }

  #rule(members: ReadonlyMap<Key, LocatedEntry>, at: Place & { readonly number: number }): RuleSource {
    const given = this.#id(members.get("id"));
    const id = given ?? `rule-${at.number}`;
    this.#claimId(id, members.get("id") ?? at);
    return {
      line: at.line,
      col: at.col,
      id,
      named: given !== null,
      description: this.#text(members.get("description")),
      severity: this.#severity(members.get("severity")),
      action_type: this.#actionType(members.get("action_type")),
      when_all: this.#predicates(members.get("when_all")),
      when_any: this.#predicates(members.get("when_any")),
      when_not: this.#predicates(members.get("when_not")),
      deny: [...this.#patterns(members.get("deny_regex")), ...this.#words(members.get("deny_if"))],
      deny_effects: this.#effects(members.get("deny_effects")),
      require_approval: this.#flag(members.get("require_approval")),
      approve: [
        ...this.#patterns(members.get("require_approval_regex")),
        ...this.#words(members.get("require_approval_if")),
      ],
      approve_effects: this.#effects(members.get("require_approval_effects")),
      safe_paths: this.#safePaths(members.get("allow_if")),
    };
  }

  // `require_approval: false` says nothing, but says so plainly; it is what 0.4.2's users write to switch a rule off.
  #checkVerdict(rule: RuleSource, members: ReadonlyMap<Key, LocatedEntry>): void {
    const keys = [...members.keys()];
    if (!keys.some((key) => key === "require_approval" || VERDICT_KEYS.includes(key))) {
      const fix = "add deny_if, deny_regex, deny_effects, require_approval, … or allow_if";
      this.#problems.refuse("no_effect", rule, "the rule decides nothing", fix);
    }
  }

  #id(entry: LocatedEntry | undefined): string | null {
    const text = this.#text(entry);
    if (entry === undefined || text === null) return null;
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
    this.#problems.refuse(
      "bad_id",
      entry.value,
      "an id is 1 to 64 letters, digits, `.`, `_` or `-`, and begins with a letter or digit",
    );
    return null;
  }

  #claimId(id: string, at: Place): void {
    const first = this.#ids.get(id);
    if (first === undefined) this.#ids.set(id, at);
    else this.#problems.refuse("bad_id", at, `the id \`${id}\` is taken by the rule on line ${first.line}`);
  }

  #text(entry: LocatedEntry | undefined): string | null {
    if (entry === undefined) return null;
    if (entry.value.kind !== "text" || entry.value.text.trim() === "") {
      this.#problems.refuse("wrong_type", entry.value, `\`${entry.key}\` must be text`, "put it in quotes");
      return null;
    }
    return entry.value.text;
  }

  #severity(entry: LocatedEntry | undefined): Severity | null {
    const text = this.#text(entry);
    if (entry === undefined || text === null) return null;
    const severity = SEVERITIES.find((known) => known === text);
    if (severity === undefined) {
      this.#problems.refuse("unknown_value", entry.value, `unknown severity \`${text}\``, hint(text, SEVERITIES));
    }
    return severity ?? null;
  }

  #actionType(entry: LocatedEntry | undefined): string {
    const text = this.#text(entry);
    if (entry === undefined || text === null) return "";
    this.#reportYamlBoolean(entry.value);
    if (/[*?]/.test(text)) {
      this.#problems.refuse(
        "unknown_value",
        entry.value,
        `\`${text}\` is not a type's name: patterns of types are not read`,
        "write one rule for each type",
      );
    } else if (!/[\p{L}\p{N}]/u.test(canonicalTypeName(text))) {
      this.#problems.refuse(
        "unknown_value",
        entry.value,
        `\`${text}\` is not a type's name: expected letters or digits`,
      );
    }
    return text;
  }

  #flag(entry: LocatedEntry | undefined): boolean {
    if (entry === undefined) return false;
    if (entry.value.kind === "boolean") return entry.value.value;
    this.#problems.refuse(
      "wrong_type",
      entry.value,
      `\`${entry.key}\` must be true or false`,
      "write `true` without quotes",
    );
    return false;
  }

  #safePaths(entry: LocatedEntry | undefined): boolean {
    const text = this.#text(entry);
    if (entry === undefined || text === null) return false;
    if (text === "safe_paths") return true;
    this.#problems.refuse(
      "unknown_value",
      entry.value,
      `unknown grant \`${text}\` in \`${entry.key}\``,
      hint(text, ["safe_paths"]),
    );
    return false;
  }

  /** A text, or a list of texts: none empty, none repeated. */
  #texts(entry: LocatedEntry | undefined): readonly (Place & { readonly text: string; readonly quoted: boolean })[] {
    if (entry === undefined) return [];
    const { value } = entry;
    const items = value.kind === "list" ? value.items : [value];
    if (items.length === 0 || value.kind === "null") {
      this.#problems.refuse("empty", value, `\`${entry.key}\` is empty: expected text, or a list of texts`);
      return [];
    }
    this.#tests += items.length;
    if (this.#tests > MAX_TESTS) {
      this.#problems.refuse("too_large", value, `the policy has over ${MAX_TESTS} words, patterns and conditions`);
      return [];
    }
    return items.flatMap((item) => this.#item(entry.key, item));
  }

  #item(key: string, item: Located): readonly (Place & { readonly text: string; readonly quoted: boolean })[] {
    if (item.kind !== "text") {
      this.#problems.refuse(
        "wrong_type",
        item,
        `\`${key}\` takes text: found ${described(item)}`,
        "put text in quotes",
      );
      return [];
    }
    if (item.text.trim() === "") {
      this.#problems.refuse("empty", item, `\`${key}\` has an empty text, which would be found everywhere`);
      return [];
    }
    const control = CONTROL.exec(item.text);
    if (control !== null) {
      const code = (control[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
      this.#problems.refuse(
        "never_matches",
        item,
        `\`${key}\` holds the control character U+${code}`,
        "in double quotes YAML reads \\b and the like itself: use single quotes",
      );
      return [];
    }
    this.#reportYamlBoolean(item);
    return [{ line: item.line, col: item.col, text: item.text, quoted: item.style === "quoted" }];
  }

  #words(entry: LocatedEntry | undefined): readonly TextTest[] {
    return this.#texts(entry).flatMap((item) => {
      if (foldForPolicy(item.text).trim() !== "") return [wordTest(item.text)];
      this.#problems.refuse(
        "always_matches",
        item,
        "the word is empty once it is folded, so it would be found everywhere",
      );
      return [];
    });
  }

  #patterns(entry: LocatedEntry | undefined): readonly TextTest[] {
    return this.#texts(entry).flatMap((item) => this.#pattern(item));
  }

  #pattern(item: Place & { readonly text: string }): readonly TextTest[] {
    try {
      const test = patternTest(item.text);
      if (test.kind === "pattern" && !test.pattern.possible) {
        const fix = "`^` stands at the start and `$` at the end of what is looked for";
        this.#problems.refuse("never_matches", item, `the pattern \`${item.text}\` can never match`, fix);
        return [];
      }
      if (test.kind === "pattern" && test.pattern.test("")) {
        const message = `the pattern \`${item.text}\` matches every text`;
        this.#problems.report("warning", "always_matches", item, { message });
      }
      return [test];
    } catch (error) {
      if (!(error instanceof PatternProblem)) throw error;
      this.#problems.refuse("unusable_pattern", item, `the pattern \`${item.text}\`: ${error.message}`, error.fix);
      return [];
    }
  }

  #effects(entry: LocatedEntry | undefined): readonly EffectTest[] {
    return this.#texts(entry).flatMap((item) => {
      const result = parseEffectTest(item.text);
      if ("test" in result) return [result.test];
      this.#problems.refuse(result.code, item, result.problem, result.fix);
      return [];
    });
  }

  #predicates(entry: LocatedEntry | undefined): readonly Predicate[] {
    return this.#texts(entry).flatMap((item) => {
      const result = parsePredicate(item.text);
      if ("predicate" in result) return [result.predicate];
      this.#problems.refuse(result.code, item, result.problem, result.fix);
      return [];
    });
  }

  #reportYamlBoolean(value: Located): void {
    if (value.kind !== "text" || value.style !== "plain" || !YAML_1_1_BOOLEANS.has(value.text.toLowerCase())) return;
    const message = `\`${value.text}\` is text here, but a truth value to readers of YAML 1.1`;
    this.#problems.report("error", "yaml_boolean", value, { message, fix: `write "${value.text}" in quotes` });
  }
}

// What no word or pattern means: every control character but the line end and the tab.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|\p{Cs}/u;

function described(item: Located): string {
  switch (item.kind) {
    case "number":
      return `the number ${item.source}`;
    case "boolean":
      return `the truth value ${item.value}`;
    case "null":
      return "nothing";
    case "list":
      return "a list";
    case "map":
      return "a map";
    case "text":
      return "text";
    default:
      return item satisfies never;
  }
}
