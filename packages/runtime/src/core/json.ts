// JSON as data: what a payload is once it has been parsed at the door.

/** Any JSON value, read-only. Numbers are finite doubles; strings have no lone surrogates once accepted by `canonicalJson`. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object, read-only. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** Whether a JSON value is an object (neither an array nor null). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is a list. */
export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a value is a whole number from 0 to 2^53 - 1. Minus zero is none: it is written otherwise than it is read. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}
