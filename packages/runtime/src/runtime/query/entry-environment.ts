// The names that a question about a log's entries may use, with their types: the table that docs/reports.md shows.

import { VERBS } from "../../core/action.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { verbOfType } from "../../core/normalize.ts";
import type { CelEnvironment, CelRoot } from "../../core/policy/cel/environment.ts";
import { EFFECT_RECORD, type EffectRecord } from "../../core/policy/cel/effect-record.ts";
import { CelTimestamp } from "../../core/policy/cel/time.ts";
import { BOOL, INT, JSON_VALUE, listOf, STRING, TIMESTAMP, type CelRecordType } from "../../core/policy/cel/type.ts";
import type { CelObject, CelValue } from "../../core/policy/cel/value.ts";
import { parseEntryTime } from "../../core/policy/state/entry-time.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";

/** What the encrypted record of a decision adds to its entry. */
export interface EntryDetails {
  readonly effects: readonly EffectRecord[];
  readonly payload: JsonValue;
  readonly ctx: JsonObject;
}

/** The entry that a question is asked about now. */
export interface CurrentEntry {
  entry: LedgerEntry;
  details: EntryDetails | null;
  now_ms: number;
}

const FINDING: CelRecordType = {
  kind: "record",
  name: "finding",
  members: { rule_ref: STRING, decision: STRING, severity: STRING },
};

/** Text members of an entry; one that an entry lacks is `""`. */
const TEXTS = [
  "action_type",
  "authorization_id",
  "avid",
  "decision",
  "description",
  "event",
  "identity",
  "incident_id",
  "key_id",
  "outcome",
  "reason",
  "session_id",
  "severity",
  "state",
  "tenant_id",
  "trace_id",
] as const;

/** The names, read from whatever `current` holds when a question is evaluated. */
export function entryEnvironment(current: CurrentEntry): CelEnvironment {
  const text = (name: string): CelRoot => ({ type: STRING, read: () => textOf(current.entry[name]) });
  const roots: Record<string, CelRoot> = Object.fromEntries(TEXTS.map((name) => [name, text(name)]));
  return {
    ...roots,
    entry_hash: text("entry_hash"),
    seq: { type: INT, read: () => BigInt(current.entry.seq) },
    timestamp: { type: TIMESTAMP, read: () => timeOf(current.entry.timestamp) },
    now: { type: TIMESTAMP, read: () => new CelTimestamp(BigInt(Math.trunc(current.now_ms)) * 1_000_000n) },
    verb: { type: { kind: "string", oneOf: VERBS }, read: () => verbOf(current.entry) },
    ok: { type: BOOL, read: () => current.entry["ok"] === true },
    override_possible: { type: BOOL, read: () => current.entry["override_possible"] === true },
    policy_hash: { type: STRING, read: () => textOf(memberOf(current.entry["policy_snapshot"], "policy_hash")) },
    findings: { type: listOf(FINDING), read: () => findingsOf(current.entry["findings"]) },
    shadow: { type: listOf(FINDING), read: () => findingsOf(current.entry["shadow"]) },
    rule_refs: { type: listOf(STRING), read: () => ruleRefs(current.entry) },
    approvers: { type: listOf(STRING), read: () => membersOf(current.entry["approvers"], "approver") },
    obligations: { type: listOf(STRING), read: () => membersOf(current.entry["obligations"], "type") },
    effects: { type: listOf(EFFECT_RECORD), read: () => current.details?.effects ?? kindsOf(current.entry) },
    payload: { type: JSON_VALUE, read: () => current.details?.payload ?? null },
    ctx: { type: { kind: "map", key: STRING, value: JSON_VALUE }, read: () => current.details?.ctx ?? {} },
    entry: { type: { kind: "map", key: STRING, value: JSON_VALUE }, read: () => current.entry },
  };
}

/** The rules that spoke in a decision: those of its findings, each once. */
export function ruleRefs(entry: LedgerEntry): readonly string[] {
  const refs = findingsOf(entry["findings"]).map((finding) => textOf(finding["rule_ref"]));
  return [...new Set(refs.filter((ref) => ref !== ""))];
}

function verbOf(entry: LedgerEntry): string {
  const type = textOf(entry["action_type"]);
  return type === "" ? "" : verbOfType(type);
}

// Where the details are not known an effect has its kind alone: to ask for more of it is an error, not a "no".
function kindsOf(entry: LedgerEntry): readonly CelObject[] {
  return listIn(entry["effects"]).flatMap((kind) => (typeof kind === "string" ? [{ kind }] : []));
}

function findingsOf(value: JsonValue | undefined): readonly CelObject[] {
  return listIn(value)
    .filter(isJsonObject)
    .map((finding) => ({
      rule_ref: textOf(finding["rule_ref"]),
      decision: textOf(finding["decision"]),
      severity: textOf(finding["severity"]),
    }));
}

function membersOf(list: JsonValue | undefined, name: string): readonly string[] {
  return listIn(list).map((item) => textOf(memberOf(item, name)));
}

function timeOf(timestamp: JsonValue | undefined): CelTimestamp {
  return new CelTimestamp(BigInt(parseEntryTime(timestamp)?.from_ms ?? 0) * 1_000_000n);
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function listIn(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: CelValue | undefined): string {
  return typeof value === "string" ? value : "";
}
