// `net.connect where host.class == "public" and sends == true`: a test on what an action would do.
//
//   test   = kind [ "where" clause *( "and" clause ) ]
//   clause = attribute ( "==" | "!=" ) ( value | "none" )

import type { Effect, EffectKind } from "../../effects/effect.ts";
import type { JsonValue } from "../../json.ts";
import { suggestion } from "../suggest.ts";
import { attributesOf, EFFECT_KINDS, isEffectKind, type AttributeType } from "./effect-attributes.ts";
import { equalsLiteral, parseLiteral, type Literal } from "./literal.ts";

interface Clause {
  readonly path: readonly string[];
  readonly equal: boolean;
  /** Null: `none`. */
  readonly literal: Literal | null;
}

/** A test that an effect passes or not. */
export interface EffectTest {
  readonly source: string;
  readonly kind: EffectKind;
  readonly clauses: readonly Clause[];
}

/** A test, or why it isn't one. */
export type EffectTestResult =
  | { readonly test: EffectTest }
  | { readonly problem: string; readonly code: "unknown_effect" | "unknown_value"; readonly fix?: string };

/** Read an effect test. */
export function parseEffectTest(source: string): EffectTestResult {
  const match = /^(\S+)(?:\s+where\s+(.+))?$/s.exec(source.trim());
  const name = match?.[1] ?? "";
  if (match === null) return { code: "unknown_effect", problem: `\`${source}\` is not \`kind\` or \`kind where …\`` };
  if (!isEffectKind(name)) {
    const problem = `there is no effect \`${name}\``;
    return { code: "unknown_effect", problem, fix: suggestion(name, EFFECT_KINDS) };
  }
  const clauses: Clause[] = [];
  for (const text of (match[2] ?? "").split(/\s+and\s+/)) {
    if (match[2] === undefined) break;
    const clause = parseClause(name, text);
    if ("problem" in clause) return clause;
    clauses.push(clause);
  }
  return { test: { source: source.trim(), kind: name, clauses } };
}

type ClauseResult = Clause | Extract<EffectTestResult, { readonly problem: string }>;

function parseClause(kind: EffectKind, text: string): ClauseResult {
  const match = /^([a-z_.]+)\s*(==|!=)\s*(\S.*)$/s.exec(text.trim());
  if (match === null) {
    return { code: "unknown_value", problem: `\`${text}\` is not \`attribute == value\` or \`attribute != value\`` };
  }
  const [, attribute = "", operator, value = ""] = match;
  const types = attributesOf(kind);
  const type = Object.hasOwn(types, attribute) ? types[attribute] : undefined;
  if (type === undefined) {
    const problem = `\`${kind}\` has no attribute \`${attribute}\``;
    return { code: "unknown_value", problem, fix: suggestion(attribute, Object.keys(types)) };
  }
  const clause = { path: attribute.split("."), equal: operator === "==" };
  if (/^none$/i.test(value) && canBeNone(type)) return { ...clause, literal: null };
  const parsed = parseLiteral(value);
  if ("problem" in parsed) return { code: "unknown_value", problem: parsed.problem };
  const wrong = wrongValue(parsed.literal, type);
  if (wrong !== null) return { code: "unknown_value", problem: `\`${attribute}\` ${wrong}, not \`${value}\`` };
  return { ...clause, literal: folded(parsed.literal) };
}

function canBeNone(type: AttributeType): boolean {
  return type === "text?" || type === "number?" || (typeof type !== "string" && type.includes("none"));
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
  return literal.type === "text" ? { type: "text", text: literal.text.toLowerCase() } : literal;
}

/** Whether an effect passes the test. */
export function passesEffectTest(effect: Effect, test: EffectTest): boolean {
  if (effect.kind !== test.kind) return false;
  for (const clause of test.clauses) {
    const value = attributeOf(effect, clause.path);
    const equal = clause.literal === null ? value === null : equalsLiteral(value, clause.literal);
    if (equal !== clause.equal) return false;
  }
  return true;
}

// Effects are JSON objects; text is compared without case, as programs and protected paths are elsewhere.
function attributeOf(effect: Effect, path: readonly string[]): JsonValue {
  let value: unknown = effect;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return null;
    value = Reflect.get(value, name);
  }
  switch (typeof value) {
    case "string":
      return value.toLowerCase();
    case "boolean":
    case "number":
      return value;
    default:
      return null;
  }
}
