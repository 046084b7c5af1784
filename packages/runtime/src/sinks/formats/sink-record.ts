// One entry on its way out: parsed, without secrets, named by its hash.

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { redactSecretsIn } from "../../core/secrets/redact-secrets.ts";

/** What a sink is given of an entry. */
export interface SinkRecord {
  /** `entry_hash`: the same however often the entry is sent. */
  readonly id: string;
  /** 0 for lines of another writer. */
  readonly seq: number;
  /** JSON on one line: the bytes of the log, unless something was taken out. */
  readonly line: string;
  readonly entry: JsonObject;
}

// Random by nature, and what evidence is checked by. Nobody who asks for a decision chooses them.
const HASHES: ReadonlySet<string> = new Set([
  "avid",
  "entry_hash",
  "prev_hash",
  "witness",
  "key_id",
  "log_id",
  "payload_commitment",
  "payload_ref",
  "policy_snapshot",
  "authorization_id",
  "request_id",
  "result_hash",
  "counter_deltas",
  "resource_keys",
  "executor_id",
]);

/** How entries are made ready. */
export interface RecordOptions {
  /** Whether secrets are taken out. */
  readonly redact: boolean;
  /** Members that are taken out as well; see `redactSecretsIn`. */
  readonly fields: readonly string[];
}

/** An entry without secrets. What was taken out is named in its member `redacted`, so nobody checks its hash in vain. */
export function shownEntry(entry: JsonObject, options: RecordOptions): JsonObject {
  if (!options.redact) return entry;
  const { value, at } = redactSecretsIn(entry, { fields: options.fields, keep: HASHES });
  return value === entry ? entry : { ...value, redacted: at };
}

/** The record of a line of the log, `hashOf` naming a line that says no hash itself. Cost: linear in the line. */
export function sinkRecord(line: string, options: RecordOptions, hashOf: (line: string) => string): SinkRecord {
  const entry = parse(line);
  const { entry_hash, seq } = entry;
  const shown = shownEntry(entry, options);
  return {
    id: typeof entry_hash === "string" ? entry_hash : hashOf(line),
    seq: typeof seq === "number" && Number.isSafeInteger(seq) ? seq : 0,
    // A line feed can't stand in JSON but between its members, where other writers may have put one.
    line: shown === entry && !/[\r\n]/.test(line) ? line : JSON.stringify(shown),
    entry: shown,
  };
}

function parse(line: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(line);
    if (isJsonObject(value)) return value;
  } catch {
    // A log that was taken over may hold what its verifier refuses; it is passed on for what it is.
  }
  return { event: "unreadable_line", text: line.slice(0, 1000) };
}

const SHORT_MEMBERS: readonly string[] = [
  "log_id",
  "seq",
  "event",
  "timestamp",
  "avid",
  "action_type",
  "decision",
  "severity",
  "authorization_id",
  "trace_id",
  "entry_hash",
];
const MAX_SHORT_TEXT = 200;

/** The same record with its chief members only, for receivers that don't take all of it. It says `"shortened":true`. */
export function shortRecord(record: SinkRecord): SinkRecord {
  const entry: Record<string, JsonValue> = { shortened: true };
  for (const name of SHORT_MEMBERS) {
    const value = record.entry[name];
    if (typeof value === "number") entry[name] = value;
    else if (typeof value === "string") entry[name] = value.slice(0, MAX_SHORT_TEXT);
  }
  return { ...record, entry, line: JSON.stringify(entry) };
}

/** The text of a member of an entry; empty when it has none. */
export function textOf(entry: JsonObject, name: string): string {
  const value = entry[name];
  return typeof value === "string" ? value : "";
}

/** Milliseconds of an entry's time since 1970; null when it says none. */
export function timeOf(entry: JsonObject): number | null {
  const ms = Date.parse(textOf(entry, "timestamp"));
  return Number.isFinite(ms) ? ms : null;
}
