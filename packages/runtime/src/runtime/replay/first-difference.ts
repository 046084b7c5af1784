// Where two JSON values differ first: the members that matter most to a reader first, then by name.

import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** One member of which two readings differ. */
export interface Difference {
  /** `decision`, `findings[0].severity`, `record.findings[1].reason`, … */
  readonly member: string;
  /** Undefined: the member is absent. */
  readonly recorded: JsonValue | undefined;
  readonly derived: JsonValue | undefined;
  /** Whether the member stands in the encrypted record, and not in the log. */
  readonly secret: boolean;
}

const FIRST = ["decision", "reason", "severity", "findings", "layers", "effects", "obligations"];

/** The first member that differs, or null when nothing does. Cost: linear in both. */
export function firstDifference(recorded: JsonObject, derived: JsonObject, at = ""): Difference | null {
  for (const name of memberNames(recorded, derived)) {
    const found = compare(recorded[name], derived[name], at === "" ? name : `${at}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function memberNames(recorded: JsonObject, derived: JsonObject): readonly string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(derived)]);
  const first = FIRST.filter((name) => names.delete(name));
  return [...first, ...[...names].sort()];
}

function compare(recorded: JsonValue | undefined, derived: JsonValue | undefined, member: string): Difference | null {
  if (isJsonObject(recorded) && isJsonObject(derived)) return firstDifference(recorded, derived, member);
  if (isJsonList(recorded) && isJsonList(derived)) return compareLists(recorded, derived, member);
  return Object.is(recorded, derived) ? null : { member, recorded, derived, secret: false };
}

/** The first item of two lists that differs, or null. */
export function compareLists(
  recorded: readonly JsonValue[],
  derived: readonly JsonValue[],
  member: string,
): Difference | null {
  for (let index = 0; index < Math.max(recorded.length, derived.length); index += 1) {
    const found = compare(recorded[index], derived[index], `${member}[${index}]`);
    if (found !== null) return found;
  }
  return null;
}
