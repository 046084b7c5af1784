// JSON → Cedar's values. Cedar has no null and no fractions, and reads members beginning with two underscores as its own.
//
//   text, truth       as they are
//   numbers           decimal, so that 50 and 9.99 are of one type; one that no decimal holds (over four places, or too
//                     large) becomes text, on which every comparison of numbers fails, which denies
//   lists             sets
//   objects           records, without members that are null; `__x` becomes `$__x`

import { isJsonList, type JsonObject, type JsonValue } from "../../core/json.ts";

/** A value as `@cedar-policy/cedar-wasm` takes it. */
export type CedarValue =
  | boolean
  | number
  | string
  | { readonly __extn: { readonly fn: string; readonly arg: string } }
  | readonly CedarValue[]
  | { readonly [member: string]: CedarValue };

/** An object as a record. Cost: linear. */
export function cedarRecord(object: JsonObject): Readonly<Record<string, CedarValue>> {
  const record: Record<string, CedarValue> = Object.create(null);
  for (const [name, value] of Object.entries(object)) {
    if (value !== null && value !== undefined) record[memberName(name)] = cedarValue(value);
  }
  return record;
}

// Otherwise a payload could claim to hold an entity: `{"__entity": {"type": "Canopy::Agent", …}}`.
function memberName(name: string): string {
  return /^\$*__/.test(name) ? `$${name}` : name;
}

function cedarValue(value: NonNullable<JsonValue>): CedarValue {
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "number":
      return cedarNumber(value);
    default:
      return isJsonList(value) ? value.filter((item) => item !== null).map(cedarValue) : cedarRecord(value);
  }
}

// Cedar's decimal is a 64-bit integer over 10,000.
const LARGEST = 922_337_203_685_477;

function cedarNumber(value: number): CedarValue {
  const text = String(value);
  const parts = /^(-?\d+)(?:\.(\d{1,4}))?$/.exec(text);
  if (parts === null || Math.abs(value) >= LARGEST) return text;
  return { __extn: { fn: "decimal", arg: `${parts[1] ?? "0"}.${parts[2] ?? "0"}` } };
}
