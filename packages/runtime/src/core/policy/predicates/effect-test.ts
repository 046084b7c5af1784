// `net.connect where host.class == "public" and sends == true`: a test on what an action would do.
//
//   test   = ( kind / "outgoing" ) [ "where" clause *( "and" clause ) ]
//   clause = attribute ( "==" | "!=" ) ( value | "none" )
//          | attribute "matches" pattern              pattern in quotes, between slashes, or one bare word
//
// `outgoing` is every kind by which data can leave. Text is compared without case. A list equals or matches when one of its items does; an empty one is `none`.

import type { AgentContext } from "../../agent-context.ts";
import type { Effect } from "../../effects/effect.ts";
import { isOutgoing } from "../../effects/outgoing.ts";
import { isTrustedHost } from "../../trusted-host.ts";
import type { JsonValue } from "../../json.ts";
import type { Budget } from "../budget.ts";
import { compilePattern, type Pattern } from "../pattern/matcher.ts";
import { PatternProblem } from "../pattern/translate.ts";
import { suggestion } from "../suggest.ts";
import { attributesOf, EFFECT_KINDS, isEffectKind, type AttributeType, type EffectClass } from "./effect-attributes.ts";
import { equalsLiteral, parseLiteral, type Literal } from "./literal.ts";
import { tryPattern } from "./try-pattern.ts";

interface Clause {
  readonly path: readonly string[];
  readonly operator: "==" | "!=" | "matches";
  readonly value: Literal | Pattern | null;
}

/** A test that an effect passes or not. */
export interface EffectTest {
  readonly source: string;
  readonly kind: EffectClass;
  readonly clauses: readonly Clause[];
}

/** A test, or why it isn't one. */
export type EffectTestResult =
  | { readonly test: EffectTest }
  | {
      readonly problem: string;
      readonly code: "unknown_effect" | "unknown_value" | "unusable_pattern" | "never_matches";
      readonly fix?: string;
    };

type Refusal = Extract<EffectTestResult, { readonly problem: string }>;

/** Read an effect test. */
export function parseEffectTest(source: string): EffectTestResult {
  const match = /^(\S+)(?:\s+where\s+(.+))?$/s.exec(source.trim());
  if (match === null) return { code: "unknown_effect", problem: `\`${source}\` is not \`kind\` or \`kind where …\`` };
  const [, name = "", conditions] = match;
  if (name !== "outgoing" && !isEffectKind(name)) {
    const problem = `there is no effect \`${name}\``;
    return { code: "unknown_effect", problem, fix: suggestion(name, ["outgoing", ...EFFECT_KINDS]) };
  }
  const clauses: Clause[] = [];
  for (let rest = conditions; rest !== undefined;) {
    const found = CLAUSE.exec(rest);
    if (found === null) {
      const problem = `\`${rest}\` is not \`attribute == value\`, \`attribute != value\` or \`attribute matches pattern\``;
      return { code: "unknown_value", problem };
    }
    const clause = parseClause(name, found);
    if ("problem" in clause) return clause;
    clauses.push(clause);
    rest = found[4];
  }
  return { test: { source: source.trim(), kind: name, clauses } };
}

// A value is quoted, between slashes, or the words up to the next `and`.
const CLAUSE =
  /^\s*([a-z_.]+)\s*(==|!=|matches(?=\s))\s*("[^"]*"|'[^']*'|\/.+?\/|[^\s"'/]\S*(?:\s+(?!and\s)\S+)*)\s*(?:and\s(.+))?$/s;

function parseClause(kind: EffectClass, [, attribute = "", operator, value = ""]: RegExpExecArray): Clause | Refusal {
  const types = attributesOf(kind);
  const type = Object.hasOwn(types, attribute) ? types[attribute] : undefined;
  if (type === undefined) {
    const problem = `\`${kind}\` has no attribute \`${attribute}\``;
    return { code: "unknown_value", problem, fix: suggestion(attribute, Object.keys(types)) };
  }
  const path = attribute.split(".");
  if (operator === "matches") return patternClause(path, type, value);
  const equality = operator === "==" ? "==" : "!=";
  if (/^none$/i.test(value) && canBeNone(type)) return { path, operator: equality, value: null };
  const parsed = parseLiteral(value);
  if ("problem" in parsed) return { code: "unknown_value", problem: parsed.problem };
  const wrong = wrongValue(parsed.literal, type);
  if (wrong !== null) return { code: "unknown_value", problem: `\`${attribute}\` ${wrong}, not \`${value}\`` };
  return { path, operator: equality, value: folded(parsed.literal) };
}

