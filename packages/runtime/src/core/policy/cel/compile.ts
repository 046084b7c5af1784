// A checked syntax tree → one function. Total: what goes wrong is a `CelFault`, a value like others, which `&&`, `||`,
// `all` and `exists` pass over where another operand decides; only a spent budget is thrown.
//
// What it costs: one unit for each node, spent when a condition begins and again for each item of a macro; texts, lists
// and patterns pay for their length on top.

import { compute, negated, type Arithmetic } from "./arithmetic.ts";
import { callStep } from "./call.ts";
import { comprehensionStep } from "./comprehension.ts";
import { equal, lookUp, order } from "./compare.ts";
import { EffectRecord, hasAttribute, readAttribute } from "./effect-record.ts";
import type { CelEnvironment } from "./environment.ts";
import { TYPE_IDENTS } from "./functions/convert.ts";
import { mapKey } from "./map-key.ts";
import {
  unreachable,
  type CelNode,
  type CelOperator,
  type LogicalNode,
  type MapNode,
  type SelectNode,
} from "./node.ts";
import type { Span } from "./problem.ts";
import { qualifiedType } from "./qualified-type.ts";
import {
  CelBoxed,
  CelFault,
  CelMap,
  CelTypeName,
  isCelList,
  isCelObject,
  type CelErrorCode,
  type CelOutcome,
  type CelValue,
} from "./value.ts";
import type { CelView } from "./view.ts";

/** A compiled node. */
export type Step = (view: CelView) => CelOutcome;

/** What is known where a node stands. */
export interface Scope {
  readonly environment: CelEnvironment;
  /** The place of each macro's variable among the view's locals. */
  readonly slots: ReadonlyMap<string, number>;
  /** How many macros are around. */
  readonly depth: number;
  /** Put around each step, for a trace. */
  readonly around: ((node: CelNode, step: Step) => Step) | null;
}

/**
 * Compile a node.
 *
 * @throws {CelProblem} for a literal that can't be converted, and a pattern that can't be used.
 */
export function compileNode(node: CelNode, scope: Scope): Step {
  const step = stepOf(node, scope);
  return scope.around === null ? step : scope.around(node, step);
}

function stepOf(node: CelNode, scope: Scope): Step {
  switch (node.kind) {
    case "literal": {
      const { value } = node;
      return () => value;
    }
    case "ident":
      return identStep(node.name, spanOf(node), scope);
    case "select":
      return selectStep(node, scope);
    case "index":
      return indexStep(compileNode(node.target, scope), compileNode(node.index, scope), spanOf(node));
    case "list":
      return listStep(node.items.map((item) => compileNode(item, scope)));
    case "map":
      return mapStep(node, scope);
    case "and":
    case "or":
      return logicalStep(node, scope);
    case "not":
      return notStep(compileNode(node.operand, scope), spanOf(node));
    case "negate": {
      const at = spanOf(node);
      const operand = compileNode(node.operand, scope);
      return (view) => {
        const value = operand(view);
        return value instanceof CelFault ? value : negated(value, { view, at });
      };
    }
    case "binary":
      return binaryStep(node.operator, node.left, node.right, scope);
    case "conditional":
      return conditionalStep(
        [node.test, node.yes, node.no].map((part) => compileNode(part, scope)),
        node,
      );
    case "call":
      return callStep(node, scope);
    case "comprehension":
      return comprehensionStep(node, scope);
    default:
      return unreachable(node);
  }
}

/** A node's place alone: a failure that is kept must not keep the whole tree. */
export function spanOf({ start, end }: Span): Span {
  return { start, end };
}

/** A failure at a place. */
export function fault(code: CelErrorCode, message: string, at: Span): CelFault {
  return new CelFault(code, message, at);
}

function identStep(name: string, at: Span, { environment, slots }: Scope): Step {
  const slot = slots.get(name);
  if (slot !== undefined) return (view) => view.locals[slot] ?? null;
  const root = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (root !== undefined) return root.read;
  if (TYPE_IDENTS.has(name)) {
    const type = new CelTypeName(name);
    return () => type;
  }
  return () => fault("unknown_name", `there is no \`${name}\``, at);
}

