// Values while a condition is evaluated. JSON is used as it is: its numbers are CEL's doubles, its objects maps with
// text keys. What JSON can't hold has a class of its own; 64-bit integers are `bigint`.

import type { CelDuration, CelTimestamp } from "./time.ts";
import type { EffectRecord } from "./effect-record.ts";
import type { Span } from "./problem.ts";

/** Any value. `bigint` is a 64-bit signed integer, `number` a double. */
export type CelValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly CelValue[]
  | CelObject
  | CelUint
  | CelBytes
  | CelDecimal
  | CelTimestamp
  | CelDuration
  | CelMap
  | CelTypeName
  | EffectRecord;

/** A map with text keys: a JSON object, or a record of the environment. */
export interface CelObject {
  readonly [member: string]: CelValue;
}

/** What every value has that isn't JSON, a `bigint` or a list. */
export abstract class CelBoxed {
  /** The name of its type. */
  abstract readonly kind: "uint" | "bytes" | "decimal" | "timestamp" | "duration" | "map" | "type" | "effect";
}

/** An unsigned 64-bit integer. */
export class CelUint extends CelBoxed {
  readonly kind = "uint" as const;
  readonly value: bigint;
  constructor(value: bigint) {
    super();
    this.value = value;
  }
}

/** Bytes. */
export class CelBytes extends CelBoxed {
  readonly kind = "bytes" as const;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    super();
    this.bytes = bytes;
  }
}

/** An exact decimal: `digits` divided by ten to the power of `scale`, which is 0 or more. */
export class CelDecimal extends CelBoxed {
  readonly kind = "decimal" as const;
  readonly digits: bigint;
  readonly scale: number;
  constructor(digits: bigint, scale: number) {
    super();
    this.digits = digits;
    this.scale = scale;
  }
}

/** The name of a type, as `type(x)` gives it. */
export class CelTypeName extends CelBoxed {
  readonly kind = "type" as const;
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
}

/** A map whose keys need not be text. Keys that are equal numbers are one key. */
export class CelMap extends CelBoxed {
  readonly kind = "map" as const;
  readonly entries: ReadonlyMap<string, { readonly key: CelValue; readonly value: CelValue }>;
  constructor(entries: CelMap["entries"]) {
    super();
    this.entries = entries;
  }
}

/** What went wrong while a condition was evaluated. docs/policy-cel.md has a line for each code. */
export type CelErrorCode =
  | "no_such_overload"
  | "no_such_member"
  | "no_such_index"
  | "unknown_value"
  | "unknown_name"
  | "overflow"
  | "divide_by_zero"
  | "out_of_range"
  | "bad_conversion"
  | "duplicate_key"
  | "other_currency"
  | "no_zone"
  | "too_long"
  | "budget";

/** A failed part of a condition: a value, so that `&&`, `||`, `all` and `exists` can pass over it as CEL says. */
export class CelFault {
  readonly code: CelErrorCode;
  /** One line. */
  readonly message: string;
  readonly at: Span;
  constructor(code: CelErrorCode, message: string, at: Span) {
    this.code = code;
    this.message = message;
    this.at = at;
  }
}

/** A value or a failure. */
export type CelOutcome = CelValue | CelFault;

const INT_LIMIT = 2n ** 63n;

/** Whether an integer fits in 64 bits with a sign. */
export function inInt64(value: bigint): boolean {
  return value >= -INT_LIMIT && value < INT_LIMIT;
}

/** Whether an integer fits in 64 bits without a sign. */
export function inUint64(value: bigint): boolean {
  return value >= 0n && value < 2n * INT_LIMIT;
}

/** Whether a value is a map with text keys. */
export function isCelObject(value: CelOutcome): value is CelObject {
  if (typeof value !== "object" || value === null || value instanceof CelBoxed) return false;
  return !(value instanceof CelFault) && !Array.isArray(value);
}

/** Whether a value is a list. */
export function isCelList(value: CelOutcome): value is readonly CelValue[] {
  return Array.isArray(value);
}