function patternClause(path: readonly string[], type: AttributeType, value: string): Clause | Refusal {
  if (type !== "text" && type !== "text?" && type !== "texts") {
    return { code: "unknown_value", problem: `\`${path.join(".")}\` is not text, so no pattern matches it` };
  }
  const source = /^(["'/])(.*)\1$/s.exec(value)?.[2] ?? value;
  try {
    const pattern = compilePattern(source);
    if (pattern.possible) return { path, operator: "matches", value: pattern };
    return { code: "never_matches", problem: `the pattern \`${source}\` can never match` };
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    const refusal = { code: "unusable_pattern", problem: `the pattern \`${source}\`: ${error.message}` } as const;
    return error.fix === undefined ? refusal : { ...refusal, fix: error.fix };
  }
}

function canBeNone(type: AttributeType): boolean {
  if (typeof type !== "string") return type.includes("none");
  return type === "text?" || type === "number?" || type === "texts";
}

function wrongValue(literal: Literal, type: AttributeType): string | null {
  if (typeof type !== "string") {
    const known = literal.type === "text" && type.includes(literal.text.toLowerCase());
    return known ? null : `is one of ${type.join(", ")}`;
  }
  if (type === "boolean") return literal.type === "boolean" ? null : "is true or false";
  if (type === "number?") return literal.type === "number" ? null : "is a number";
  return literal.type === "boolean" ? "is text" : null;
}

function folded(literal: Literal): Literal {
  return literal.type === "text" ? { ...literal, text: literal.text.toLowerCase() } : literal;
}

/** The patterns of a test: what they cost is counted. */
export function patternsOf(test: EffectTest): readonly Pattern[] {
  return test.clauses.flatMap(({ value }) => (value !== null && "test" in value ? [value] : []));
}

/** What effects are tested with. */
export interface EffectTestInput {
  readonly agent: Pick<AgentContext, "trusted_domains">;
  readonly budget: Budget;
}

/** The first effect that passes the test, or null. Asked for each test, so nothing is allocated. */
export function firstPassing(effects: readonly Effect[], test: EffectTest, input: EffectTestInput): Effect | null {
  input.budget.spend(effects.length / EFFECTS_A_UNIT);
  for (const effect of effects) if (isMeant(effect, test) && passes(effect, test, input)) return effect;
  return null;
}

function isMeant({ kind }: Effect, test: EffectTest): boolean {
  return test.kind === "outgoing" ? isOutgoing(kind) : kind === test.kind;
}

function passes(effect: Effect, { clauses }: EffectTest, input: EffectTestInput): boolean {
  input.budget.spend(clauses.length * CLAUSE_UNITS);
  for (const clause of clauses) if (!passesClause(effect, clause, input)) return false;
  return true;
}

const EFFECTS_A_UNIT = 8;
const CLAUSE_UNITS = 8;

function passesClause(effect: Effect, { path, operator, value }: Clause, { agent, budget }: EffectTestInput): boolean {
  let found: unknown = effect;
  if (path[0] === "trusted") found = isTrusted(effect, agent.trusted_domains);
  else for (const name of path) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : null;
  if (value === null) return isNone(found) === (operator === "==");
  return anyPasses(found, value, budget) === (operator !== "!=");
}

// What names no host can't be trusted.
function isTrusted(effect: Effect, trustedDomains: readonly string[]): boolean {
  return "host" in effect && effect.host !== null && isTrustedHost(effect.host, trustedDomains);
}

function anyPasses(found: unknown, value: Pattern | Literal, budget: Budget): boolean {
  if (!Array.isArray(found)) return isOne(found, value, budget);
  budget.spend(found.length * CLAUSE_UNITS);
  for (const item of found) if (isOne(item, value, budget)) return true;
  return false;
}

function isOne(item: unknown, value: Pattern | Literal, budget: Budget): boolean {
  if ("test" in value) return typeof item === "string" && matches(value, item, budget);
  return equalsLiteral(comparable(item), value);
}

function matches(pattern: Pattern, text: string, budget: Budget): boolean {
  if (tryPattern(pattern, text, budget)) return true;
  const lower = text.toLowerCase();
  return lower !== text && tryPattern(pattern, lower, budget);
}

function isNone(found: unknown): boolean {
  if (Array.isArray(found)) return found.every(isNone);
  return found === null || found === undefined || found === "none";
}

function comparable(item: unknown): JsonValue {
  switch (typeof item) {
    case "string":
      return item.toLowerCase();
    case "boolean":
    case "number":
      return item;
    default:
      return null;
  }
}