function selectStep(node: SelectNode, scope: Scope): Step {
  const type = qualifiedType(node);
  if (type !== null) return () => type;
  const target = compileNode(node.target, scope);
  const { member } = node;
  const at = spanOf(node);
  if (node.test) {
    return (view) => {
      const value = target(view);
      return value instanceof CelFault ? value : hasMember(value, member, at);
    };
  }
  return (view) => {
    const value = target(view);
    if (value instanceof CelFault) return value;
    if (value instanceof EffectRecord) return readAttribute(value, member, at);
    return memberOf(value, member, at);
  };
}

function memberOf(value: CelValue, member: string, at: Span): CelOutcome {
  const found = lookUp(value, member);
  if (found !== undefined) return found;
  if (isMap(value)) return fault("no_such_member", `there is no member \`${member}\``, at);
  return fault("no_such_overload", `only maps have members like \`${member}\``, at);
}

function hasMember(value: CelValue, member: string, at: Span): CelOutcome {
  if (value instanceof EffectRecord) return hasAttribute(value, member);
  if (isMap(value)) return lookUp(value, member) !== undefined;
  return fault("no_such_overload", `only maps have members like \`${member}\``, at);
}

function isMap(value: CelValue): boolean {
  return value instanceof CelMap || isCelObject(value);
}

function indexStep(target: Step, index: Step, at: Span): Step {
  return (view) => {
    const value = target(view);
    if (value instanceof CelFault) return value;
    const key = index(view);
    if (key instanceof CelFault) return key;
    if (isCelList(value)) return itemOf(value, key, at);
    const found = lookUp(value, key);
    if (found !== undefined) return found;
    if (isMap(value) && mapKey(key) !== null) return fault("no_such_member", "there is no such key", at);
    return fault("no_such_overload", "only lists and maps have an index", at);
  };
}

// Any number that is a whole one may be an index.
function itemOf(list: readonly CelValue[], key: CelValue, at: Span): CelOutcome {
  const name = typeof key === "string" || typeof key === "boolean" ? null : mapKey(key);
  if (name === null || !name.startsWith("n")) return fault("no_such_overload", "a list's index is an int", at);
  const item = list[Number(name.slice(1))];
  return item === undefined ? fault("no_such_index", `the list has ${list.length} items`, at) : item;
}

function listStep(items: readonly Step[]): Step {
  return (view) => {
    const values: CelValue[] = [];
    for (const item of items) {
      const value = item(view);
      if (value instanceof CelFault) return value;
      values.push(value);
    }
    return values;
  };
}

function mapStep(node: MapNode, scope: Scope): Step {
  const entries = node.entries.map(({ key, value }) => ({
    key: compileNode(key, scope),
    value: compileNode(value, scope),
    at: spanOf(key),
  }));
  return (view) => {
    const built = new Map<string, { readonly key: CelValue; readonly value: CelValue }>();
    for (const entry of entries) {
      const key = entry.key(view);
      if (key instanceof CelFault) return key;
      const value = entry.value(view);
      if (value instanceof CelFault) return value;
      const name = typeof key === "number" ? null : mapKey(key);
      if (name === null) return fault("no_such_overload", "a key is an int, a uint, a bool or a string", entry.at);
      if (built.has(name)) return fault("duplicate_key", "the key stands twice", entry.at);
      built.set(name, { key, value });
    }
    return new CelMap(built);
  };
}

// The first operand that decides does, wherever it stands; else the first failure is the result.
function logicalStep(node: LogicalNode, scope: Scope): Step {
  const operands = node.operands.map((operand) => ({ step: compileNode(operand, scope), at: spanOf(operand) }));
  const deciding = node.kind === "or";
  const operator = deciding ? "||" : "&&";
  return (view) => {
    let failure: CelFault | null = null;
    for (const { step, at } of operands) {
      const value = step(view);
      if (value === deciding) return deciding;
      if (value === !deciding || failure !== null) continue;
      failure =
        value instanceof CelFault ? value : fault("no_such_overload", `\`${operator}\` takes truth values only`, at);
    }
    return failure ?? !deciding;
  };
}

