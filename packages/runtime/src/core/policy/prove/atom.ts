// The parts of conditions that the prover takes as one, and what it knows of each: that it asks one member of the
// payload or the context for a value, that it asks for the action's type or verb, or nothing.

import type { CelLiteral, CelNode } from "../cel/node.ts";
import { childrenOf } from "../cel/node.ts";
import { CelBytes, CelDecimal, CelUint } from "../cel/value.ts";
import { decimalText } from "../cel/decimal-value.ts";

/** A member of the payload or the context: `payload.order.amount`. */
export interface MemberPath {
  readonly root: "payload" | "ctx";
  readonly members: readonly string[];
}

/** One part of a condition. */
export interface Atom {
  readonly node: CelNode;
  /** The same for parts that always come to the same. */
  readonly key: string;
  /** What it asks: one member, the action, or something that nothing is known of. */
  readonly asks: MemberPath | "action" | null;
  /** Whether it stands in the question itself, not only in rules. */
  readonly inCondition: boolean;
}

/** An atom for a part of a condition. Cost: linear. */
export function atomOf(node: CelNode, inCondition: boolean): Atom {
  return { node, key: keyOf(node), asks: pathAsked(node) ?? (asksAction(node) ? "action" : null), inCondition };
}

/** The name of a member, as it is written. */
export function pathText({ root, members }: MemberPath): string {
  return [root, ...members].join(".");
}

/**
 * The one member that a part compares with literals, of itself, as a decimal or as a double; null for any other part.
 * What such a part comes to changes only at those literals.
 */
function pathAsked(node: CelNode): MemberPath | null {
  if (node.kind === "select") return pathOf(node);
  if (node.kind !== "binary") return null;
  switch (node.operator) {
    case "==":
    case "!=":
      return measured(node.left, node.right) ?? measured(node.right, node.left);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return numberOf(node.right) === null
        ? numberOf(node.left) === null
          ? null
          : measured(node.right, node.left)
        : measured(node.left, node.right);
    case "in": {
      const { right } = node;
      return right.kind === "list" && right.items.every(isScalar) ? converted(node.left) : null;
    }
    default:
      return null;
  }
}

function measured(value: CelNode, literal: CelNode): MemberPath | null {
  return isScalar(literal) ? converted(value) : null;
}

function converted(node: CelNode): MemberPath | null {
  const [first, ...others] = node.kind === "call" && node.target === null ? node.args : [];
  if (node.kind === "call" && CONVERSIONS.has(node.name) && first !== undefined && others.length === 0) {
    return pathOf(first);
  }
  return pathOf(node);
}

const CONVERSIONS: ReadonlySet<string> = new Set(["decimal", "double"]);

function pathOf(node: CelNode): MemberPath | null {
  if (node.kind !== "select") return null;
  const { target, member } = node;
  if (target.kind === "ident") {
    if (target.name === "payload") return { root: "payload", members: [member] };
    if (target.name !== "ctx") return null;
    return { root: "ctx", members: [member === "env" ? "environment" : member] };
  }
  const outer = target.kind === "select" && !target.test ? pathOf(target) : null;
  return outer === null ? null : { ...outer, members: [...outer.members, member] };
}

function isScalar(node: CelNode): boolean {
  if (node.kind === "literal") return !(node.value instanceof CelBytes);
  return numberOf(node) !== null;
}

/** A number that is written in a condition, as decimal text; null for what is none. */
export function numberOf(node: CelNode): string | null {
  if (node.kind === "literal") return numberText(node.value);
  if (node.kind !== "call" || node.name !== "decimal" || node.target !== null) return null;
  const [text] = node.args;
  if (text?.kind !== "literal") return null;
  const written = typeof text.value === "string" && /^-?\d+(?:\.\d+)?$/.test(text.value);
  return written ? short(text.value) : numberText(text.value);
}

function numberText(value: CelLiteral): string | null {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof CelDecimal) return short(decimalText(value));
  if (typeof value !== "number" || (value !== 0 && Math.abs(value) < SMALLEST)) return null;
  return value.toString();
}

// The values that stand for all numbers keep a distance from each literal: literals must be further apart.
const SMALLEST = 1e-100;
const LONGEST = 100;

function short(text: string): string | null {
  return text.length <= LONGEST ? text : null;
}

// Only the canonical type and the verb are known for every action; how a type was spelt is not.
function asksAction(node: CelNode): boolean {
  if (node.kind !== "binary" || (node.operator !== "==" && node.operator !== "!=" && node.operator !== "in"))
    return false;
  const literals = node.right.kind === "list" ? node.right.items : [node.right];
  return isActionMember(node.left) && literals.every((item) => item.kind === "literal");
}

function isActionMember(node: CelNode): boolean {
  const known = node.kind === "select" && (node.member === "type" || node.member === "verb");
  return known && !node.test && node.target.kind === "ident" && node.target.name === "action";
}

/** Every literal in a part, with those inside lists. */
export function literalsIn(node: CelNode): readonly CelNode[] {
  if (node.kind === "literal" || numberOf(node) !== null) return [node];
  return childrenOf(node).flatMap(literalsIn);
}

// Two parts that are written alike come to the same; blanks, comments and brackets don't matter.
function keyOf(node: CelNode): string {
  switch (node.kind) {
    case "literal":
      return literalKey(node.value);
    case "ident":
      return node.name;
    case "select":
      return `${node.test ? "has " : ""}${keyOf(node.target)}.${node.member === "env" ? "environment" : node.member}`;
    default: {
      const { start: _start, end: _end, ...rest } = node;
      const plain = Object.entries(rest).filter(([, value]) => typeof value === "string");
      return `${JSON.stringify(plain)}(${childrenOf(node).map(keyOf).join(", ")})`;
    }
  }
}

function literalKey(value: CelLiteral): string {
  if (value instanceof CelBytes) return `bytes ${[...value.bytes].join(",")}`;
  if (value instanceof CelUint) return `uint ${value.value}`;
  if (value instanceof CelDecimal) return `decimal ${decimalText(value)}`;
  return `${typeof value} ${JSON.stringify(String(value))}`;
}
