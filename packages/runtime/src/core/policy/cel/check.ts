// Static types of a condition: what can never be right is told when the policy loads, with the place and what to write.

import { checkCall } from "./check-call.ts";
import type { CelEnvironment } from "./environment.ts";
import { FUNCTIONS } from "./functions/index.ts";
import { TYPE_IDENTS } from "./functions/convert.ts";
import { unreachable, type BinaryNode, type CelLiteral, type CelNode, type ComprehensionNode } from "./node.ts";
import { CelProblem, type Span } from "./problem.ts";
import { qualifiedType } from "./qualified-type.ts";
import { nearestWord, suggestion } from "../suggest.ts";
import {
  BOOL,
  DYN,
  INT,
  joinTypes,
  JSON_VALUE,
  listOf,
  mayBe,
  mayBeEqual,
  mayBeNumber,
  STRING,
  TIMESTAMP,
  typeText,
  type CelType,
} from "./type.ts";
import { CelBytes, CelDecimal, CelUint } from "./value.ts";

/** What names mean where a node stands. */
export interface TypeScope {
  readonly environment: CelEnvironment;
  readonly variables: ReadonlyMap<string, CelType>;
}

/**
 * The type of a node.
 *
 * @throws {CelProblem} for a name that isn't there, and for values that can't go together.
 */
export function checkNode(node: CelNode, scope: TypeScope): CelType {
  switch (node.kind) {
    case "literal":
      return literalType(node.value);
    case "ident":
      return identType(node.name, node, scope);
    case "select":
      return selectType(node, scope);
    case "index":
      return indexType(node, scope);
    case "list":
      return listOf(joined(node.items.map((item) => checkNode(item, scope))));
    case "map":
      return mapType(node, scope);
    case "and":
    case "or":
      for (const operand of node.operands) expectBool(operand, scope, node.kind === "and" ? "`&&`" : "`||`");
      return BOOL;
    case "not":
      expectBool(node.operand, scope, "`!`");
      return BOOL;
    case "negate":
      return negateType(node.operand, scope);
    case "binary":
      return binaryType(node, scope);
    case "conditional":
      expectBool(node.test, scope, "`?:`");
      return joinTypes(checkNode(node.yes, scope), checkNode(node.no, scope));
    case "call":
      return checkCall(node, scope);
    case "comprehension":
      return comprehensionType(node, scope);
    default:
      return unreachable(node);
  }
}

function literalType(value: CelLiteral): CelType {
  if (value === null) return { kind: "null" };
  if (typeof value === "boolean") return BOOL;
  if (typeof value === "bigint") return INT;
  if (typeof value === "number") return { kind: "double" };
  if (typeof value === "string") return STRING;
  if (value instanceof CelUint) return { kind: "uint" };
  return value instanceof CelBytes ? { kind: "bytes" } : { kind: value instanceof CelDecimal ? "decimal" : "dyn" };
}

function identType(name: string, span: Span, { environment, variables }: TypeScope): CelType {
  const variable = variables.get(name);
  if (variable !== undefined) return variable;
  const root = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (root !== undefined) return root.type;
  if (TYPE_IDENTS.has(name)) return { kind: "type" };
  if (name === "agent_ctx") throw new CelProblem("unknown_name", span, "there is no `agent_ctx` here", "write `ctx`");
  const known = [...variables.keys(), ...Object.keys(environment)];
  const effect = environment["effects"] !== undefined && variables.size === 0 && name === "e";
  const near = suggestion(name, known);
  const fix = near.startsWith("did you mean") ? near : `${near}; text stands in quotes: "${name}"`;
  throw new CelProblem(
    "unknown_name",
    span,
    `there is no \`${name}\` here`,
    effect ? "write effects.exists(e, …)" : fix,
  );
}

function selectType(node: Extract<CelNode, { readonly kind: "select" }>, scope: TypeScope): CelType {
  if (qualifiedType(node) !== null) return { kind: "type" };
  const target = checkNode(node.target, scope);
  const found = memberType(target, node.member, { start: node.target.end, end: node.end });
  return node.test ? BOOL : found;
}

function memberType(target: CelType, member: string, span: Span): CelType {
  switch (target.kind) {
    case "dyn":
    case "json":
      return target;
    case "record": {
      const found = Object.hasOwn(target.members, member) ? target.members[member] : undefined;
      if (found !== undefined) return found;
      const fix = suggestion(member, Object.keys(target.members));
      throw new CelProblem("unknown_name", span, `\`${target.name}\` has no \`${member}\``, fix);
    }
    case "map":
      if (mayBe(target.key, "string")) return target.value;
      throw wrong(span, `the map's keys are of type ${typeText(target.key)}`, `write [key] for .${member}`);
    case "list":
      throw wrong(span, `a list has no member \`${member}\``, "write .exists(e, …) or [0]");
    default: {
      const call = Object.hasOwn(FUNCTIONS, member) || member === "matches" ? `write .${member}(…)` : undefined;
      throw wrong(span, `a ${target.kind} has no member \`${member}\``, call);
    }
  }
}

