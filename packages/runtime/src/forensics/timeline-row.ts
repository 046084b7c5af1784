// One entry of a log as one row of a timeline: what happened, who did it, about what.
//
// Texts are as recorded. Whoever shows a row makes them safe for where they are shown.

import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { entryMs, integerOf, listOf, textOf, textsOf } from "./entry-members.ts";

/** What kind of thing happened. `silence` and `clock` are no entries: they stand between two. */
export type RowKind =
  | "decision"
  | "approval"
  | "start"
  | "result"
  | "incident"
  | "policy"
  | "stop"
  | "ledger"
  | "other"
  | "unreadable"
  | "silence"
  | "clock";

/** What is known about a row that its entry alone doesn't say. */
export type RowMark =
  /** Begun, and no result follows. */
  | "no_result"
  /** Allowed, and never begun; nothing says whether it was carried out. */
  | "never_begun"
  /** Asked, and nobody answered. */
  | "unanswered"
  /** Begun, or ended, after the authorization was past its time. */
  | "past_expiry"
  /** A start or result without a standing authorization among the entries shown. */
  | "no_authorization"
  /** Its record was destroyed with its subject's key. */
  | "record_erased"
  /** Its record was deleted at the end of its retention. */
  | "record_expired"
  /** It lets another agent come to life. */
  | "spawns_agent"
  /** The first entry of an agent that came after another of the same trace had spawned one. */
  | "spawned_agent"
  /** Not chosen by what was asked for; it concerns every agent (a policy, a kill switch, a repair of the log). */
  | "context"
  /** The chain doesn't hold up to here: what this line says may be anybody's word. */
  | "unverified";

/** A row. Members that an entry lacks are empty. */
export interface TimelineRow {
  /** The entry's place in the log, counted from 0 over all segments; null for a gap. */
  readonly index: number | null;
  readonly seq: number | null;
  readonly timestamp: string;
  /** Milliseconds since 1970; null when the entry doesn't say. Entries tell whole seconds. */
  readonly at_ms: number | null;
  readonly kind: RowKind;
  /** One or two words: a verdict, an answer, how an execution ended. */
  readonly what: string;
  readonly event: string;
  readonly avid: string;
  readonly tenant_id: string;
  readonly trace_id: string;
  readonly session_id: string;
  readonly action_type: string;
  readonly severity: string;
  readonly reason: string;
  /** Who approved, reported or changed it. */
  readonly by: readonly string[];
  /** Kinds of effect, for a decision. */
  readonly effects: readonly string[];
  /** Rules that spoke, as `rule_ref: verdict`. */
  readonly rules: readonly string[];
  /** The decision that this is, or belongs to. */
  readonly authorization_id: string;
  readonly incident_id: string;
  readonly related: readonly string[];
  /** Since what came before in the life of its authorization: question to answer, decision to start, start to result. */
  readonly duration_ms: number | null;
  readonly entry_hash: string;
  readonly marks: readonly RowMark[];
  /** An excerpt of the payload, where it was asked for and could be read. */
  readonly payload: string | null;
}

/** A row while the timeline is built: what comes later may add to it. */
export type DraftRow = { -readonly [Member in keyof TimelineRow]: TimelineRow[Member] } & { marks: RowMark[] };

