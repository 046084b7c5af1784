// The clauses of a condition in CEL: its operands under `&&`, as far as each tells something on its own.
//
// One operand that is false makes the whole false, whatever goes wrong in the others, so each is a clause. An operand
// that is `||` is one when all of its own operands tell something.

import type { EffectKind } from "../../effects/effect.ts";
import type { BinaryNode, CallNode, CelLiteral, CelNode, ComprehensionNode } from "../cel/node.ts";
import { childrenOf } from "../cel/node.ts";
import { CelDecimal } from "../cel/value.ts";
import { decimalText, parseDecimal } from "../cel/decimal-value.ts";
import { requiredByRe2 } from "../cel/re2-pattern.ts";
import { isEffectKind } from "../predicates/effect-attributes.ts";
import { effectAttributeProbe, keyOfPlace, placeOf, placeProbe, type Reader } from "./cel-place.ts";
import { SHORTEST_GRAM_TEXT } from "./gram-index.ts";
import type { Clause, Comparison, Guard } from "./guard.ts";
import { effectKindsProbe, type Probe } from "./probe.ts";
import { booleanToken, numberToken, textToken } from "./value-tokens.ts";

/** Makes a probe of what a node reads; null when it reads no place. */
type ProbeOf = (node: CelNode, reader: Reader) => Probe | null;

/** The clauses of a condition. Cost: linear in its nodes. */
export function celClauses(node: CelNode): readonly Clause[] {
  return clausesIn(node, new Set());
}

function clausesIn(node: CelNode, around: ReadonlySet<string>): readonly Clause[] {
  switch (node.kind) {
    case "and": {
      const present = new Set([...around, ...node.operands.flatMap(presentPlace)]);
      return node.operands.flatMap((operand) => clausesIn(operand, present));
    }
    case "or":
      return eitherOf(node.operands.map((operand) => clausesIn(operand, around)));
    case "comprehension":
      return existsClauses(node);
    case "literal":
      return node.value === false ? [[]] : [];
    default:
      return oneClause(simpleGuards(node, placeReader(around)));
  }
}

function oneClause(clause: Clause | null): readonly Clause[] {
  return clause === null ? [] : [clause];
}

// Each way must tell something; the first thing it tells is taken.
function eitherOf(ways: readonly (readonly Clause[])[]): readonly Clause[] {
  const guards: Guard[] = [];
  for (const [clause] of ways) {
    if (clause === undefined) return [];
    guards.push(...clause);
  }
  return [guards];
}

function presentPlace(node: CelNode): readonly string[] {
  if (node.kind !== "select" || !node.test) return [];
  const place = placeOf({ ...node, test: false });
  return place === null ? [] : [keyOfPlace(place)];
}

function placeReader(present: ReadonlySet<string>): ProbeOf {
  return (node, reader) => {
    const place = placeOf(node);
    if (place === null || place.path.length === 0) return null;
    return placeProbe(place, reader, present.has(keyOfPlace(place)));
  };
}

/** The guards of a comparison or call; null when it tells nothing. */
function simpleGuards(node: CelNode, probeOf: ProbeOf): Clause | null {
  switch (node.kind) {
    case "binary":
      return comparisonGuards(node, probeOf);
    case "call":
      return callGuards(node, probeOf);
    case "select":
    case "index":
    case "ident":
      return node.kind === "select" && node.test ? null : guard(probeOf(node, "value"), truth(true));
    case "not":
      return guard(probeOf(node.operand, "value"), truth(false));
    default:
      return null;
  }
}

function truth(value: boolean): Comparison {
  return { by: "token", token: booleanToken(value) };
}

function guard(probe: Probe | null, comparison: Comparison | null): Clause | null {
  return probe === null || comparison === null ? null : [{ probe, comparison }];
}

const MIRRORED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==" } as const;

function comparisonGuards({ operator, left, right }: BinaryNode, probeOf: ProbeOf): Clause | null {
  switch (operator) {
    case "in":
      return membershipGuards(left, right, probeOf);
    case "==":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return orderedGuards(operator, left, right, probeOf) ?? orderedGuards(MIRRORED[operator], right, left, probeOf);
    case "!=":
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return null;
    default:
      return operator satisfies never;
  }
}

function orderedGuards(
  operator: "==" | "<" | "<=" | ">" | ">=",
  ...[place, value, probeOf]: [place: CelNode, value: CelNode, probeOf: ProbeOf]
): Clause | null {
  if (operator === "==") return value.kind === "literal" ? tokenGuard(probeOf(place, "value"), value.value) : null;
  const by = operator.startsWith(">") ? "least" : "most";
  const inner = decimalArgument(place);
  const bound = boundOf(value);
  if (bound === null) return null;
  return guard(probeOf(inner ?? place, inner === null ? "value" : "decimal"), { by, bound });
}

function tokenGuard(probe: Probe | null, literal: CelLiteral): Clause | null {
  const token = tokenOf(literal);
  return token === null ? null : guard(probe, { by: "token", token });
}

