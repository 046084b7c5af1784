// Located values → rules. Everything a rule may say is in RULE_KEYS; anything else is refused, with its place.
//
//   policy = { rules: [ rule, … ] }            rule = { action_type, and any of RULE_KEYS }
//
// A rule that could never speak is refused too: a policy that loads is a policy that works.

import type { Severity } from "../finding.ts";
import type { EffectTest } from "./predicates/effect-test.ts";
import type { Predicate } from "./predicates/predicate.ts";
import type { TextTest } from "./predicates/text-test.ts";
import type { Located, LocatedEntry } from "./parse.ts";
import type { Place, ProblemList } from "./problem.ts";
import { ValueReader } from "./rule-values.ts";
import { suggestion } from "./suggest.ts";
import { typeKey } from "./type-name.ts";

/** The most rules a policy may have. */
export const MAX_RULES = 1000;
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

/** Every key a rule may have. */
export const RULE_KEYS = [
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

type Key = (typeof RULE_KEYS)[number];

const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const VERDICT_KEYS: readonly Key[] = RULE_KEYS.filter((key) => /^(?:deny|require|allow)_/.test(key));
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
        suggestion(entry.key, ["rules"]),
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

class RuleReader {
  readonly #problems: ProblemList;
  readonly #ids = new Map<string, Place>();
  readonly #values: ValueReader;

  constructor(problems: ProblemList) {
    this.#problems = problems;
    this.#values = new ValueReader(problems);
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
      const key = RULE_KEYS.find((known) => known === entry.key);
      if (key !== undefined) members.set(key, entry);
      else
        this.#problems.refuse(
          "unknown_key",
          entry,
          `unknown key \`${entry.key}\` in a rule`,
          suggestion(entry.key, RULE_KEYS),
        );
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
      description: this.#values.text(members.get("description")),
      severity: this.#severity(members.get("severity")),
      action_type: this.#actionType(members.get("action_type")),
      when_all: this.#values.predicates(members.get("when_all")),
      when_any: this.#values.predicates(members.get("when_any")),
      when_not: this.#values.predicates(members.get("when_not")),
      deny: [...this.#values.patterns(members.get("deny_regex")), ...this.#values.words(members.get("deny_if"))],
      deny_effects: this.#values.effects(members.get("deny_effects")),
      require_approval: this.#values.flag(members.get("require_approval")),
      approve: [
        ...this.#values.patterns(members.get("require_approval_regex")),
        ...this.#values.words(members.get("require_approval_if")),
      ],
      approve_effects: this.#values.effects(members.get("require_approval_effects")),
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
    const text = this.#values.text(entry);
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

  #severity(entry: LocatedEntry | undefined): Severity | null {
    const text = this.#values.text(entry);
    if (entry === undefined || text === null) return null;
    const severity = SEVERITIES.find((known) => known === text);
    if (severity === undefined) {
      this.#problems.refuse("unknown_value", entry.value, `unknown severity \`${text}\``, suggestion(text, SEVERITIES));
    }
    return severity ?? null;
  }

  #actionType(entry: LocatedEntry | undefined): string {
    const text = this.#values.text(entry);
    if (entry === undefined || text === null) return "";
    this.#values.reportYamlBoolean(entry.value);
    if (/[*?]/.test(text)) {
      this.#problems.refuse(
        "unknown_value",
        entry.value,
        `\`${text}\` is not a type's name: patterns of types are not read`,
        "write one rule for each type",
      );
    } else if (!/[\p{L}\p{N}]/u.test(typeKey(text))) {
      this.#problems.refuse(
        "unknown_value",
        entry.value,
        `\`${text}\` is not a type's name: expected letters or digits`,
      );
    }
    return text;
  }

  #safePaths(entry: LocatedEntry | undefined): boolean {
    const text = this.#values.text(entry);
    if (entry === undefined || text === null) return false;
    if (text === "safe_paths") return true;
    this.#problems.refuse(
      "unknown_value",
      entry.value,
      `unknown grant \`${text}\` in \`${entry.key}\``,
      suggestion(text, ["safe_paths"]),
    );
    return false;
  }
}
