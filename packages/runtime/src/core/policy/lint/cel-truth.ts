// What can be told of a condition in CEL before any action is seen: parts that can never hold, or always do.
//
// A part is judged by itself: constants, comparisons of one term with fixed values that contradict each other, a term
// compared with itself, and text in lower case compared with capitals. "Always" and "never" are of the cases where the
// part can be told at all: one that reads a missing member still fails.

import { childrenOf, type BinaryNode, type CallNode, type CelLiteral, type CelNode } from "../cel/node.ts";
import { CelDecimal } from "../cel/value.ts";
import { contradict, negated, type Comparison } from "./constraints.ts";

/** A part of a condition whose value is known without a request. */
export interface KnownPart {
  readonly start: number;
  readonly end: number;
  readonly holds: boolean;
  /** Whether it is the whole condition. */
  readonly whole: boolean;
}

/** The largest parts of a condition that always or never hold. Cost: linear in its nodes, squared in its depth. */
export function knownParts(source: string, ast: CelNode): readonly KnownPart[] {
  const found: KnownPart[] = [];
  collect(ast, source, found);
  return found.map((part) => ({ ...part, whole: part.start === ast.start && part.end === ast.end }));
}

function collect(node: CelNode, source: string, found: KnownPart[]): void {
  const holds = truth(node, source);
  if (holds !== null) {
    found.push({ start: node.start, end: node.end, holds, whole: false });
    return;
  }
  // A constant beside `==` or in a list is no condition.
  const joins = node.kind === "and" || node.kind === "or" || node.kind === "not";
  for (const child of childrenOf(node)) if (joins || child.kind !== "literal") collect(child, source, found);
}

/** Whether a node holds whatever the action is; null when that depends on it, or it gives no truth value. */
function truth(node: CelNode, source: string): boolean | null {
  switch (node.kind) {
    case "literal":
      return typeof node.value === "boolean" ? node.value : null;
    case "not": {
      const inner = truth(node.operand, source);
      return inner === null ? null : !inner;
    }
    case "and":
      return allHold(node.operands, source);
    case "or": {
      const opposite = noneHolds(node.operands, source);
      return opposite === null ? null : !opposite;
    }
    case "binary":
      return comparisonTruth(node, source);
    case "conditional": {
      const test = truth(node.test, source);
      return test === null ? null : truth(test ? node.yes : node.no, source);
    }
    case "call":
      return callTruth(node, source);
    default:
      return null;
  }
}

function allHold(operands: readonly CelNode[], source: string): boolean | null {
  const known = operands.map((operand) => truth(operand, source));
  if (known.includes(false)) return false;
  if (known.every((each) => each === true)) return true;
  return contradict(operands.flatMap((operand) => comparisonsOf(operand, source, false))) ? false : null;
}

/** Whether no operand of an `||` ever holds (true), or one always does (false). */
function noneHolds(operands: readonly CelNode[], source: string): boolean | null {
  const known = operands.map((operand) => truth(operand, source));
  if (known.includes(true)) return false;
  if (known.every((each) => each === false)) return true;
  return contradict(operands.flatMap((operand) => comparisonsOf(operand, source, true))) ? false : null;
}

/** The comparisons that a node demands when it must hold (or must not); none where it demands no single one. */
function comparisonsOf(node: CelNode, source: string, opposite: boolean): readonly Comparison[] {
  if (node.kind === "not") return comparisonsOf(node.operand, source, !opposite);
  if (node.kind === (opposite ? "or" : "and") && "operands" in node) {
    return node.operands.flatMap((operand) => comparisonsOf(operand, source, opposite));
  }
  if (node.kind !== "binary") return [];
  const comparison = comparisonOf(node, source);
  if (comparison === null) return [];
  return [opposite ? negated(comparison) : comparison];
}

function comparisonOf(node: BinaryNode, source: string): Comparison | null {
  const { operator } = node;
  if (!isComparison(operator)) return null;
  const [left, right] = [valueOf(node.left), valueOf(node.right)];
  if (left === undefined && right !== undefined) return { term: textOf(node.left, source), operator, value: right };
  if (left !== undefined && right === undefined) {
    return { term: textOf(node.right, source), operator: TURNED[operator], value: left };
  }
  return null;
}

function isComparison(operator: BinaryNode["operator"]): operator is Comparison["operator"] {
  return Object.hasOwn(TURNED, operator);
}

const TURNED: Readonly<Record<Comparison["operator"], Comparison["operator"]>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};

function comparisonTruth(node: BinaryNode, source: string): boolean | null {
  const { operator, left, right } = node;
  if (operator === "in") return membershipTruth(node);
  if (!isComparison(operator)) return null;
  const [first, second] = [valueOf(left), valueOf(right)];
  if (first !== undefined && second !== undefined) {
    const term = "both";
    const is = { term, operator: "==", value: first } as const;
    if (contradict([is, { term, operator, value: second }])) return false;
    return contradict([is, negated({ term, operator, value: second })]) ? true : null;
  }
  if (textOf(left, source) === textOf(right, source))
    return operator === "==" || operator === "<=" || operator === ">=";
  const comparison = comparisonOf(node, source);
  if (comparison === null) return null;
  if (contradict([comparison])) return false;
  if (contradict([negated(comparison)])) return true;
  if (operator !== "==" && operator !== "!=") return null;
  return isOtherCase(first === undefined ? left : right, first ?? second) ? operator === "!=" : null;
}

function membershipTruth({ left, right }: BinaryNode): boolean | null {
  if (right.kind !== "list") return null;
  return right.items.every((item) => isOtherCase(left, valueOf(item))) ? false : null;
}

function callTruth({ name, target, args }: CallNode, source: string): boolean | null {
  const [given] = args;
  if (target === null || given === undefined || !["contains", "startsWith", "endsWith"].includes(name)) return null;
  const value = valueOf(given);
  if (value === "" || textOf(target, source) === textOf(given, source)) return true;
  return isOtherCase(target, value) ? false : null;
}

/** Whether a text is in one case only and what it is compared with isn't. */
function isOtherCase(term: CelNode, value: CelLiteral | undefined): boolean {
  if (term.kind !== "call" || typeof value !== "string") return false;
  if (term.name === "lowerAscii") return /[A-Z]/.test(value);
  return term.name === "upperAscii" && /[a-z]/.test(value);
}

/** A fixed value: a literal, `-literal`, or `decimal("…")` of one; undefined for anything else. */
function valueOf(node: CelNode): CelLiteral | undefined {
  if (node.kind === "literal") return node.value;
  if (node.kind === "negate") {
    const value = valueOf(node.operand);
    return typeof value === "bigint" || typeof value === "number" ? -value : undefined;
  }
  if (node.kind !== "call" || node.name !== "decimal" || node.target !== null) return undefined;
  const text = node.args[0] === undefined ? undefined : valueOf(node.args[0]);
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(typeof text === "string" ? text : "");
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  return new CelDecimal(BigInt(sign + whole + fraction), fraction.length);
}

function textOf({ start, end }: CelNode, source: string): string {
  return source.slice(start, end).replaceAll(/\s+/g, "");
}
