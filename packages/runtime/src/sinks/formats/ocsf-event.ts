// An entry as an event of the Open Cybersecurity Schema Framework, version 1.6.0.
//
//   incident_event                         Incident Finding (2005)
//   every other entry                      API Activity (6003), with the Security Control profile on decisions
//
// A denial is one atomic alert of a control that stopped an activity. The schema says of those: model them as the activity
// with the Security Control profile (`action_id` 2, `disposition_id` 2, `is_alert`), rather than as a Detection Finding
// (2004), which has a life of its own. So one class holds all decisions, and a rate of denials is one query.
//
// @see https://schema.ocsf.io/1.6.0/classes/api_activity  https://schema.ocsf.io/1.6.0/classes/incident_finding
// @see https://github.com/ocsf/ocsf-docs/blob/main/articles/modeling-alerts.md

import type { JsonObject, JsonValue } from "../../core/json.ts";
import { textOf, timeOf, type SinkRecord } from "./sink-record.ts";

/** The version of the schema that events are of. */
export const OCSF_VERSION = "1.6.0";

const API_ACTIVITY = {
  class_uid: 6003,
  class_name: "API Activity",
  category_uid: 6,
  category_name: "Application Activity",
};
const INCIDENT = { class_uid: 2005, class_name: "Incident Finding", category_uid: 2, category_name: "Findings" };
const OTHER = 99;

/** The event of an entry, under the version of this software. What has no place in the schema stands in `unmapped`. */
export function ocsfEvent(record: SinkRecord, version: string): JsonObject {
  const { entry } = record;
  return textOf(entry, "event") === "incident_event" ? incident(record, version) : activity(record, version);
}

function activity(record: SinkRecord, version: string): JsonObject {
  const { entry } = record;
  const event = textOf(entry, "event");
  const outcome = OUTCOMES.get(textOf(entry, "decision")) ?? null;
  const isDecision = outcome !== null && (event === "authorize_action" || event === "reauthorized");
  return {
    ...API_ACTIVITY,
    activity_id: OTHER,
    activity_name: event === "" ? "entry" : event,
    type_uid: API_ACTIVITY.class_uid * 100 + OTHER,
    type_name: "API Activity: Other",
    ...base(record, version, isDecision ? ["security_control"] : []),
    actor: actorOf(entry),
    api: {
      operation: textOf(entry, "action_type") || event || "entry",
      service: { name: "canopy" },
      ...(requestOf(entry) === null ? {} : { request: { uid: requestOf(entry) } }),
    },
    // The log doesn't say from which host an agent acts; the agent is the source.
    src_endpoint: { uid: textOf(entry, "avid") || "canopy", name: textOf(entry, "avid") || "canopy" },
    ...(isDecision ? control(entry, outcome) : {}),
  };
}

interface Outcome {
  readonly action_id: number;
  readonly action: string;
  readonly disposition_id: number;
  readonly disposition: string;
}

const OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ["ALLOW", { action_id: 1, action: "Allowed", disposition_id: 1, disposition: "Allowed" }],
  ["DENY", { action_id: 2, action: "Denied", disposition_id: 2, disposition: "Blocked" }],
  ["REQUIRE_APPROVAL", { action_id: OTHER, action: "Approval required", disposition_id: 23, disposition: "Challenge" }],
]);

function control(entry: JsonObject, outcome: Outcome): JsonObject {
  const isDenied = outcome.action_id === 2;
  const reason = textOf(entry, "reason");
  return {
    ...outcome,
    is_alert: isDenied,
    status_id: isDenied ? 2 : 1,
    status: isDenied ? "Failure" : "Success",
    ...(reason === "" ? {} : { status_detail: reason }),
  };
}

function incident(record: SinkRecord, version: string): JsonObject {
  const { entry } = record;
  const state = textOf(entry, "state");
  const id = textOf(entry, "incident_id") || record.id;
  const [activity_id, activity_name] =
    state === "closed" ? [3, "Close"] : state === "" || state === "open" ? [1, "Create"] : [2, "Update"];
  const [status_id, status] = INCIDENT_STATES.get(state === "" ? "open" : state) ?? [OTHER, state];
  const desc = textOf(entry, "description") || textOf(entry, "note");
  return {
    ...INCIDENT,
    activity_id,
    activity_name,
    type_uid: INCIDENT.class_uid * 100 + activity_id,
    type_name: `Incident Finding: ${activity_name}`,
    ...base(record, version, ["incident"]),
    status_id,
    status,
    ...(desc === "" ? {} : { desc }),
    // The schema wants an assignee, and the log knows of none.
    assignee_group: { name: "unassigned" },
    finding_info_list: [{ uid: id, title: textOf(entry, "reason") || "incident", product_uid: "canopy" }],
  };
}

const INCIDENT_STATES: ReadonlyMap<string, readonly [number, string]> = new Map([
  ["open", [1, "New"]],
  ["contained", [2, "In Progress"]],
  ["resolved", [4, "Resolved"]],
  ["closed", [5, "Closed"]],
]);

function base(record: SinkRecord, version: string, profiles: readonly string[]): JsonObject {
  const { entry } = record;
  const time = timeOf(entry);
  const tenant = textOf(entry, "tenant_id");
  const trace = textOf(entry, "trace_id");
  const [severity_id, severity] = SEVERITIES.get(textOf(entry, "severity")) ?? [0, "Unknown"];
  const reason = textOf(entry, "reason");
  return {
    // 0 where the entry says no time: required, and never made up from another clock.
    time: time ?? 0,
    severity_id,
    severity,
    ...(reason === "" ? {} : { message: reason }),
    metadata: {
      version: OCSF_VERSION,
      product: { name: "Canopy", vendor_name: "Canopy", version },
      uid: record.id,
      event_code: textOf(entry, "event") || "entry",
      log_name: "audit.log",
      log_provider: "canopy",
      ...(record.seq === 0 ? {} : { sequence: record.seq }),
      ...(textOf(entry, "timestamp") === "" ? {} : { original_time: textOf(entry, "timestamp") }),
      ...(tenant === "" ? {} : { tenant_uid: tenant }),
      ...(trace === "" ? {} : { correlation_uid: trace }),
      ...(profiles.length === 0 ? {} : { profiles }),
    },
    unmapped: { entry },
  };
}

const SEVERITIES: ReadonlyMap<string, readonly [number, string]> = new Map([
  ["low", [2, "Low"]],
  ["medium", [3, "Medium"]],
  ["high", [4, "High"]],
  ["critical", [5, "Critical"]],
]);

function actorOf(entry: JsonObject): JsonObject {
  const avid = textOf(entry, "avid");
  const session = textOf(entry, "session_id");
  return {
    app_name: "canopy",
    ...(avid === "" ? {} : { app_uid: avid }),
    ...(session === "" ? {} : { session: { uid: session } }),
  };
}

function requestOf(entry: JsonObject): string | null {
  const id: JsonValue | undefined = entry["authorization_id"] ?? entry["request_id"];
  return typeof id === "string" && id !== "" ? id : null;
}
