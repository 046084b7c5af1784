// The syntax tree of a condition: small and closed, so that others (index, prover, linter) can analyse it.
//
// `has(x.y)` is a select with `test`; `a && b && c` is one node with three operands, in order; the macros (`all`,
// `exists`, `exists_one`, `map`, `filter`) are comprehensions; every other function is a call, its receiver the target.

import type { Span } from "./problem.ts";
import type { CelBytes, CelDecimal, CelUint } from "./value.ts";

/** What a literal can be; `decimal` only where a parameter of the policy was put in. */
export type CelLiteral = null | boolean | bigint | CelUint | number | string | CelBytes | CelDecimal;

/** The operators with two operands but `&&` and `||`. */
export type CelOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

/** The macros that go through a list or a map's keys. */
export type CelMacro = "all" | "exists" | "exists_one" | "map" | "filter";

export interface LiteralNode extends Span {
  readonly kind: "literal";
  readonly value: CelLiteral;
}
export interface IdentNode extends Span {
  readonly kind: "ident";
  readonly name: string;
}
export interface SelectNode extends Span {
  readonly kind: "select";
  readonly target: CelNode;
  readonly member: string;
  /** Whether it only asks if the member is there: `has(target.member)`. */
  readonly test: boolean;
}
export interface IndexNode extends Span {
  readonly kind: "index";
  readonly target: CelNode;
  readonly index: CelNode;
}
export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly CelNode[];
}
export interface MapNode extends Span {
  readonly kind: "map";
  readonly entries: readonly { readonly key: CelNode; readonly value: CelNode }[];
}
/** `&&` or `||` of two operands or more. */
export interface LogicalNode extends Span {
  readonly kind: "and" | "or";
  readonly operands: readonly CelNode[];
}
export interface UnaryNode extends Span {
  readonly kind: "not" | "negate";
  readonly operand: CelNode;
}
export interface BinaryNode extends Span {
  readonly kind: "binary";
  readonly operator: CelOperator;
  readonly left: CelNode;
  readonly right: CelNode;
}
/** `test ? yes : no`. */
export interface ConditionalNode extends Span {
  readonly kind: "conditional";
  readonly test: CelNode;
  readonly yes: CelNode;
  readonly no: CelNode;
}
export interface CallNode extends Span {
  readonly kind: "call";
  readonly name: string;
  /** What stands before the point; null for a plain function. */
  readonly target: CelNode | null;
  readonly args: readonly CelNode[];
}
export interface ComprehensionNode extends Span {
  readonly kind: "comprehension";
  readonly macro: CelMacro;
  readonly variable: string;
  readonly range: CelNode;
  /** The condition of `map(x, condition, body)`; null elsewhere. */
  readonly only: CelNode | null;
  readonly body: CelNode;
}

/** One node of a condition's syntax tree, with its place in the source. */
export type CelNode =
  | LiteralNode
  | IdentNode
  | SelectNode
  | IndexNode
  | ListNode
  | MapNode
  | LogicalNode
  | UnaryNode
  | BinaryNode
  | ConditionalNode
  | CallNode
  | ComprehensionNode;

/** The nodes directly below one, in the order of the source. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [node.target];
    case "index":
      return [node.target, node.index];
    case "list":
      return node.items;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "and":
    case "or":
      return node.operands;
    case "not":
    case "negate":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.test, node.yes, node.no];
    case "call":
      return node.target === null ? node.args : [node.target, ...node.args];
    case "comprehension":
      return node.only === null ? [node.range, node.body] : [node.range, node.only, node.body];
    default:
      return unreachable(node);
  }
}

/** For the end of a `switch` over nodes. */
export function unreachable(node: never): never {
  throw new TypeError(`unknown node ${JSON.stringify(node)}`);
}
