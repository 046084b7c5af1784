// Values that leave a condition: as an amount, as JSON, as text for a person.

import { entriesOf, toDecimal } from "./compare.ts";
import { decimalText, parseDecimal } from "./decimal-value.ts";
import { durationText, timestampText } from "./time.ts";
import {
  CelBoxed,
  CelBytes,
  CelDecimal,
  CelMap,
  CelTypeName,
  CelUint,
  isCelList,
  isCelObject,
  type CelValue,
} from "./value.ts";
import { EffectRecord } from "./effect-record.ts";
import { CelDuration, CelTimestamp } from "./time.ts";
import type { JsonValue } from "../../json.ts";

/** An amount as plain decimal text: of any number, or of text that reads as one; null for other things. */
export function celAmount(value: CelValue): string | null {
  const decimal = typeof value === "string" ? parseDecimal(value) : toDecimal(value);
  return decimal === null ? null : decimalText(decimal);
}

/** A value as JSON; undefined for what JSON has not (bytes, types, effects, numbers that are not finite or not exact). */
export function celJson(value: CelValue): JsonValue | undefined {
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "bigint":
      return safeNumber(value);
    default:
      return value === null ? null : composedJson(value);
  }
}

function composedJson(value: object & CelValue): JsonValue | undefined {
  if (isCelList(value)) {
    const items = value.map(celJson);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (value instanceof CelUint) return safeNumber(value.value);
  if (value instanceof CelDecimal) return decimalText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelDuration) return durationText(value);
  if (!(value instanceof CelMap) && !isCelObject(value)) return undefined;
  const members: [string, JsonValue][] = [];
  for (const [key, item] of entriesOf(value) ?? []) {
    const json = celJson(item);
    if (typeof key !== "string" || json === undefined) return undefined;
    members.push([key, json]);
  }
  return Object.fromEntries(members);
}

function safeNumber(value: bigint): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

const LONGEST_TEXT = 120;
const MOST_ITEMS = 8;

/** A value as CEL would write it, cut to a line for a person. */
export function celText(value: CelValue, depth = 0): string {
  if (isCelList(value))
    return `[${cut(
      value.map((item) => () => celText(item, depth + 1)),
      depth,
    )}]`;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}…`);
    case "number":
      return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return value === null
        ? "null"
        : value instanceof CelBoxed && !(value instanceof CelMap)
          ? boxedText(value)
          : mapText(value, depth);
  }
}

function mapText(value: CelValue, depth: number): string {
  const entries = entriesOf(value) ?? [];
  return `{${cut(
    entries.map(
      ([key, item]) =>
        () =>
          `${celText(key)}: ${celText(item, depth + 1)}`,
    ),
    depth,
  )}}`;
}

function cut(items: readonly (() => string)[], depth: number): string {
  if (depth > 2 && items.length > 0) return "…";
  const shown = items.slice(0, MOST_ITEMS).map((item) => item());
  return [...shown, ...(items.length > MOST_ITEMS ? [`… ${items.length - MOST_ITEMS} more`] : [])].join(", ");
}

function boxedText(value: CelBoxed): string {
  if (value instanceof CelUint) return `${value.value}u`;
  if (value instanceof CelDecimal) return `decimal("${decimalText(value)}")`;
  if (value instanceof CelTimestamp) return `timestamp("${timestampText(value)}")`;
  if (value instanceof CelDuration) return `duration("${durationText(value)}")`;
  if (value instanceof CelBytes) return `${value.bytes.length} bytes`;
  if (value instanceof CelTypeName) return value.name;
  return value instanceof EffectRecord ? `effect ${value.effect.kind}` : value.kind;
}
