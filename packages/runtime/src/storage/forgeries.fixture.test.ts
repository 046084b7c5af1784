// What somebody who has no key would write into a log, of each type of entry, and what must stand all the same.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { executionState } from "../approvals/execution-state.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { StateFacts } from "../core/policy/state/state-facts.ts";
import { scopeKeysOf } from "../core/policy/state/scope.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import type { FileLedger } from "./file-ledger.ts";
import { ACTOR, T0 } from "./forged-tail.fixture.test.ts";

const TIME = "2026-01-01T00:00:00Z";
const LATER = "2028-01-01T00:00:00.000Z";

/** The ids of what stands in the log. */
export interface Ids {
  readonly asked: string;
  readonly running: string;
  readonly permitted: string;
}

/** Types of entries, each with what somebody would write who wants something loosened. */
export type Forgery = (ids: Ids) => readonly JsonObject[];

const decided = { ...ACTOR, decision: "ALLOW", expires_at: LATER, request_id: "asked" };
export const note: JsonObject = { avid: "", action_type: "ledger", decision: "RECORD" };

/** By the type of entry. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  authorize_action: () => [decided, { ...decided, counter_deltas: [{ counter: "spend", amount: "-100" }] }],
  authorize_refused: () => [{ ...ACTOR, decision: "DENY", request_id: "asked" }],
  approval_granted: ({ asked }) => [{ ...ACTOR, decision: "APPROVED", authorization_id: asked }],
  approval_rejected: ({ permitted }) => [{ ...ACTOR, decision: "REJECTED", authorization_id: permitted }],
  approval_skipped: ({ permitted }) => [{ ...ACTOR, decision: "SKIP", authorization_id: permitted }],
  reauthorized: ({ asked }) => [{ ...ACTOR, decision: "ALLOW", authorization_id: asked, expires_at: LATER }],
  tool_start: ({ permitted }) => [{ ...ACTOR, decision: "BEGIN", authorization_id: permitted }],
  tool_result: ({ running }) => [{ ...ACTOR, decision: "RESULT", authorization_id: running, outcome: "error" }],
  identity_proven: () => [{ avid: "AVID-1", identity: "proven", decision: "PROVEN" }],
  kill_switch: () => [{ scope: "agent:AVID-1", engaged: false, decision: "RELEASED" }],
  incident_event: () => [{ incident_id: "i-1", state: "closed", decision: "INCIDENT" }],
  log_rotated: () => [{ ...note, segment: 2, previous_segment: "000001.log", previous_head: GENESIS }],
  log_continued: () => [{ ...note, continued_entries: 9, continued_head: GENESIS, expected_head: null }],
  ledger_recovery: ({ asked }) => [{ ...note, payload_lost: [asked] }],
  key_rotated: () => [{ ...note, purpose: "signing", old_key_id: "k", new_key_id: "mine" }],
  records_erased: () => [{ ...note, avid: "AVID-1" }],
  checkpoint_meta: () => [{ ...note, covered_entries: 1, index: null, previous_checkpoint: null, decisions: {} }],
  checkpoint_failed: () => [{ ...note, problem: "none", checkpoint_size: 0 }],
  anchor_unreachable: () => [{ ...note, anchor: "a", error: "e", since: TIME, anchor_size: 1 }],
  anchor_reached: () => [{ ...note, anchor: "a", since: TIME, anchor_size: 1 }],
  anchor_conflict: () => [{ ...note, anchor: "a", standing: "forked", anchor_size: 1, log_size: 1 }],
  rollback_accepted: () => [{ ...note, anchor: "a", standing: "forked", accepted_reason: "mine" }],
  records_expired: () => [{ ...note, days: ["2026-01-01"] }],
  import_begun: () => [{ ...note, import_id: "m", request_id: "asked" }],
  import_finished: () => [{ ...note, import_id: "m", lines: 1 }],
  imported_entry: () => [{ ...note, import_id: "m", file: 0, line: 1, original: "{}" }],
  sink_behind: () => [{ ...note, sink: "s", since: TIME, error: "e", waiting: 1 }],
  sink_recovered: () => [{ ...note, sink: "s", since: TIME, delivered_through: 99 }],
  sink_gap: () => [{ ...note, sink: "s", from_seq: 1, to_seq: 9 }],
  sink_refused: () => [{ ...note, sink: "s", from_seq: 1, to_seq: 9, entries: 9, error: "e" }],
  sink_dismissed: () => [{ ...note, sink: "s", from_seq: 1, to_seq: 9, entries: 9 }],
  policy_activated: () => [{ action_type: "policy", policy_hash: "sha256:0", trigger: "open", by: null }],
  policy_rejected: () => [{ action_type: "policy", policy_hash: "sha256:0", trigger: "open", by: null }],
  /** No such type: a log that another version wrote may have some. */
  of_another_version: () => [{ ...note, engaged: false }],
};

/** The lines of the log of a folder. */
export function linesOf(folder: string): readonly string[] {
  return readFileSync(join(folder, "audit.log"), "utf8").split("\n").slice(0, -1);
}

/** Its entries. */
export function entriesOf(folder: string): readonly LedgerEntry[] {
  return linesOf(folder).map((line): LedgerEntry => JSON.parse(line));
}

/** Its ids. */
export function idsOf(folder: string): Ids {
  const [asked = "", running = "", permitted = ""] = entriesOf(folder)
    .filter(({ event }) => event === "authorize_action")
    .map(({ entry_hash }) => entry_hash);
  return { asked, running, permitted };
}

/** A question whose answer decisions take from the log. */
type Question = (ledger: FileLedger, ids: Ids) => JsonValue | Promise<JsonValue>;

const statusOf =
  (name: keyof Ids): Question =>
  async (ledger, ids) =>
    executionState(ids[name], await ledger.historyOf(ids[name])).status;

/** All of them. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  stopped: (ledger) => ledger.killSwitches().map(({ scope }) => scope ?? null),
  asked: statusOf("asked"),
  running: statusOf("running"),
  permitted: statusOf("permitted"),
  used: (ledger) => stateOf(ledger).counters["spend"]?.used ?? null,
  now: (ledger) => stateOf(ledger).now_ms,
  repeats: async (ledger) => (await ledger.historyOf("asked")).map(({ entry_hash }) => entry_hash),
  record: (ledger, { asked }) => ledger.readRecord(asked),
};

/** Its counters. */
export function stateOf(ledger: FileLedger): StateFacts {
  const key = scopeKeysOf({ avid: "AVID-1", trace_id: "t-1", session_id: "s-1", tenant_id: null }).agent;
  const counters = [{ counter: "spend", scope: "agent" as const, key, window_ms: null }];
  return ledger.state({ counters, marks: [], labels: null, resources: [] }, T0);
}

/** What decisions take from the log. */
export async function standing(ledger: FileLedger, ids: Ids): Promise<JsonObject> {
  const answers: Record<string, JsonValue> = {};
  for (const [name, question] of Object.entries(QUESTIONS)) answers[name] = await question(ledger, ids);
  return answers;
}

/** What it comes to without any forgery. */
export function expectedOf({ asked }: Ids): JsonObject {
  return {
    stopped: ["agent:AVID-1"],
    asked: "pending",
    running: "started",
    permitted: "allowed",
    used: "8",
    now: T0,
    repeats: [asked],
    record: { of: "authorize_action" },
  };
}
