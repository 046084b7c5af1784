// `transform`: edits of the payload, whenever the rule applies and the decision is no DENY.
//
//   transform = [ { set: path, to: value } | { set: path, cel: expression } | { remove: path }, … ]
//   path      = "payload" 1*( "." name )

import type { JsonValue } from "../../json.ts";
import { overlappingPath } from "../../payload-edit.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import { readMap } from "../members.ts";
import type { RuleEdit } from "../rule-edits.ts";
import type { ValueReader } from "../rule-values.ts";
import type { RuleKey } from "./rule-key.ts";

/** How a rule edits the payload. */
export interface TransformPart {
  readonly transform: readonly RuleEdit[];
}

const KEYS = { known: ["set", "to", "cel", "remove"], of: "an edit of `transform`" };
const MAX_EDITS = 64;
const PATH = /^payload(?:\.[A-Za-z_][\w-]*)(?:\.[\w-]+)*$/;

/** How a rule edits the payload. */
export const transformKey: RuleKey<TransformPart> = {
  names: ["transform"],
  acts: ["transform"],
  read: (members, values) => {
    const entry = members.get("transform");
    if (entry === undefined) return { transform: [] };
    const edits = values.list(entry, MAX_EDITS).flatMap((item) => readEdit(item, values));
    reportOverlaps(edits, entry, values);
    return { transform: edits };
  },
};

function readEdit(item: Located, values: ValueReader): readonly RuleEdit[] {
  const members = readMap(item, KEYS, values.problems);
  if (members === null) return [];
  const [set, to, remove] = [members.get("set"), members.get("to"), members.get("remove")];
  const given = [to, members.get("cel"), remove].filter((entry) => entry !== undefined);
  if (given.length !== 1 || (set === undefined) !== (remove !== undefined)) {
    const fix = "write {set: payload.name, to: value}, {set: payload.name, cel: '…'} or {remove: payload.name}";
    values.problems.refuse("missing_key", item, "an edit either sets a member to one thing, or removes it", fix);
    return [];
  }
  if (remove !== undefined) return [{ remove: readPath(remove, values) }];
  if (set === undefined) return [];
  if (to !== undefined) return [{ set: readPath(set, values), to: readJson(to.value, values) }];
  const cel = values.expression(members.get("cel"), "json");
  return cel === null ? [] : [{ set: readPath(set, values), cel }];
}

function readPath(entry: LocatedEntry, values: ValueReader): string {
  const text = values.text(entry) ?? "";
  if (text !== "" && !PATH.test(text)) {
    const message = `\`${text}\` names no member of the payload: expected \`payload.name\``;
    values.problems.refuse("unknown_value", entry.value, message);
  }
  return text;
}

function readJson(value: Located, values: ValueReader): JsonValue {
  switch (value.kind) {
    case "text":
      return value.text;
    case "boolean":
      return value.value;
    case "null":
      return null;
    case "number":
      return readNumber(value, values);
    case "list":
      return value.items.map((item) => readJson(item, values));
    case "map":
      return Object.fromEntries(value.entries.map((entry) => [entry.key, readJson(entry.value, values)]));
    default:
      return value satisfies never;
  }
}

// A payload's numbers are doubles; what YAML writes otherwise (octal, infinity) is no JSON.
function readNumber(value: Extract<Located, { readonly kind: "number" }>, values: ValueReader): number {
  const number = Number(value.source);
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value.source) && Number.isFinite(number)) return number;
  values.problems.refuse("unknown_value", value, `\`${value.source}\` is no number that JSON can hold`);
  return 0;
}

// Two edits of one member, or of a member and one inside it, would depend on their order.
function reportOverlaps(edits: readonly RuleEdit[], entry: LocatedEntry, values: ValueReader): void {
  const clash = overlappingPath(edits.map((edit) => ("set" in edit ? edit.set : edit.remove)));
  if (clash === null) return;
  values.problems.refuse("unknown_value", entry, `\`transform\` edits \`${clash}\` more than once`, "keep one edit");
}