function indexType(node: Extract<CelNode, { readonly kind: "index" }>, scope: TypeScope): CelType {
  const target = checkNode(node.target, scope);
  const index = checkNode(node.index, scope);
  switch (target.kind) {
    case "dyn":
    case "json":
      if (mayBeNumber(index) || mayBe(index, "string") || mayBe(index, "bool")) return target;
      throw wrong(node.index, "an index is a number or a text");
    case "list":
      if (mayBeNumber(index) && index.kind !== "decimal") return target.item;
      throw wrong(node.index, `a list's index is an int, not a ${typeText(index)}`);
    case "map":
      if (mayBeEqual(target.key, index)) return target.value;
      throw wrong(node.index, `the map's keys are of type ${typeText(target.key)}, not ${typeText(index)}`);
    default:
      throw wrong(node, `a ${typeText(target)} has no index`, "write .name");
  }
}

function mapType(node: Extract<CelNode, { readonly kind: "map" }>, scope: TypeScope): CelType {
  const keys = node.entries.map(({ key }) => {
    const type = checkNode(key, scope);
    const usable = ["int", "uint", "bool", "string"].some((kind) => type.kind === kind);
    if (usable || type.kind === "dyn" || type.kind === "json") return type;
    throw wrong(key, `a key is an int, a uint, a bool or a string, not a ${typeText(type)}`);
  });
  const values = node.entries.map(({ value }) => checkNode(value, scope));
  return { kind: "map", key: joined(keys), value: joined(values) };
}

function joined(types: readonly CelType[]): CelType {
  const [first, ...others] = types;
  return first === undefined ? DYN : others.reduce(joinTypes, first);
}

/** Check a part that must be a truth value. */
function expectBool(node: CelNode, scope: TypeScope, what: string): void {
  const type = checkNode(node, scope);
  if (!mayBe(type, "bool")) throw wrong(node, `${what} takes a truth value, not a ${typeText(type)}`);
}

function negateType(operand: CelNode, scope: TypeScope): CelType {
  const type = checkNode(operand, scope);
  if (mayBeNumber(type) && type.kind !== "uint") return type.kind === "json" ? { kind: "double" } : type;
  throw wrong(operand, `\`-\` takes a number with a sign, not a ${typeText(type)}`);
}

function binaryType(node: BinaryNode, scope: TypeScope): CelType {
  const left = checkNode(node.left, scope);
  const right = checkNode(node.right, scope);
  switch (node.operator) {
    case "==":
    case "!=":
      if (!mayBeEqual(left, right)) throw neverEqual(node, left, right);
      checkWord(left, node.right);
      checkWord(right, node.left);
      return BOOL;
    case "<":
    case "<=":
    case ">":
    case ">=":
      if (!mayBeOrdered(left, right)) throw neverEqual(node, left, right);
      return BOOL;
    case "in":
      return inType(node, left, right);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmeticType(node, left, right);
    default:
      return node.operator satisfies never;
  }
}

function mayBeOrdered(left: CelType, right: CelType): boolean {
  if (mayBeNumber(left) && mayBeNumber(right)) return true;
  return ORDERED.some((kind) => mayBe(left, kind) && mayBe(right, kind));
}

const ORDERED = ["bool", "string", "bytes", "timestamp", "duration"] as const;

function neverEqual(node: BinaryNode, left: CelType, right: CelType): CelProblem {
  const message = `a ${typeText(left)} and a ${typeText(right)} are never compared with \`${node.operator}\``;
  return wrong(node, message, conversionFix(left, right) ?? conversionFix(right, left));
}

// `decimal` and times are written as text in JSON; a text that reads as a number is none.
function conversionFix(have: CelType, other: CelType): string | undefined {
  if (have.kind !== "string" && have.kind !== "json") return undefined;
  const into = ["decimal", "int", "double", "timestamp", "duration"].find((kind) => kind === other.kind);
  return into === undefined ? undefined : `write ${into}(…) around the ${have.kind === "string" ? "text" : "value"}`;
}

/** A word that is compared with one of a closed list must stand in it. */
function checkWord(type: CelType, node: CelNode): void {
  if (type.kind !== "string" || type.oneOf === undefined) return;
  if (node.kind !== "literal" || typeof node.value !== "string" || type.oneOf.includes(node.value)) return;
  const near = nearestWord(node.value, type.oneOf);
  const fix = near === null ? `use one of ${type.oneOf.join(", ")}` : `did you mean "${near}"?`;
  throw new CelProblem("unknown_value", node, `"${node.value}" is none of the values that this can have`, fix);
}

