// What a test expects, read: a verdict alone, or a map.
//
//   expect: DENY
//   expect: {decision: DENY, rule: daily-spend, reason_contains: "of 200"}

import { LAYERS, type Layer, type Severity, type Verdict } from "../../finding.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import type { ProblemList } from "../problem.ts";
import type { Expectation, Named } from "./policy-test.ts";
import { itemsOf, readJsonObject, readMembers, readText, readWord } from "./strict-map.ts";

const VERDICTS: readonly Verdict[] = ["ALLOW", "REQUIRE_APPROVAL", "DENY"];
const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
const DECIDING: readonly (Layer | "none")[] = [...LAYERS, "none"];
const KEYS = [
  "decision",
  "rule",
  "not_rule",
  "layer",
  "severity",
  "reason_contains",
  "obligations",
  "approval",
  "error",
] as const;

/** Read an expectation; null (and a problem) when nothing can be made of it. */
export function readExpectation(entry: LocatedEntry, problems: ProblemList): Expectation | null {
  if (entry.value.kind === "text") {
    const decision = readWord(entry, VERDICTS, problems);
    return decision === null ? null : { ...NOTHING, line: entry.line, col: entry.col, decision };
  }
  const members = readMembers(entry.value, KEYS, "an expectation", problems);
  if (members === null) return null;
  if (members.size === 0) {
    problems.refuse(
      "no_effect",
      entry.value,
      "the expectation is empty, so nothing could fail",
      "write `expect: DENY`",
    );
    return null;
  }
  const approval = members.get("approval");
  return {
    line: entry.line,
    col: entry.col,
    decision: readWord(members.get("decision"), VERDICTS, problems),
    rules: readNames(members.get("rule"), problems),
    not_rules: readNames(members.get("not_rule"), problems),
    layer: readWord(members.get("layer"), DECIDING, problems),
    severity: readWord(members.get("severity"), SEVERITIES, problems),
    reason_contains: readNames(members.get("reason_contains"), problems).map(({ name }) => name),
    obligations: readObligations(members.get("obligations"), problems),
    approval: approval === undefined ? null : readMap(approval, problems),
    error: readText(members.get("error"), problems),
  };
}

const NOTHING: Omit<Expectation, "line" | "col"> = {
  decision: null,
  rules: [],
  not_rules: [],
  layer: null,
  severity: null,
  reason_contains: [],
  obligations: [],
  approval: null,
  error: null,
};

function readNames(entry: LocatedEntry | undefined, problems: ProblemList): readonly Named[] {
  if (entry === undefined) return [];
  const items = itemsOf(entry.value);
  if (items.length === 0) problems.refuse("empty", entry.value, `\`${entry.key}\` is empty: expected text`);
  return items.flatMap((value) => {
    const name = readText({ ...entry, value }, problems);
    return name === null ? [] : [{ name, line: value.line, col: value.col }];
  });
}

// `redact` for an obligation of that type, `{type: limit_output, bytes: 65536}` for one with these details.
function readObligations(entry: LocatedEntry | undefined, problems: ProblemList): Expectation["obligations"] {
  if (entry === undefined) return [];
  const items = itemsOf(entry.value);
  if (items.length === 0) problems.refuse("empty", entry.value, "`obligations` is empty: expected names of types");
  return items.flatMap((value) => {
    if (value.kind !== "map") {
      const type = readText({ ...entry, value }, problems);
      return type === null ? [] : [{ type, detail: {} }];
    }
    const { type, ...detail } = readJsonObject(value.entries, problems);
    if (typeof type === "string") return [{ type, detail }];
    problems.refuse("missing_key", value, "the obligation has no `type`", "write {type: redact}");
    return [];
  });
}

function readMap(entry: LocatedEntry, problems: ProblemList): Expectation["approval"] {
  const { value }: { readonly value: Located } = entry;
  if (value.kind === "map" && value.entries.length > 0) return readJsonObject(value.entries, problems);
  problems.refuse("wrong_type", value, `\`${entry.key}\` must be a map`, "write {count: 2}");
  return null;
}
