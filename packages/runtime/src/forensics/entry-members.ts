// Reading members of entries that may be anybody's: what is not of the expected kind reads as absent.

import { isJsonList, type JsonObject, type JsonValue } from "../core/json.ts";
import { parseEntryTime } from "../core/policy/state/entry-time.ts";

/** A text member; empty when it is missing or no text. */
export function textOf(entry: JsonObject, member: string): string {
  const value = entry[member];
  return typeof value === "string" ? value : "";
}

/** A whole number member that is safe; null when it is none. */
export function integerOf(entry: JsonObject, member: string): number | null {
  const value = entry[member];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

/** The texts of a list member; whatever else it holds is left out. */
export function textsOf(entry: JsonObject, member: string): readonly string[] {
  return listOf(entry, member).filter((value): value is string => typeof value === "string");
}

/** The items of a list member; none when it is no list. */
export function listOf(entry: JsonObject, member: string): readonly JsonValue[] {
  const value = entry[member];
  return isJsonList(value) ? value : [];
}

/** When an entry says it was written, at the earliest; milliseconds since 1970, null when it doesn't say. */
export function entryMs(entry: JsonObject): number | null {
  return parseEntryTime(entry["timestamp"])?.from_ms ?? null;
}

/** A point in time that an entry names (`expires_at`); null when it names none. */
export function instantMs(entry: JsonObject, member: string): number | null {
  return parseEntryTime(entry[member])?.from_ms ?? null;
}