function inType(node: BinaryNode, left: CelType, right: CelType): CelType {
  const among = right.kind === "list" ? right.item : right.kind === "map" ? right.key : right;
  const known = right.kind === "list" || right.kind === "map";
  if (!known && right.kind !== "json" && right.kind !== "dyn") {
    const fix = right.kind === "string" ? "write text.contains(part)" : undefined;
    throw wrong(node.right, `\`in\` looks into a list or a map, not into a ${typeText(right)}`, fix);
  }
  if (known && !mayBeEqual(left, among)) {
    throw wrong(node, `a ${typeText(left)} is never in a ${typeText(right)}`);
  }
  if (node.right.kind === "list") for (const item of node.right.items) checkWord(left, item);
  checkWord(among, node.left);
  return BOOL;
}

function arithmeticType(node: BinaryNode, left: CelType, right: CelType): CelType {
  const { operator } = node;
  const found = RESULTS.find(
    (row) => row.operators.includes(operator) && mayBe(left, row.left) && mayBe(right, row.right),
  );
  if (found === undefined) throw noArithmetic(node, left, right);
  if (left.kind === "dyn" || right.kind === "dyn") return DYN;
  if (found.result === "list") return joinTypes(left, right);
  const certain = left.kind === found.left && right.kind === found.right;
  const sums = operator === "+" && left.kind === "json" && right.kind === "json";
  return sums ? JSON_VALUE : certain || found.result !== "string" ? resultType(found.result) : DYN;
}

type ResultKind = "int" | "uint" | "double" | "decimal" | "string" | "bytes" | "list" | "timestamp" | "duration";

interface Row {
  readonly operators: string;
  readonly left: CelType["kind"];
  readonly right: CelType["kind"];
  readonly result: ResultKind;
}

const RESULTS: readonly Row[] = [
  { operators: "+-*/%", left: "int", right: "int", result: "int" },
  { operators: "+-*/%", left: "uint", right: "uint", result: "uint" },
  { operators: "+-*/", left: "double", right: "double", result: "double" },
  { operators: "+-*", left: "decimal", right: "decimal", result: "decimal" },
  ...(["int", "uint", "double"] as const).flatMap((other) => [
    { operators: "+-*", left: "decimal", right: other, result: "decimal" } as const,
    { operators: "+-*", left: other, right: "decimal", result: "decimal" } as const,
  ]),
  { operators: "+", left: "string", right: "string", result: "string" },
  { operators: "+", left: "bytes", right: "bytes", result: "bytes" },
  { operators: "+", left: "list", right: "list", result: "list" },
  { operators: "+-", left: "timestamp", right: "duration", result: "timestamp" },
  { operators: "+", left: "duration", right: "timestamp", result: "timestamp" },
  { operators: "-", left: "timestamp", right: "timestamp", result: "duration" },
  { operators: "+-", left: "duration", right: "duration", result: "duration" },
];

function resultType(kind: ResultKind): CelType {
  return kind === "list" ? listOf(DYN) : kind === "timestamp" ? TIMESTAMP : { kind };
}

function noArithmetic(node: BinaryNode, left: CelType, right: CelType): CelProblem {
  const kinds = [left.kind, right.kind];
  const message = `\`${node.operator}\` takes no ${typeText(left)} and ${typeText(right)}`;
  if (kinds.includes("decimal") && (node.operator === "/" || node.operator === "%")) {
    return wrong(node, message, "decimals are exact: multiply instead, or write double(…)");
  }
  if (kinds.includes("json") && (kinds.includes("int") || kinds.includes("uint"))) {
    return wrong(node, message, "numbers in JSON are doubles: write 1.0 for 1, or int(…) around the member");
  }
  const mixed = mayBeNumber(left) && mayBeNumber(right);
  return wrong(node, message, mixed ? "convert one of them: int(…), double(…), decimal(…)" : undefined);
}

function comprehensionType(node: ComprehensionNode, scope: TypeScope): CelType {
  const range = checkNode(node.range, scope);
  const item = itemType(range, node.range);
  const inner = { ...scope, variables: new Map([...scope.variables, [node.variable, item]]) };
  if (node.macro === "map") {
    if (node.only !== null) expectBool(node.only, inner, "`map`");
    return listOf(checkNode(node.body, inner));
  }
  expectBool(node.body, inner, `\`${node.macro}\``);
  return node.macro === "filter" ? listOf(item) : BOOL;
}

function itemType(range: CelType, span: Span): CelType {
  switch (range.kind) {
    case "list":
      return range.item;
    case "map":
      return range.key;
    case "json":
    case "dyn":
      return range;
    default:
      throw wrong(span, `macros go through a list or a map, not through a ${typeText(range)}`);
  }
}

/** A problem of types. */
export function wrong(span: Span, message: string, fix?: string): CelProblem {
  return new CelProblem("wrong_type", span, message, fix);
}