/** The row of an entry at a place in the log. */
export function rowOf(entry: JsonObject, index: number): DraftRow {
  const event = textOf(entry, "event");
  const isDecision = event === "authorize_action";
  const entry_hash = textOf(entry, "entry_hash");
  return {
    index,
    seq: integerOf(entry, "seq"),
    timestamp: textOf(entry, "timestamp"),
    at_ms: entryMs(entry),
    kind: kindOf(event, entry),
    what: whatHappened(event, entry),
    event,
    avid: textOf(entry, "avid"),
    tenant_id: textOf(entry, "tenant_id"),
    trace_id: textOf(entry, "trace_id"),
    session_id: textOf(entry, "session_id"),
    action_type: textOf(entry, "action_type"),
    severity: textOf(entry, "severity"),
    reason: reasonOf(entry),
    by: authorsOf(entry),
    effects: textsOf(entry, "effects"),
    rules: listOf(entry, "findings").flatMap(ruleOf),
    authorization_id: isDecision ? entry_hash : textOf(entry, "authorization_id"),
    incident_id: textOf(entry, "incident_id"),
    related: [...textsOf(entry, "related_authorization_ids"), ...textsOf(entry, "links")],
    duration_ms: null,
    entry_hash,
    marks: [],
    payload: null,
  };
}

/** The row of a line that is no entry. */
export function unreadableRow(index: number): DraftRow {
  return { ...rowOf({}, index), kind: "unreadable", what: "UNREADABLE", reason: "this line is not a ledger entry" };
}

/** The row of a gap: nothing was recorded, or the clock went back. `at_ms` is where it begins. */
export function gapRow(kind: "silence" | "clock", from_ms: number, to_ms: number): DraftRow {
  const silent = kind === "silence";
  return {
    ...rowOf({}, 0),
    index: null,
    kind,
    at_ms: from_ms,
    what: silent ? "no entries" : "clock went back",
    reason: silent
      ? "nothing was recorded in this time, by any agent"
      : "an entry says an earlier time than one before it",
    duration_ms: silent ? to_ms - from_ms : from_ms - to_ms,
  };
}

function kindOf(event: string, entry: JsonObject): RowKind {
  switch (event) {
    case "authorize_action":
    case "authorize_refused":
    case "reauthorized":
      return "decision";
    case "approval_granted":
    case "approval_rejected":
    case "approval_skipped":
      return "approval";
    case "tool_start":
      return "start";
    case "tool_result":
      return "result";
    case "incident_event":
      return "incident";
    case "policy_activated":
    case "policy_rejected":
      return "policy";
    case "kill_switch":
      return "stop";
    default:
      return entry["action_type"] === "ledger" ? "ledger" : "other";
  }
}

function whatHappened(event: string, entry: JsonObject): string {
  switch (event) {
    case "authorize_action":
    case "authorize_refused":
    case "reauthorized":
      return textOf(entry, "decision");
    case "approval_granted":
      return "APPROVED";
    case "approval_rejected":
      return "REJECTED";
    case "approval_skipped":
      return "SKIPPED";
    case "tool_start":
      return "started";
    case "tool_result":
      return endOf(entry);
    case "incident_event":
      return `incident ${textOf(entry, "state") || (textOf(entry, "note") === "" ? "open" : "note")}`;
    case "kill_switch":
      return entry["engaged"] === false ? "kill switch released" : "kill switch engaged";
    case "":
      return textOf(entry, "decision") || "entry";
    default:
      return event.replaceAll("_", " ");
  }
}

function endOf(entry: JsonObject): string {
  if (entry["ok"] === true) return entry["outcome"] === "cancelled" ? "cancelled" : "done";
  return entry["ok"] === false ? "failed" : "ended, unknown";
}

function reasonOf(entry: JsonObject): string {
  const words = [textOf(entry, "reason"), textOf(entry, "description"), textOf(entry, "note"), textOf(entry, "error")];
  return [...new Set(words)].filter((word) => word !== "").join(": ");
}

function authorsOf(entry: JsonObject): readonly string[] {
  const approvers = listOf(entry, "approvers").flatMap((each) => (isJsonObject(each) ? textOf(each, "approver") : []));
  return [...approvers, textOf(entry, "by"), textOf(entry, "reporter")].filter((name) => name !== "");
}

function ruleOf(finding: JsonValue): readonly string[] {
  if (!isJsonObject(finding)) return [];
  return [`${textOf(finding, "rule_ref")}: ${textOf(finding, "decision")}`];
}
