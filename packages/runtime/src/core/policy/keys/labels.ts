// `labels`, beside `rules`: which data has a label.
//
//   labels:
//     - label: secret
//       paths: ["secrets/**"]
//       effects: [secret.read]

import type { LocatedEntry } from "../located.ts";
import type { Place } from "../problem.ts";
import type { ValueReader } from "../rule-values.ts";
import type { LabelRule } from "../state/labels.ts";
import { parsePathPattern, type PathPattern } from "../state/places.ts";
import { readName } from "./after.ts";
import { mapMembers, type MapNames } from "./map-members.ts";

/** A label as it was written. */
export interface LabelSource extends LabelRule, Place {}

const LABEL: MapNames = {
  known: ["label", "paths", "effects"],
  required: ["label"],
  sample: '[{label: secret, paths: ["secrets/**"]}]',
};
const MAX_LABELS = 64;
const MAX_PATHS = 256;

/** Read a policy's labels. */
export function readLabels(entry: LocatedEntry | undefined, values: ValueReader): readonly LabelSource[] {
  if (entry === undefined) return [];
  const labels: LabelSource[] = [];
  for (const item of values.list(entry, MAX_LABELS)) {
    const label = readLabel({ line: item.line, col: item.col, key: "labels", value: item }, values);
    const first = labels.find((other) => other.label === label?.label);
    if (label === null) continue;
    if (first === undefined) labels.push(label);
    else {
      const message = `the label \`${label.label}\` stands here a second time (first on line ${first.line})`;
      values.problems.refuse("duplicate_key", item, message, "list all of its paths and effects in one place");
    }
  }
  return labels;
}

function readLabel(item: LocatedEntry, values: ValueReader): LabelSource | null {
  const members = mapMembers(item, LABEL, values);
  if (members === null) return null;
  const label = readName(members.get("label"), values);
  const paths = readPaths(members.get("paths"), values);
  const effects = values.effects(members.get("effects"));
  if (label === null) return null;
  if (!members.has("paths") && !members.has("effects")) {
    const message = `the label \`${label}\` is on nothing`;
    values.problems.refuse("no_effect", item, message, "add `paths` or `effects`");
  }
  return { label, paths, effects, line: item.line, col: item.col };
}

function readPaths(entry: LocatedEntry | undefined, values: ValueReader): readonly PathPattern[] {
  if (entry === undefined) return [];
  return values.items(entry, MAX_PATHS).flatMap(({ text, at }) => {
    const result = parsePathPattern(text);
    if ("pattern" in result) return [result.pattern];
    values.problems.refuse("unknown_value", at, result.problem, result.fix);
    return [];
  });
}
