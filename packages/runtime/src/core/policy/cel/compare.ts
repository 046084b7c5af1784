// Equality and order, as CEL defines them: numbers compare by their value whatever their type, other types only among
// themselves; what can't be equal is unequal, and what has no order has none.

import type { Budget } from "../budget.ts";
import { compareDecimal, decimalOfDouble } from "./decimal-value.ts";
import {
  CelBoxed,
  CelBytes,
  CelDecimal,
  CelMap,
  CelTypeName,
  CelUint,
  type CelObject,
  type CelValue,
} from "./value.ts";
import { CelDuration, CelTimestamp } from "./time.ts";
import { mapKey } from "./map-key.ts";

/**
 * Whether two values are equal. Cost: counted, linear in the smaller of the two.
 *
 * @throws {BudgetSpent}
 */
export function equal(left: CelValue, right: CelValue, budget: Budget): boolean {
  if (typeof left === "string" || typeof right === "string") {
    return typeof left === typeof right && equalTexts(left, right, budget);
  }
  if (left === right) return typeof left !== "object" || left === null || equalToItself(left, budget);
  if (typeof left === "boolean" || typeof right === "boolean" || left === null || right === null) return false;
  const order = compareNumbers(left, right);
  if (order !== null) return order === 0;
  if (typeof left !== "object" || typeof right !== "object") return false;
  budget.spend(1);
  if (isList(left)) return isList(right) && equalLists(left, right, budget);
  if (isList(right)) return false;
  if (left instanceof CelBoxed && !(left instanceof CelMap))
    return right instanceof CelBoxed && equalBoxed(left, right);
  return !(right instanceof CelBoxed && !(right instanceof CelMap)) && equalMaps(left, right, budget);
}

function equalTexts(left: unknown, right: unknown, budget: Budget): boolean {
  if (typeof left === "string" && left.length > 64) budget.spend(left.length / 64);
  return left === right;
}

// What is no number differs from itself, also inside lists and maps.
function equalToItself(value: CelValue, budget: Budget): boolean {
  if (isList(value)) return equalLists(value, value, budget);
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof CelBoxed && !(value instanceof CelMap)) return true;
  return equalMaps(value, value, budget);
}

function equalLists(left: readonly CelValue[], right: readonly CelValue[], budget: Budget): boolean {
  if (left.length !== right.length) return false;
  budget.spend(left.length);
  return left.every((item, index) => equal(item, right[index] ?? null, budget));
}

function equalBoxed(left: CelBoxed, right: CelBoxed): boolean {
  if (left instanceof CelBytes) return right instanceof CelBytes && compareBytes(left.bytes, right.bytes) === 0;
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp && left.nanos === right.nanos;
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanos === right.nanos;
  if (left instanceof CelTypeName) return right instanceof CelTypeName && left.name === right.name;
  return left === right;
}

function equalMaps(left: CelValue, right: CelValue, budget: Budget): boolean {
  const pairs = entriesOf(left);
  if (pairs === null || pairs.length !== entriesOf(right)?.length) return false;
  budget.spend(pairs.length * 2);
  return pairs.every(([key, value]) => {
    const other = lookUp(right, key);
    return other !== undefined && equal(value, other, budget);
  });
}

/** The keys and values of a map, in order; null for what is none. Cost: linear. */
export function entriesOf(map: CelValue): readonly (readonly [CelValue, CelValue])[] | null {
  if (map instanceof CelMap) return [...map.entries.values()].map(({ key, value }) => [key, value] as const);
  return isObject(map) ? Object.entries(map) : null;
}

/** The value of a key in a map; undefined when it has none, or is no map. */
export function lookUp(map: CelValue, key: CelValue): CelValue | undefined {
  if (map instanceof CelMap) {
    const name = mapKey(key);
    return name === null ? undefined : map.entries.get(name)?.value;
  }
  return isObject(map) && typeof key === "string" && Object.hasOwn(map, key) ? map[key] : undefined;
}

/**
 * Below 0, 0 or above 0 as `left` comes before, with or after `right`; NaN when one is no number; null when these two
 * have no order. Cost: counted, linear in the shorter text.
 *
 * @throws {BudgetSpent}
 */
export function order(left: CelValue, right: CelValue, budget: Budget): number | null {
  if (typeof left === "string") return typeof right === "string" ? compareTexts(left, right, budget) : null;
  if (typeof left === "boolean") return typeof right === "boolean" ? Number(left) - Number(right) : null;
  if (left instanceof CelTimestamp) return right instanceof CelTimestamp ? sign(left.nanos, right.nanos) : null;
  if (left instanceof CelDuration) return right instanceof CelDuration ? sign(left.nanos, right.nanos) : null;
  if (left instanceof CelBytes) return right instanceof CelBytes ? compareBytes(left.bytes, right.bytes) : null;
  return compareNumbers(left, right);
}

/** The order of two numbers of any types; NaN when one is no number; null when one of them is another thing. */
export function compareNumbers(left: CelValue, right: CelValue): number | null {
  if (left instanceof CelDecimal || right instanceof CelDecimal) return compareAsDecimals(left, right);
  const a = plainNumber(left);
  const b = plainNumber(right);
  if (a === null || b === null) return null;
  // Between a double and an integer CEL compares as doubles: 2^63 and 2^63 - 1 are equal then.
  if (typeof a !== typeof b) return compareNumbers(Number(a), Number(b));
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
}

function compareAsDecimals(left: CelValue, right: CelValue): number | null {
  if (typeof left === "number" && !Number.isFinite(left)) return isNumeric(right) ? left : null;
  if (typeof right === "number" && !Number.isFinite(right)) return isNumeric(left) ? -right : null;
  const a = toDecimal(left);
  const b = toDecimal(right);
  return a === null || b === null ? null : compareDecimal(a, b);
}

/** A number as a decimal; null for other things and for doubles that are not finite. */
export function toDecimal(value: CelValue): CelDecimal | null {
  if (value instanceof CelDecimal) return value;
  if (typeof value === "number") return decimalOfDouble(value);
  if (typeof value === "bigint") return new CelDecimal(value, 0);
  return value instanceof CelUint ? new CelDecimal(value.value, 0) : null;
}

function isNumeric(value: CelValue): boolean {
  return plainNumber(value) !== null || value instanceof CelDecimal;
}

function plainNumber(value: CelValue): number | bigint | null {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return value instanceof CelUint ? value.value : null;
}

// By code points, as UTF-8 sorts: a surrogate stands for a code point above every other unit.
function compareTexts(left: string, right: string, budget: Budget): number {
  const shorter = Math.min(left.length, right.length);
  budget.spend(shorter / 16);
  for (let index = 0; index < shorter; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const at = left.findIndex((byte, index) => byte !== right[index]);
  if (at === -1) return left.length - right.length;
  return at >= right.length ? 1 : (left[at] ?? 0) - (right[at] ?? 0);
}

function sign(left: bigint, right: bigint): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value);
}

function isObject(value: CelValue): value is CelObject {
  return typeof value === "object" && value !== null && !(value instanceof CelBoxed) && !Array.isArray(value);
}
