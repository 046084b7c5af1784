// The rules of a policy as they are written, for telling two policies apart: what each rule is about, and what it says.

import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import { conditionWords, type NamedSetting } from "./condition-words.ts";

/** One rule, by its words. */
export interface RuleWords {
  /** Its id; without one `rule-<number>`. */
  readonly id: string;
  /** Types and `verb:…` that it is asked about; `any` alone for every action. */
  readonly actions: readonly string[];
  readonly settings: readonly NamedSetting[];
  /** Words that are looked for. */
  readonly words: readonly string[];
  readonly patterns: readonly string[];
  /** Effect tests, as written. */
  readonly effects: readonly string[];
  /** Points in time that it names. */
  readonly instants: readonly string[];
  /** Numbers and texts anywhere in it. */
  readonly values: readonly JsonValue[];
  /** The whole rule but its tests, for comparing. */
  readonly source: JsonObject;
}

const WORD_KEYS: ReadonlySet<string> = new Set(["deny_if", "require_approval_if"]);
const PATTERN_KEYS: ReadonlySet<string> = new Set(["deny_regex", "require_approval_regex"]);
const EFFECT_KEYS: ReadonlySet<string> = new Set(["deny_effects", "require_approval_effects"]);
/** What decides nothing, or names the rule. */
const SILENT_KEYS: ReadonlySet<string> = new Set(["id", "description", "owner", "tests"]);
const INSTANT = /\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?\b/g;

/** The rules of a policy's parsed text. What isn't a rule is left out. Cost: linear in the text. */
export function rulesWords(root: Located): readonly RuleWords[] {
  const rules = root.kind === "map" ? root.entries.find(({ key }) => key === "rules")?.value : undefined;
  const items = rules?.kind === "list" ? rules.items : [];
  return items.flatMap((item, index) => (item.kind === "map" ? [ruleWords(item.entries, index + 1)] : []));
}

/** What a policy says beside its rules. */
export function policyMembers(root: Located): JsonObject {
  const members = root.kind === "map" ? root.entries.filter(({ key }) => key !== "rules") : [];
  return Object.fromEntries(members.map(({ key, value }) => [key, plain(value)]));
}

/** The values of a policy's parameters: their defaults, and what it gives to those of the policies that it includes. */
export function parameterValues(members: JsonObject): readonly JsonValue[] {
  const { parameters, include } = members;
  const own = isJsonObject(parameters) ? Object.values(parameters).map((each) => memberOf(each, "default")) : [];
  const given = include !== undefined && isJsonList(include) ? include.map((each) => memberOf(each, "with")) : [];
  return [...own, ...given].flatMap(leavesOf).filter((value) => value !== null);
}

function memberOf(value: JsonValue, name: string): JsonValue {
  return isJsonObject(value) ? (value[name] ?? null) : null;
}

function ruleWords(entries: readonly LocatedEntry[], number: number): RuleWords {
  const members = new Map(entries.map(({ key, value }) => [key, plain(value)]));
  const source = Object.fromEntries([...members].filter(([key]) => key !== "tests"));
  const of = (keys: ReadonlySet<string>): readonly string[] =>
    [...keys].flatMap((key) => textsIn(members.get(key) ?? null));
  const said = [...members].filter(([key]) => !SILENT_KEYS.has(key)).flatMap(([, value]) => leavesOf(value));
  const texts = said.filter((value) => typeof value === "string");
  const conditions = texts.map(conditionWords);
  const id = members.get("id");
  const type = members.get("action_type");
  const actions = members.get("actions");
  return {
    id: typeof id === "string" ? id : `rule-${number}`,
    actions: textsIn(type ?? actions ?? "any"),
    settings: conditions.flatMap(({ settings }) => settings),
    words: of(WORD_KEYS),
    patterns: [...of(PATTERN_KEYS), ...conditions.flatMap(({ patterns }) => patterns)],
    effects: of(EFFECT_KEYS),
    instants: texts.flatMap((text) => text.match(INSTANT) ?? []),
    values: [...said, ...conditions.flatMap(({ values }) => values)].filter((value) => typeof value !== "boolean"),
    source,
  };
}

function textsIn(value: JsonValue): readonly string[] {
  return leavesOf(value).filter((leaf) => typeof leaf === "string");
}

function leavesOf(value: JsonValue): readonly JsonValue[] {
  if (isJsonList(value)) return value.flatMap(leavesOf);
  return isJsonObject(value) ? Object.values(value).flatMap(leavesOf) : [value];
}

function plain(value: Located): JsonValue {
  switch (value.kind) {
    case "text":
      return value.text;
    case "boolean":
      return value.value;
    case "number":
      return Number.isFinite(Number(value.source)) ? Number(value.source) : value.source;
    case "null":
      return null;
    case "list":
      return value.items.map(plain);
    case "map":
      return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
    default:
      return value satisfies never;
  }
}
