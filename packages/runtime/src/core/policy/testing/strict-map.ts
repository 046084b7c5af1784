// Reading maps strictly: a key that means nothing is a problem with a place, never ignored.

import type { JsonObject, JsonValue } from "../../json.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import type { ProblemList } from "../problem.ts";
import { suggestion } from "../suggest.ts";

/** The members of a map, by key. */
export type Members<Key extends string> = ReadonlyMap<Key, LocatedEntry>;

// Plain words that readers of YAML 1.1 take for truth values: in a payload they must not be guessed at.
const YAML_1_1_BOOLEANS: ReadonlySet<string> = new Set(["y", "n", "yes", "no", "on", "off"]);
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The members of a map that may have these keys only; null (and a problem) when it is no map. */
export function readMembers<Key extends string>(
  value: Located,
  keys: readonly Key[],
  what: string,
  problems: ProblemList,
): Members<Key> | null {
  if (value.kind !== "map") {
    problems.refuse("wrong_type", value, `${what} is a map: expected some of ${keys.join(", ")}`);
    return null;
  }
  const members = new Map<Key, LocatedEntry>();
  for (const entry of value.entries) {
    const key = keys.find((known) => known === entry.key);
    if (key !== undefined) members.set(key, entry);
    else problems.refuse("unknown_key", entry, `unknown key \`${entry.key}\` in ${what}`, suggestion(entry.key, keys));
  }
  return members;
}

/** A member's text; null when it is absent, or (with a problem) no text. */
export function readText(entry: LocatedEntry | undefined, problems: ProblemList): string | null {
  if (entry === undefined) return null;
  if (entry.value.kind === "text" && entry.value.text.trim() !== "") return entry.value.text;
  problems.refuse("wrong_type", entry.value, `\`${entry.key}\` must be text`, "put it in quotes");
  return null;
}

/** A member that is one of some words; null when it is absent, or (with a problem) none of them. */
export function readWord<Word extends string>(
  entry: LocatedEntry | undefined,
  words: readonly Word[],
  problems: ProblemList,
): Word | null {
  const text = readText(entry, problems);
  if (entry === undefined || text === null) return null;
  const found = words.find((word) => word === text);
  if (found === undefined) {
    const message = `\`${text}\` is no value of \`${entry.key}\``;
    problems.refuse("unknown_value", entry.value, message, suggestion(text, words));
  }
  return found ?? null;
}

/** The items of a list, or the one value that stands in its place. */
export function itemsOf(value: Located): readonly Located[] {
  return value.kind === "list" ? value.items : [value];
}

/** A value as JSON. What YAML reads otherwise than JSON would is refused; null stands in for it. */
export function readJson(value: Located, problems: ProblemList): JsonValue {
  switch (value.kind) {
    case "null":
      return null;
    case "boolean":
      return value.value;
    case "number":
      return readNumber(value, problems);
    case "text":
      if (value.style === "plain" && YAML_1_1_BOOLEANS.has(value.text.toLowerCase())) {
        const message = `\`${value.text}\` is text here, but a truth value to readers of YAML 1.1`;
        problems.refuse("yaml_boolean", value, message, `write "${value.text}" in quotes, or true or false`);
      }
      return value.text;
    case "list":
      return value.items.map((item) => readJson(item, problems));
    case "map":
      return readJsonObject(value.entries, problems);
    default:
      return value satisfies never;
  }
}

/** Members as a JSON object. */
export function readJsonObject(entries: readonly LocatedEntry[], problems: ProblemList): JsonObject {
  const object: Record<string, JsonValue> = Object.fromEntries([]);
  for (const entry of entries) {
    Object.defineProperty(object, entry.key, { value: readJson(entry.value, problems), enumerable: true });
  }
  return object;
}

// 1e400 and 9007199254740993 would be other numbers than were written, 0x10 and .5 are no JSON.
function readNumber(value: Located & { readonly kind: "number" }, problems: ProblemList): number | null {
  const number = Number(value.source);
  const exact = !/^-?\d+$/.test(value.source) || Number.isSafeInteger(number);
  if (JSON_NUMBER.test(value.source) && Number.isFinite(number) && exact) return number;
  const message = `\`${value.source}\` is a number that JSON does not have`;
  problems.refuse("wrong_type", value, message, "write it as JSON would, or in quotes as text");
  return null;
}
