// A policy's parameters: known when it is compiled, so they are put into conditions as if they had been written there.

import type { CelEnvironment } from "./environment.ts";
import { parseDecimal } from "./decimal-value.ts";
import { childrenOf, type CelLiteral, type CelNode } from "./node.ts";
import { listOf, type CelType } from "./type.ts";
import { CelBoxed, type CelValue } from "./value.ts";

/** The value of a parameter, of the type that the policy declares; a decimal as text. */
export type CelParameter =
  | { readonly type: "decimal"; readonly value: string }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "list"; readonly value: readonly (string | number | boolean)[] };

/** Parameters by name. */
export type CelParameters = Readonly<Record<string, CelParameter>>;

// A policy has one set of parameters and may have thousands of conditions.
const ENVIRONMENTS = new WeakMap<CelParameters, CelEnvironment>();

/** The root `params`; none when the policy has no parameters. Cost: that of the parameters, once for each set. */
export function parametersIn(parameters: CelParameters): CelEnvironment {
  const known = ENVIRONMENTS.get(parameters) ?? environmentOf(parameters);
  ENVIRONMENTS.set(parameters, known);
  return known;
}

function environmentOf(parameters: CelParameters): CelEnvironment {
  const names = Object.keys(parameters);
  if (names.length === 0) return {};
  const members = Object.fromEntries(names.map((name) => [name, typeOf(parameters[name])]));
  const value = Object.fromEntries(names.map((name) => [name, valueOf(parameters[name])]));
  return { params: { type: { kind: "record", name: "params", members }, read: () => value } };
}

function typeOf(parameter: CelParameter | undefined): CelType {
  if (parameter === undefined) return { kind: "null" };
  if (parameter.type !== "list") return { kind: parameter.type };
  const [first] = parameter.value;
  const same = parameter.value.every((item) => typeof item === typeof first);
  if (!same || first === undefined) return listOf({ kind: "json" });
  return listOf({ kind: typeof first === "string" ? "string" : typeof first === "number" ? "double" : "bool" });
}

function valueOf(parameter: CelParameter | undefined): CelValue {
  switch (parameter?.type) {
    case undefined:
      return null;
    case "decimal":
      return parseDecimal(parameter.value);
    case "int":
      return BigInt(parameter.value);
    case "string":
    case "bool":
    case "list":
      return parameter.value;
    default:
      return parameter satisfies never;
  }
}

/** The tree with every `params.<name>` that is no list replaced by its value. Names of macros hide `params`. */
export function withParameters(node: CelNode, parameters: CelParameters): CelNode {
  if (Object.keys(parameters).length === 0) return node;
  return replaced(node, (one) => {
    const inParams = one.kind === "select" && one.target.kind === "ident" && one.target.name === "params";
    if (!inParams || one.test || !Object.hasOwn(parameters, one.member)) return null;
    const value = valueOf(parameters[one.member]);
    return isLiteral(value) ? { kind: "literal", value, start: one.start, end: one.end } : null;
  });
}

function isLiteral(value: CelValue): value is CelLiteral {
  return typeof value !== "object" || value === null || value instanceof CelBoxed;
}

function replaced(node: CelNode, by: (node: CelNode) => CelNode | null): CelNode {
  const other = by(node);
  if (other !== null) return other;
  if (childrenOf(node).length === 0) return node;
  const inner = (one: CelNode): CelNode => replaced(one, by);
  switch (node.kind) {
    case "select":
      return { ...node, target: inner(node.target) };
    case "index":
      return { ...node, target: inner(node.target), index: inner(node.index) };
    case "list":
      return { ...node, items: node.items.map(inner) };
    case "map":
      return { ...node, entries: node.entries.map(({ key, value }) => ({ key: inner(key), value: inner(value) })) };
    case "and":
    case "or":
      return { ...node, operands: node.operands.map(inner) };
    case "not":
    case "negate":
      return { ...node, operand: inner(node.operand) };
    case "binary":
      return { ...node, left: inner(node.left), right: inner(node.right) };
    case "conditional":
      return { ...node, test: inner(node.test), yes: inner(node.yes), no: inner(node.no) };
    case "call":
      return { ...node, target: node.target === null ? null : inner(node.target), args: node.args.map(inner) };
    case "comprehension": {
      const range = inner(node.range);
      if (node.variable === "params") return { ...node, range };
      return { ...node, range, only: node.only === null ? null : inner(node.only), body: inner(node.body) };
    }
    default:
      return node;
  }
}
