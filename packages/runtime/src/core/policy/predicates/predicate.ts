// Conditions: what `when_all`, `when_any` and `when_not` may say.
//
//   condition = [ "!" | "not " ] test
//   test      = ( "agent_ctx." / "ctx." / "payload." ) name *( "." name ) ( "==" / "!=" ) literal
//             | "action_type" ( "==" / "!=" ) literal
//             | ( "payload" / "payload_text" ) ( "contains" literal / "matches" pattern )
//             | "effects has" effect-test
//             | "session has" ( "label" / "mark" ) name
//             | "paths in safe_paths"
//
// A missing member equals nothing: `==` is false and `!=` is true of it. Negation turns that round. So a rule that
// applies "unless X is granted" applies where nothing is said of X.

import type { Action } from "../../action.ts";
import { isAscii } from "../../effects/text.ts";
import type { JsonValue } from "../../json.ts";
import { isJsonObject } from "../../json.ts";
import type { RuleInput } from "../../rule.ts";
import type { SeenValue } from "../keys/rule-key.ts";
import type { Budget } from "../budget.ts";
import type { CelView } from "../cel/index.ts";
import type { ProblemCode } from "../problem.ts";
import { judgeSafePaths } from "../safe-paths.ts";
import { HistoryUnknown } from "../state/state-view.ts";
import { suggestion } from "../suggest.ts";
import type { PolicyTexts } from "../texts.ts";
import { typeKey } from "../type-name.ts";
import type { Pattern } from "../pattern/matcher.ts";
import { PatternProblem } from "../pattern/translate.ts";
import { firstPassing, parseEffectTest, patternsOf, type EffectTest } from "./effect-test.ts";
import { equalsLiteral, parseLiteral, resemblesLiteral, type Literal } from "./literal.ts";
import { foundInAny, foundInWhole, patternTest, wordTest, type TextTest } from "./text-test.ts";

interface MemberTest {
  readonly kind: "member";
  readonly of: "agent_ctx" | "payload";
  readonly path: readonly string[];
  readonly equal: boolean;
  readonly literal: Literal;
}

type Test =
  | MemberTest
  | { readonly kind: "action_type"; readonly equal: boolean; readonly type: string }
  | { readonly kind: "text"; readonly test: TextTest }
  | { readonly kind: "effects"; readonly test: EffectTest }
  | { readonly kind: "session"; readonly of: "label" | "mark"; readonly name: string }
  /** Every path the action names or changes is known and under the agent's safe paths. */
  | { readonly kind: "safe_paths" };

/** A condition, read. */
export interface Predicate {
  readonly source: string;
  readonly negated: boolean;
  readonly test: Test;
}

/** A condition, or why it isn't one. */
export type PredicateResult =
  | { readonly predicate: Predicate }
  | { readonly problem: string; readonly code: ProblemCode; readonly fix?: string };

type TestResult = Test | Extract<PredicateResult, { readonly problem: string }>;

