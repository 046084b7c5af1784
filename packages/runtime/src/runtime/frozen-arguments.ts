// Arguments of a governed call: copied, frozen, and mapped to the payload that is decided. What is decided and what is
// executed are the same frozen values, so nothing can be changed in between.

import { canonicalJson, MAX_DEPTH } from "../core/canonical.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";

/** Any function, as a tool. */
export type AnyTool = (...args: never[]) => unknown;

// A name, or a name with a default too simple to hold a comma.
const PARAMETER = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\s*=\s*[\w.$-]+)?$/u;
const PARAMETERS = [
  /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u,
  /^(?:async\s*)?\(([^()]*)\)\s*=>/u,
  /^(?:async\s+)?function\s*\*?\s*[\p{ID_Continue}$]*\s*\(([^()]*)\)\s*\{/u,
  /^(?:async\s+)?\*?\s*[\p{ID_Continue}$]+\s*\(([^()]*)\)\s*\{/u,
];
const LONGEST_HEAD = 2000;
/** Values in all the arguments of one call. An object that stands in many places is copied in each. */
const MAX_VALUES = 1_048_576;

/**
 * A deep, frozen copy of the arguments. `undefined` stays as it is in its place; everything else must be I-JSON.
 *
 * Cost: linear in the arguments.
 *
 * @throws {CanopyError} `INVALID_ACTION` when an argument has no I-JSON form: it could change after it was decided.
 */
export function freezeArguments(args: readonly unknown[]): readonly (JsonValue | undefined)[] {
  return Object.freeze(
    args.map((value, index) => (value === undefined ? undefined : frozenCopy(value, `argument ${index + 1}`))),
  );
}

/** A deep, frozen copy of one value, which errors call `what`. Throws as `freezeArguments`. */
export function frozenCopy(value: unknown, what: string): JsonValue {
  // Copied first and checked then: it is the copy that is decided and executed, whatever the original says next time.
  const copy = plainCopy(value, 0, { left: MAX_VALUES, what });
  canonicalJson(copy);
  return deepFreeze(copy);
}

/**
 * The payload that stands for a call: the only argument when it is an object, else one member for each argument.
 *
 * @throws {CanopyError} `INVALID_ACTION` when an argument has no name.
 */
export function payloadOf(args: readonly (JsonValue | undefined)[], names: readonly string[] | null): JsonValue {
  const [first] = args;
  const given = args.findLastIndex((value) => value !== undefined) + 1;
  if (given === 1 && typeof first === "object" && first !== null && !Array.isArray(first)) return first;
  const payload: Record<string, JsonValue> = {};
  for (const [index, value] of args.entries()) {
    if (value === undefined) continue;
    const name = names?.[index];
    if (name === undefined) {
      throw new CanopyError("INVALID_ACTION", `argument ${index + 1} of the tool has no name to decide it by`, {
        fix: "give safeTool `params` (names in order) or `payload` (a function), or call the tool with one object",
      });
    }
    Object.defineProperty(payload, name, { value, enumerable: true });
  }
  return Object.freeze(payload);
}

/** The names of a function's parameters, or null when one of them is not a plain name. Cost: linear in its head. */
export function parameterNames(tool: AnyTool): readonly string[] | null {
  const head = Function.prototype.toString.call(tool).slice(0, LONGEST_HEAD);
  if (head.includes("[native code]")) return null;
  for (const pattern of PARAMETERS) {
    const list = pattern.exec(head)?.[1];
    if (list === undefined) continue;
    const parameters = list.split(",").map((parameter) => parameter.trim());
    if (parameters.at(-1) === "") parameters.pop();
    const names = parameters.flatMap((parameter) => PARAMETER.exec(parameter)?.[1] ?? []);
    return names.length === parameters.length ? names : null;
  }
  return null;
}

interface Counted {
  /** How many values may still come. */
  left: number;
  /** What errors call the whole. */
  readonly what: string;
}

// Members keep their order; numbers, texts and depth are left to the check.
function plainCopy(value: unknown, depth: number, count: Counted): JsonValue {
  count.left -= 1;
  if (count.left < 0) throw notPlain(count.what, `over ${MAX_VALUES} values`);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (depth > MAX_DEPTH) throw notPlain(count.what, "nesting that deep");
  if (Array.isArray(value)) return Array.from(value, (item) => plainCopy(item, depth + 1, count));
  if (typeof value !== "object" || !isPlain(value)) throw notPlain(count.what, kindOf(value));
  const copy: Record<string, JsonValue> = {};
  for (const name of Object.keys(value)) {
    const member = plainCopy(Reflect.get(value, name), depth + 1, count);
    // Defined, not assigned: a member may be named `__proto__`.
    Object.defineProperty(copy, name, { value: member, enumerable: true });
  }
  return copy;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// `Date`, `Buffer`, `function`: the class of an object where it has one, read as data, since it is not ours.
function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  const made: unknown = Reflect.getOwnPropertyDescriptor(Object.getPrototypeOf(value), "constructor")?.value;
  const name = typeof made === "function" ? Reflect.getOwnPropertyDescriptor(made, "name")?.value : null;
  return typeof name === "string" && /^\w{1,64}$/.test(name) ? name : "object";
}

function notPlain(what: string, found: string): CanopyError {
  return new CanopyError("INVALID_ACTION", `${what} must be plain JSON, not ${found}`, {
    at: what,
    fix: "pass only JSON values to a governed tool: what could change after it was decided can't be executed",
  });
}

function deepFreeze<Value extends JsonValue>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