function notStep(operand: Step, at: Span): Step {
  return (view) => {
    const value = operand(view);
    if (typeof value === "boolean") return !value;
    return value instanceof CelFault ? value : fault("no_such_overload", "`!` takes a truth value only", at);
  };
}

function conditionalStep([test, then, otherwise]: readonly Step[], node: Span): Step {
  const at = spanOf(node);
  return (view) => {
    const value = test?.(view) ?? null;
    if (value instanceof CelFault) return value;
    if (typeof value !== "boolean") return fault("no_such_overload", "`?:` takes a truth value only", at);
    return (value ? then : otherwise)?.(view) ?? null;
  };
}

function binaryStep(operator: CelOperator, left: CelNode, right: CelNode, scope: Scope): Step {
  const at = { start: left.start, end: right.end };
  const first = compileNode(left, scope);
  const second = compileNode(right, scope);
  switch (operator) {
    case "==":
    case "!=":
      return equalityStep(operator === "!=", first, second, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return orderStep(operator, first, second, { at, right });
    case "in":
      return inStep(first, second, at);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmeticStep(operator, first, second, at);
    default:
      return operator satisfies never;
  }
}

function equalityStep(negate: boolean, first: Step, second: Step, right: CelNode): Step {
  // Text against a text that is written there is what most conditions ask.
  const literal = right.kind === "literal" && typeof right.value === "string" ? right.value : null;
  return (view) => {
    const a = first(view);
    if (literal !== null && typeof a === "string") return (a === literal) !== negate;
    if (a instanceof CelFault) return a;
    const b = second(view);
    if (b instanceof CelFault) return b;
    return equal(a, b, view.budget) !== negate;
  };
}

type Order = "<" | "<=" | ">" | ">=";

function orderStep(
  operator: Order,
  first: Step,
  second: Step,
  { at, right }: { readonly at: Span; readonly right: CelNode },
): Step {
  const literal = right.kind === "literal" ? exactDouble(right.value) : null;
  return (view) => {
    const a = first(view);
    if (a instanceof CelFault) return a;
    if (literal !== null && typeof a === "number") return holds(operator, a - literal);
    const b = second(view);
    if (b instanceof CelFault) return b;
    const compared = order(a, b, view.budget);
    return compared === null
      ? fault("no_such_overload", `\`${operator}\` takes two numbers, or two values of one type`, at)
      : holds(operator, compared);
  };
}

// A difference is 0 only between equal doubles, and NaN only where one is none or both are the same infinity.
function exactDouble(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "bigint") return null;
  const double = Number(value);
  return Number.isSafeInteger(double) ? double : null;
}

function holds(operator: Order, compared: number): boolean {
  switch (operator) {
    case "<":
      return compared < 0;
    case "<=":
      return compared <= 0;
    case ">":
      return compared > 0;
    case ">=":
      return compared >= 0;
    default:
      return operator satisfies never;
  }
}

function inStep(first: Step, second: Step, at: Span): Step {
  return (view) => {
    const item = first(view);
    if (item instanceof CelFault) return item;
    const range = second(view);
    if (range instanceof CelFault) return range;
    if (isCelList(range)) {
      view.budget.spend(range.length);
      return range.some((other) => equal(item, other, view.budget));
    }
    if (isMap(range)) return lookUp(range, item) !== undefined;
    const what = range instanceof CelBoxed ? range.kind : typeof range;
    return fault("no_such_overload", `\`in\` looks into lists and maps, not into a ${what}`, at);
  };
}

function arithmeticStep(operator: Arithmetic, first: Step, second: Step, at: Span): Step {
  return (view) => {
    const a = first(view);
    if (a instanceof CelFault) return a;
    const b = second(view);
    return b instanceof CelFault ? b : compute(operator, a, b, { view, at });
  };
}