function tokenOf(literal: CelLiteral): string | null {
  switch (typeof literal) {
    case "string":
      return textToken(literal);
    case "boolean":
      return booleanToken(literal);
    case "bigint":
      return Number.isSafeInteger(Number(literal)) ? numberToken(Number(literal)) : null;
    case "number":
      return Number.isNaN(literal) ? null : numberToken(literal);
    default:
      return null;
  }
}

function membershipGuards(item: CelNode, list: CelNode, probeOf: ProbeOf): Clause | null {
  if (list.kind !== "list" || list.items.length === 0) return null;
  const guards: Guard[] = [];
  for (const value of list.items) {
    const clause = value.kind === "literal" ? tokenGuard(probeOf(item, "value"), value.value) : null;
    if (clause === null) return null;
    guards.push(...clause);
  }
  return guards;
}

/** What `decimal(…)` is made of; null for anything else. */
function decimalArgument(node: CelNode): CelNode | null {
  if (node.kind !== "call" || node.name !== "decimal" || node.target !== null) return null;
  return node.args[0] ?? null;
}

function boundOf(node: CelNode): number | null {
  const inner = decimalArgument(node);
  if (inner?.kind === "literal") {
    const decimal = typeof inner.value === "string" ? parseDecimal(inner.value) : null;
    return decimal === null ? boundOf(inner) : Number(decimalText(decimal));
  }
  if (node.kind === "negate") {
    const bound = boundOf(node.operand);
    return bound === null ? null : -bound;
  }
  if (node.kind !== "literal") return null;
  const { value } = node;
  if (typeof value === "number") return Number.isNaN(value) ? null : value;
  if (typeof value === "bigint") return Number(value);
  return value instanceof CelDecimal ? Number(decimalText(value)) : null;
}

function callGuards({ name, target, args }: CallNode, probeOf: ProbeOf): Clause | null {
  const [argument] = args;
  if (target === null || args.length !== 1 || argument?.kind !== "literal") return null;
  const { value: text } = argument;
  if (typeof text !== "string") return null;
  switch (name) {
    case "startsWith":
      return guard(probeOf(target, "value"), { by: "prefix", text });
    case "endsWith":
      return guard(probeOf(target, "value"), { by: "suffix", text });
    case "contains":
      return guard(probeOf(target, "value"), holding(text));
    case "matches":
      return guard(probeOf(target, "folded"), holding(requiredByRe2(text)));
    default:
      return null;
  }
}

function holding(text: string | null): Comparison | null {
  return text === null || text.length < SHORTEST_GRAM_TEXT ? null : { by: "holds", text };
}

/** `effects.exists(e, e.kind == "…" && …)`: an effect of that kind, and what is asked of its attributes. */
function existsClauses({ macro, variable, range, body }: ComprehensionNode): readonly Clause[] {
  if (macro !== "exists" || range.kind !== "ident" || range.name !== "effects") return [];
  const operands = body.kind === "and" ? body.operands : [body];
  const kinds = operands.flatMap((operand) => kindsIn(operand, variable))[0];
  if (kinds === undefined) return [];
  const clauses = [
    kinds.map((kind): Guard => ({ probe: effectKindsProbe, comparison: { by: "token", token: textToken(kind) } })),
  ];
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0) return clauses;
  const probeOf: ProbeOf = (node, reader) => attributeProbe(node, reader, { variable, kind });
  const attributes = operands.flatMap((operand) =>
    oneClause(isKindTest(operand, variable) ? null : simpleGuards(operand, probeOf)),
  );
  return [...clauses, ...attributes];
}

function attributeProbe(
  node: CelNode,
  reader: Reader,
  { variable, kind }: { readonly variable: string; readonly kind: EffectKind },
): Probe | null {
  if (node.kind !== "select" || node.test || node.target.kind !== "ident" || node.target.name !== variable) return null;
  return effectAttributeProbe(kind, node.member, reader);
}

function isKindTest(node: CelNode, variable: string): boolean {
  return kindsIn(node, variable).length > 0;
}

// `e.kind == "…"` or `e.kind in ["…"]`: the kinds, as one list; no list for anything else.
function kindsIn(node: CelNode, variable: string): readonly (readonly EffectKind[])[] {
  if (node.kind !== "binary" || !isKindOf(node.left, variable)) return [];
  const values = node.operator === "==" ? [node.right] : node.operator === "in" ? childrenOf(node.right) : [];
  const kinds = values.map((value) => (value.kind === "literal" && typeof value.value === "string" ? value.value : ""));
  return kinds.length > 0 && kinds.every(isEffectKind) ? [kinds.filter(isEffectKind)] : [];
}

function isKindOf(node: CelNode, variable: string): boolean {
  return (
    node.kind === "select" &&
    !node.test &&
    node.member === "kind" &&
    node.target.kind === "ident" &&
    node.target.name === variable
  );
}
