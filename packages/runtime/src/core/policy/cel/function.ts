// How a function is written: its overloads as data, each with what it does.

import type { CelView } from "./view.ts";
import type { Span } from "./problem.ts";
import type { CelType } from "./type.ts";
import {
  CelBoxed,
  CelFault,
  isCelList,
  isCelObject,
  type CelErrorCode,
  type CelOutcome,
  type CelValue,
} from "./value.ts";

/** What a function is called with beside its arguments. */
export interface CallSite {
  readonly view: CelView;
  readonly at: Span;
}

/** One overload. `run` gets the receiver, if any, and the arguments, all of the kinds that are named. */
export interface Overload {
  /** The kind of the receiver; null for a plain function. */
  readonly target: CelType["kind"] | null;
  readonly args: readonly CelType["kind"][];
  readonly result: CelType;
  /** Throws only `BudgetSpent`. */
  readonly run: (args: readonly CelValue[], call: CallSite) => CelOutcome;
}

/** The longest text that a condition may build, in UTF-16 units. */
export const MAX_BUILT_TEXT = 1_048_576;

/** A failed call. */
export function failed(code: CelErrorCode, message: string, { at }: CallSite): CelFault {
  return new CelFault(code, message, at);
}

/** A text's length in UTF-16 units, paid for; a failure when it would be too long to build. */
export function payForText(length: number, call: CallSite): CelFault | null {
  if (length > MAX_BUILT_TEXT) return failed("too_long", `a text of over ${MAX_BUILT_TEXT} characters`, call);
  call.view.budget.spend(length);
  return null;
}

/** The name of a value's type, as `type(x)` gives it. */
export function kindOf(value: CelValue): CelType["kind"] | "effect" {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "double";
    case "bigint":
      return "int";
    case "string":
      return "string";
    case "object":
      if (value === null) return "null";
      if (value instanceof CelBoxed) return value.kind;
      return Array.isArray(value) ? "list" : "map";
    default:
      return value satisfies never;
  }
}

/** Whether a value is of a kind. */
export function isOfKind(value: CelValue, kind: CelType["kind"]): boolean {
  return kind === "dyn" || kindOf(value) === kind;
}

/** The text of an argument that is known to be one. */
export function textAt(args: readonly CelValue[], index: number): string {
  const value = args[index];
  return typeof value === "string" ? value : "";
}

/** The integer of an argument that is known to be one, as a number; beyond 2^53 it is rounded, which no length reaches. */
export function intAt(args: readonly CelValue[], index: number): number {
  const value = args[index];
  return typeof value === "bigint" ? Number(value) : 0;
}

/** The list of an argument that is known to be one. */
export function listAt(args: readonly CelValue[], index: number): readonly CelValue[] {
  const value = args[index] ?? null;
  return isCelList(value) ? value : [];
}

/** How many entries a map has; null for what is no map. */
export function objectSize(value: CelValue): number | null {
  return isCelObject(value) ? Object.keys(value).length : null;
}
