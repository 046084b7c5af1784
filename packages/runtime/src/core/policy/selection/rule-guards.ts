// The clauses of a rule, from its conditions and from what it looks for.

import { OUTGOING_KINDS } from "../../effects/outgoing.ts";
import type { RuleSource } from "../check.ts";
import type { Condition } from "../keys/rule-key.ts";
import type { EffectTest } from "../predicates/effect-test.ts";
import type { Predicate } from "../predicates/predicate.ts";
import type { TextTest } from "../predicates/text-test.ts";
import { celClauses } from "./cel-guards.ts";
import { SHORTEST_GRAM_TEXT } from "./gram-index.ts";
import type { Clause, Guard } from "./guard.ts";
import { effectKindsProbe, effectProbe, memberProbe, textsProbe, type Probe } from "./probe.ts";
import { literalTokens, textToken } from "./value-tokens.ts";

/** A rule as far as its guards are told from it. */
export interface GuardedRule extends RuleSource {
  readonly texts: "main" | "all" | null;
  readonly conditions: readonly Condition[];
}

/** The clauses of a rule: each must be true of an action for the rule to matter. None: it may always matter. */
export function clausesOf(rule: GuardedRule): readonly Clause[] {
  const probe = rule.texts === null ? null : textsProbe(rule.texts);
  const clauses = [
    ...rule.when_all.map((predicate) => predicateGuards(predicate, probe)),
    ...(rule.when_any.length === 0 ? [] : [either(rule.when_any, (predicate) => predicateGuards(predicate, probe))]),
    ...(rule.when === null ? [] : celClauses(rule.when.ast)),
    verdictGuards(rule, probe),
  ];
  return clauses.filter((clause) => clause !== null);
}

/** A clause of which any part may be the true one; null when one of them can't be told. */
function either<Part>(parts: readonly Part[], guards: (part: Part) => Clause | null): Clause | null {
  const clause: Guard[] = [];
  for (const part of parts) {
    const found = guards(part);
    if (found === null) return null;
    clause.push(...found);
  }
  return clause;
}

function predicateGuards({ negated, test }: Predicate, texts: Probe | null): Clause | null {
  if (negated) return null;
  switch (test.kind) {
    case "member": {
      if (!test.equal) return null;
      const loose = test.of === "payload";
      return tokenGuards(memberProbe(test.of, test.path, loose), literalTokens(test.literal, loose));
    }
    case "text":
      return texts === null ? null : textGuards(test.test, texts);
    case "effects":
      return effectGuards(test.test);
    case "action_type":
    case "session":
    case "safe_paths":
      return null;
    default:
      return test satisfies never;
  }
}

// Whether a rule's conditions hold or not can't be told without asking, for some keys; then it may fail, and so speak.
const NEVER_FAILING: readonly string[] = ["when_all", "when_any", "when_not", "expires"];

// What these say is looked at here; a rule that has anything else may matter without speaking.
const LOOKED_AT: ReadonlySet<string> = new Set(
  (
    "line col number id named description owner severity any types verbs mode expires when_all when_any when_not tests " +
    "when texts conditions deny deny_effects approve approve_effects approval asksMore"
  ).split(" "),
);

function verdictGuards(rule: GuardedRule, texts: Probe | null): Clause | null {
  if (rule.conditions.some(({ key }) => !NEVER_FAILING.includes(key))) return null;
  for (const [name, value] of Object.entries(rule)) if (!LOOKED_AT.has(name) && says(value)) return null;
  const effects = either([...rule.deny_effects, ...rule.approve_effects], effectGuards);
  const words = either([...rule.deny, ...rule.approve], (test) => (texts === null ? null : textGuards(test, texts)));
  return effects === null || words === null ? null : [...effects, ...words];
}

function says(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== undefined && value !== false;
}

function textGuards(test: TextTest, probe: Probe): Clause | null {
  return holds(probe, test.kind === "word" ? test.folded : test.pattern.required);
}

function holds(probe: Probe, text: string | null): Clause | null {
  return text === null || text.length < SHORTEST_GRAM_TEXT ? null : [{ probe, comparison: { by: "holds", text } }];
}

function tokenGuards(probe: Probe, tokens: readonly string[]): Clause {
  return tokens.map((token) => ({ probe, comparison: { by: "token", token } }));
}

// The most telling part of the test: an attribute that equals something, or holds a text; else the kind.
function effectGuards({ kind, clauses }: EffectTest): Clause {
  if (kind === "outgoing") return tokenGuards(effectKindsProbe, OUTGOING_KINDS.map(textToken));
  for (const { path, operator, value } of clauses) {
    if (value === null || operator === "!=") continue;
    const guards =
      "test" in value
        ? holds(effectProbe(kind, path), value.required)
        : value.type === "boolean"
          ? null
          : tokenGuards(effectProbe(kind, path), literalTokens(value, false));
    if (guards !== null) return guards;
  }
  return tokenGuards(effectKindsProbe, [textToken(kind)]);
}
