// `parameters`: what an including policy may set, read in CEL as `params.<name>`.
//
//   parameters = { name: { type, default, description }, … }        type = decimal | int | string | bool | list

import type { CelParameter, CelParameters } from "./cel/index.ts";
import { readMap, type Members } from "./members.ts";
import type { Located, LocatedEntry } from "./parse.ts";
import type { ProblemList } from "./problem.ts";
import { described } from "./described.ts";
import { suggestion } from "./suggest.ts";

/** Values that an including policy gives (`with`), and where what is wrong with them goes. */
export interface GivenParameters {
  readonly values: Members;
  readonly problems: ProblemList;
}

const KEYS = { known: ["type", "default", "description"], of: "a parameter" };
const TYPES: readonly CelParameter["type"][] = ["decimal", "int", "string", "bool", "list"];
const MAX_PARAMETERS = 100;
const MAX_ITEMS = 1000;
const MAX_TEXT = 4096;

/** Read a policy's parameters: each has the value that is given for it, or its default. */
export function readParameters(
  entry: LocatedEntry | undefined,
  given: GivenParameters | null,
  problems: ProblemList,
): CelParameters {
  const declared = entry === undefined ? [] : declarations(entry, problems);
  const names = declared.map(({ key }) => key);
  for (const { key, ...at } of given?.values.values() ?? []) {
    if (names.includes(key)) continue;
    const fix = names.length === 0 ? "drop it: it has no parameters" : suggestion(key, names);
    given?.problems.refuse("unknown_key", at, `there is no parameter \`${key}\``, fix);
  }
  const parameters: [string, CelParameter][] = [];
  for (const one of declared) {
    const value = readParameter(one, given, problems);
    if (value !== null) parameters.push([one.key, value]);
  }
  return Object.fromEntries(parameters);
}

function declarations({ key, value }: LocatedEntry, problems: ProblemList): readonly LocatedEntry[] {
  if (value.kind !== "map") {
    problems.refuse("wrong_type", value, `\`${key}\` is a map: expected \`name: {type: …, default: …}\``);
    return [];
  }
  if (value.entries.length > MAX_PARAMETERS) {
    const message = `the policy has ${value.entries.length} parameters: expected at most ${MAX_PARAMETERS}`;
    problems.refuse("too_large", value, message);
    return [];
  }
  return value.entries.filter((entry) => {
    const isName = /^[A-Za-z_]\w{0,63}$/.test(entry.key);
    if (!isName)
      problems.refuse(
        "bad_id",
        entry,
        `\`${entry.key}\` is no name of a parameter: expected letters, digits and \`_\``,
      );
    return isName;
  });
}

function readParameter(
  { key, value }: LocatedEntry,
  given: GivenParameters | null,
  problems: ProblemList,
): CelParameter | null {
  const members = readMap(value, KEYS, problems);
  if (members === null) return null;
  const type = readType(members.get("type"), value, problems);
  if (type === null) return null;
  const own = members.get("default");
  // A default is checked also where another value is given: a policy that loads alone loads anywhere.
  const byDefault = own === undefined ? null : typed(type, own.value, key, problems);
  const other = given?.values.get(key);
  if (given !== null && other !== undefined) return typed(type, other.value, key, given.problems);
  if (own === undefined) {
    const fix = given === null ? "give it a `default`" : "set it under `with`, or give it a `default`";
    const at = given === null ? value : (first(given.values) ?? value);
    (given?.problems ?? problems).refuse("missing_key", at, `the parameter \`${key}\` has no value`, fix);
  }
  return byDefault;
}

function first(values: Members): LocatedEntry | undefined {
  const [entry] = values.values();
  return entry;
}

function readType(
  entry: LocatedEntry | undefined,
  parameter: Located,
  problems: ProblemList,
): CelParameter["type"] | null {
  const text = entry?.value.kind === "text" ? entry.value.text : null;
  const type = TYPES.find((known) => known === text);
  if (type !== undefined) return type;
  if (entry === undefined)
    problems.refuse("missing_key", parameter, "a parameter has a `type`", `use one of ${TYPES.join(", ")}`);
  else problems.refuse("unknown_value", entry.value, "that is no type of a parameter", suggestion(text ?? "", TYPES));
  return null;
}

function typed(type: CelParameter["type"], value: Located, name: string, problems: ProblemList): CelParameter | null {
  const parameter = valueOf(type, value);
  if (parameter === null) {
    const message = `the parameter \`${name}\` is of type ${type}: found ${described(value)}`;
    problems.refuse("wrong_type", value, message, EXAMPLES[type]);
  }
  return parameter;
}

const EXAMPLES: Readonly<Record<CelParameter["type"], string>> = {
  decimal: "write a number like 200 or 9.99",
  int: "write a whole number",
  string: "write text, in quotes",
  bool: "write true or false",
  list: "write a list of texts, numbers or truth values",
};

function valueOf(type: CelParameter["type"], value: Located): CelParameter | null {
  switch (type) {
    case "decimal": {
      const text = value.kind === "number" ? value.source : value.kind === "text" ? value.text : "";
      return /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?$/.test(text) ? { type, value: text } : null;
    }
    case "int":
      return value.kind === "number" && isWhole(value.source) ? { type, value: Number(value.source) } : null;
    case "string":
      return value.kind === "text" && value.text.length <= MAX_TEXT ? { type, value: value.text } : null;
    case "bool":
      return value.kind === "boolean" ? { type, value: value.value } : null;
    case "list": {
      if (value.kind !== "list" || value.items.length > MAX_ITEMS) return null;
      const items = value.items.map(itemOf);
      return items.every((item) => item !== null) ? { type, value: items } : null;
    }
    default:
      return type satisfies never;
  }
}

function isWhole(source: string): boolean {
  return /^-?(?:0|[1-9]\d{0,15})$/.test(source) && Number.isSafeInteger(Number(source));
}

function itemOf(value: Located): string | number | boolean | null {
  if (value.kind === "text") return value.text.length <= MAX_TEXT ? value.text : null;
  if (value.kind === "boolean") return value.value;
  if (value.kind !== "number") return null;
  const number = Number(value.source);
  return Number.isFinite(number) && /^-?[\d.]+$/.test(value.source) ? number : null;
}
