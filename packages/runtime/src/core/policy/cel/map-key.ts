// Keys of maps that need not be text.

import { CelUint, type CelValue } from "./value.ts";

/** One text for each key that a map can have, the same for numbers that are equal; null for what is no key. */
export function mapKey(key: CelValue): string | null {
  switch (typeof key) {
    case "string":
      return `s${key}`;
    case "boolean":
      return `b${key}`;
    case "bigint":
      return `n${key}`;
    case "number":
      return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
    default:
      return key instanceof CelUint ? `n${key.value}` : null;
  }
}