// What follows the operator is taken to the end.
const MEMBER = /^(agent_ctx|ctx|payload)\.([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*(==|!=)\s*(.+)/s;
const TYPE = /^action_type\s*(==|!=)\s*(.+)/s;
const TEXT = /^(?:payload|payload_text)\s+(contains|matches)\s+(.+)/is;
const EFFECTS = /^effects\s+has\s+(.+)/is;
const SESSION = /^session\s+has\s+(label|mark)\s+(?:"([\w.-]{1,64})"|'([\w.-]{1,64})'|([\w.-]{1,64}))$/i;
const SAFE_PATHS = /^paths\s+in\s+safe_paths$/i;
const SUBJECTS = ["paths", "agent_ctx", "ctx", "payload", "payload_text", "action_type", "effects", "session"];

/** Read a condition. */
export function parsePredicate(source: string): PredicateResult {
  const text = source.trim();
  const negation = /^(?:!(?!=)|not\s)\s*/i.exec(text)?.[0] ?? "";
  const test = parseTest(text.slice(negation.length));
  if ("problem" in test) return test;
  return { predicate: { source: text, negated: negation !== "", test } };
}

function parseTest(text: string): TestResult {
  const member = MEMBER.exec(text);
  if (member !== null) return memberTest(member);
  const type = TYPE.exec(text);
  if (type !== null) return typeTest(type);
  const words = TEXT.exec(text);
  if (words !== null) return textTest(words[1]?.toLowerCase() ?? "", words[2] ?? "");
  const effects = EFFECTS.exec(text);
  if (effects !== null) {
    const result = parseEffectTest(effects[1] ?? "");
    return "problem" in result ? result : { kind: "effects", test: result.test };
  }
  const session = SESSION.exec(text);
  if (session !== null) return sessionTest(session);
  return SAFE_PATHS.test(text) ? { kind: "safe_paths" } : unknownTest(text);
}

function memberTest([, root = "", path = "", operator, value = ""]: RegExpExecArray): TestResult {
  const parsed = parseLiteral(value);
  if ("problem" in parsed) return { code: "unknown_predicate", problem: parsed.problem };
  const of = root === "payload" ? "payload" : "agent_ctx";
  return { kind: "member", of, path: path.split("."), equal: operator === "==", literal: parsed.literal };
}

function typeTest([, operator, value = ""]: RegExpExecArray): TestResult {
  const parsed = parseLiteral(value);
  if ("problem" in parsed) return { code: "unknown_predicate", problem: parsed.problem };
  if (parsed.literal.type !== "text") {
    return { code: "unknown_predicate", problem: `\`${value}\` is not a type's name: expected text` };
  }
  return { kind: "action_type", equal: operator === "==", type: typeKey(parsed.literal.text) };
}

function textTest(operator: string, value: string): TestResult {
  if (operator === "matches") return matchesTest(value);
  const parsed = parseLiteral(value);
  if ("problem" in parsed) return { code: "unknown_predicate", problem: parsed.problem };
  const { literal } = parsed;
  const word = literal.type === "boolean" ? String(literal.value) : literal.text;
  if (word.trim() === "") return { code: "always_matches", problem: "every text contains empty text" };
  return { kind: "text", test: wordTest(word) };
}

// A pattern stands bare, in quotes, or between slashes.
function matchesTest(value: string): TestResult {
  const unquoted = (/^(["'])(.*)\1$/s.exec(value)?.[2] ?? value).trim();
  const source = /^\/(.*)\/$/s.exec(unquoted)?.[1] ?? unquoted;
  if (source === "") return { code: "always_matches", problem: "an empty pattern matches every text" };
  try {
    const test = patternTest(source);
    if (!test.pattern.possible) {
      return { code: "never_matches", problem: `the pattern \`${source}\` can never match` };
    }
    return { kind: "text", test };
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    const problem = { code: "unusable_pattern", problem: `the pattern \`${source}\`: ${error.message}` } as const;
    return error.fix === undefined ? problem : { ...problem, fix: error.fix };
  }
}

function sessionTest([, of, ...names]: RegExpExecArray): TestResult {
  const name = names.find((one) => one !== undefined) ?? "";
  return { kind: "session", of: of?.toLowerCase() === "mark" ? "mark" : "label", name };
}

function unknownTest(text: string): TestResult {
  const problem = `\`${text}\` is not a condition that is known`;
  if (/[^=!<>]=[^=]/.test(text)) return { code: "unknown_predicate", problem, fix: "compare with == or !=" };
  if (/[<>]/.test(text)) return { code: "unknown_predicate", problem, fix: "only == and != compare" };
  const subject = /^[A-Za-z_]*/.exec(text)?.[0] ?? "";
  const fix = SUBJECTS.includes(subject)
    ? "write `payload contains …`, `payload.name == …`, `agent_ctx.name == …`, `effects has …`, `session has label …` or `paths in safe_paths`"
    : suggestion(subject, SUBJECTS);
  return { code: "unknown_predicate", problem, fix };
}

/** The patterns of a condition: what they cost is counted. */
export function patternsIn({ test }: Predicate): readonly Pattern[] {
  if (test.kind === "effects") return patternsOf(test.test);
  return test.kind === "text" && test.test.kind === "pattern" ? [test.test.pattern] : [];
}

/** What conditions are asked of. `texts` reads the action's texts, once, when first needed. */
export interface PredicateInput extends RuleInput {
  readonly texts: () => PolicyTexts;
  readonly budget: Budget;
  /** What conditions in CEL see, made once, when first needed. */
  readonly cel: () => CelView;
}

/**
 * Whether a condition holds. `exempting` conditions switch a rule off when they hold (`when_not`): text tests must
 * then hold for the texts that stand for the whole action.
 */
export function holds(predicate: Predicate, input: PredicateInput, exempting: boolean): boolean {
  return testHolds(predicate.test, input, exempting !== predicate.negated) !== predicate.negated;
}

/** What a condition read of an action, for people; nothing for one that looks into texts. Values are cut. */
export function seenBy({ test }: Predicate, input: RuleInput): readonly SeenValue[] {
  switch (test.kind) {
    case "member": {
      const value = memberOf(input, test.of, test.path);
      const text = value === undefined ? "(missing)" : JSON.stringify(value);
      return [{ source: [test.of, ...test.path].join("."), value: cut(text) }];
    }
    case "action_type":
      return [{ source: "action_type", value: input.action.action_type }];
    case "effects": {
      const kinds = [...new Set(input.effects.map(({ kind }) => kind))].join(", ");
      return [{ source: "effects", value: kinds === "" ? "(none)" : cut(kinds) }];
    }
    case "text":
    case "session":
    case "safe_paths":
      return [];
    default:
      return test satisfies never;
  }
}

const LONGEST_SEEN = 120;

function cut(text: string): string {
  return text.length <= LONGEST_SEEN ? text : `${text.slice(0, LONGEST_SEEN)}…`;
}

function testHolds(test: Test, input: PredicateInput, exempting: boolean): boolean {
  switch (test.kind) {
    case "member":
      return memberHolds(test, input, exempting);
    case "action_type":
      return isOfType(input.action, test.type) === test.equal;
    case "text":
      return (exempting ? foundInWhole : foundInAny)(test.test, input.texts(), input.budget);
    case "effects":
      return firstPassing(input.effects, test.test, input) !== null;
    case "session": {
      if (input.state === undefined) throw new HistoryUnknown();
      return (test.of === "mark" ? input.state.marks : input.state.labels).includes(test.name);
    }
    case "safe_paths":
      return judgeSafePaths(input).verdict === "inside";
    default:
      return test satisfies never;
  }
}

// The payload is the agent's own words, and a list may hold several: where that leaves a doubt, the rule applies.
function memberHolds(test: MemberTest, input: PredicateInput, exempting: boolean): boolean {
  const value = memberOf(input, test.of, test.path);
  const list: readonly (JsonValue | undefined)[] = Array.isArray(value) && value.length > 0 ? value : [value];
  const loose = test.of === "payload" && test.equal !== exempting;
  const compare = loose ? resemblesLiteral : equalsLiteral;
  const holdsFor = (item: JsonValue | undefined): boolean => {
    if (typeof item === "string" && loose) input.budget.spend(foldUnits(item));
    return compare(item, test.literal) === test.equal;
  };
  input.budget.spend(list.length);
  return exempting ? list.every(holdsFor) : list.some(holdsFor);
}

// What folding a text costs: outside ASCII it is normalised, and each letter is looked up.
function foldUnits(text: string): number {
  return isAscii(text) ? 2 + text.length / 8 : 90 + text.length * 8;
}

/** The member that a condition is about; undefined when there is none. */
export function memberOf(
  input: RuleInput,
  of: "agent_ctx" | "payload",
  path: readonly string[],
): JsonValue | undefined {
  const root = of === "payload" ? input.action.payload : input.agent.raw;
  const value = memberAt(root, path);
  // `environment` and `env` are one setting under two names.
  const other = of === "agent_ctx" && value === undefined ? ENVIRONMENT[path.join(".")] : undefined;
  return other === undefined ? value : memberAt(root, [other]);
}

const ENVIRONMENT: Readonly<Record<string, string>> = { environment: "env", env: "environment" };

function memberAt(root: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isOfType(action: Action, type: string): boolean {
  return action.action_type === type || typeKey(action.raw_action_type) === type;
}
