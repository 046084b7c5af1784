import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { sha256Hex } from "../../storage/chain-host.ts";
import { ocsfEvent } from "./ocsf-event.ts";
import { otlpRequests } from "./otlp-requests.ts";
import { spanOf } from "./otlp-spans.ts";
import { shortRecord, sinkRecord, textOf, type SinkRecord } from "./sink-record.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const COMMON = {
  timestamp: "2026-11-23T08:00:00Z",
  avid: "AVID-1",
  action_type: "execute_shell",
  reason: "DENY by default/no-rm",
  severity: "high",
  log_id: "1".repeat(32),
  seq: 7,
  trace_id: TRACE,
  session_id: "s1",
  tenant_id: "acme",
};

function record(members: JsonObject, letter = "a"): SinkRecord {
  const entry = { ...COMMON, ...members, entry_hash: letter.repeat(64) };
  return sinkRecord(JSON.stringify(entry), { redact: true, fields: [] }, sha256Hex);
}

// What the schema marks as required: of every class, and of each class that is used (version 1.6.0).
const BASE: readonly string[] = [
  "activity_id",
  "category_uid",
  "class_uid",
  "metadata",
  "severity_id",
  "time",
  "type_uid",
];
const OF_CLASS: ReadonlyMap<number, readonly string[]> = new Map([
  [6003, ["actor", "api", "src_endpoint"]],
  [2005, ["finding_info_list", "status_id"]],
]);

const EVENTS: readonly JsonObject[] = [
  { event: "authorize_action", decision: "ALLOW" },
  { event: "authorize_action", decision: "DENY" },
  { event: "authorize_action", decision: "REQUIRE_APPROVAL" },
  { event: "authorize_refused", decision: "DENY", avid: "", action_type: "" },
  { event: "tool_start", decision: "BEGIN", authorization_id: "b".repeat(64) },
  { event: "tool_result", decision: "RESULT", authorization_id: "b".repeat(64), outcome: "ok" },
  { event: "log_rotated", decision: "RECORD", action_type: "ledger", avid: "" },
  { event: "incident_event", decision: "INCIDENT", incident_id: "inc-1", description: "it leaked" },
  { event: "incident_event", decision: "INCIDENT", incident_id: "inc-1", state: "contained" },
  { event: "incident_event", decision: "INCIDENT", incident_id: "inc-1", state: "closed" },
  { event: "", severity: "", timestamp: "", reason: "" },
  { event: "kill_switch", decision: "KILL_SWITCH" },
];

test("every event of OCSF has what its class requires, and ids that fit together", () => {
  for (const members of EVENTS) {
    const event = ocsfEvent(record(members), "0.5.0");
    const { class_uid, activity_id, type_uid, category_uid, metadata } = event;
    assert.ok(typeof class_uid === "number" && typeof activity_id === "number");
    for (const name of [...BASE, ...(OF_CLASS.get(class_uid) ?? ["?"])]) assert.notEqual(event[name], undefined, name);
    assert.equal(type_uid, class_uid * 100 + activity_id);
    assert.equal(category_uid, Math.floor(class_uid / 1000));
    assert.ok(isJsonObject(metadata) && isJsonObject(metadata["product"]));
    assert.equal(metadata["version"], "1.6.0");
    assert.equal(metadata["uid"], "a".repeat(64));
    if (class_uid !== 6003) continue;
    const { actor, api, src_endpoint } = event;
    assert.ok(isJsonObject(actor) && textOf(actor, "app_name") !== "");
    assert.ok(isJsonObject(api) && textOf(api, "operation") !== "");
    assert.ok(isJsonObject(src_endpoint) && textOf(src_endpoint, "uid") !== "");
  }
});

test("a denial is a denied, blocked activity that alerts; what is allowed or asked for is not", () => {
  const said = EVENTS.slice(0, 3).map((members) => {
    const { action_id, disposition_id, is_alert } = ocsfEvent(record(members), "0.5.0");
    return [action_id, disposition_id, is_alert];
  });
  assert.deepEqual(said, [
    [1, 1, false],
    [2, 2, true],
    [99, 23, false],
  ]);
  assert.equal(ocsfEvent(record({ event: "tool_start", decision: "BEGIN" }), "0.5.0")["action_id"], undefined);
});

test("a tool's span lies below its decision, in the trace that the agent named, from its start to its result", () => {
  const id = "b".repeat(64);
  const started = Date.parse("2026-11-23T08:00:00Z");
  const result = record({
    event: "tool_result",
    timestamp: "2026-11-23T08:00:05Z",
    authorization_id: id,
    outcome: "error",
  });
  const decision = spanOf(record({ event: "authorize_action", decision: "ALLOW" }, "b"), null, sha256Hex);
  const span = spanOf(result, started, sha256Hex);
  assert.ok(span !== null && decision !== null);
  assert.equal(span["parentSpanId"], decision["spanId"]);
  assert.deepEqual([span["traceId"], decision["traceId"]], [TRACE, TRACE]);
  assert.equal(span["name"], "execute_tool execute_shell");
  assert.deepEqual(
    [span["startTimeUnixNano"], span["endTimeUnixNano"]],
    [`${started}000000`, `${started + 5000}000000`],
  );
  assert.deepEqual(span["status"], { code: 2, message: "outcome: error" });
  const attributes = attributesOf(span);
  assert.equal(attributes.get("gen_ai.operation.name"), "execute_tool");
  assert.equal(attributes.get("gen_ai.tool.name"), "execute_shell");
  assert.equal(attributes.get("gen_ai.tool.call.id"), id);
  assert.equal(attributes.get("error.type"), "error");
});

function traceOf(trace_id: string, letter: string): string {
  const span = spanOf(record({ event: "authorize_action", decision: "ALLOW", trace_id }, letter), null, sha256Hex);
  return span === null ? "" : textOf(span, "traceId");
}

test("a trace that is none of OpenTelemetry's becomes one, the same for all its entries; a decision without one has its own", () => {
  assert.equal(traceOf("my trace", "a"), traceOf("my trace", "b"));
  assert.notEqual(traceOf("my trace", "a"), traceOf("other", "a"));
  assert.notEqual(traceOf("", "a"), traceOf("", "b"));
  for (const trace of ["my trace", "", "0".repeat(32), "\n"])
    assert.match(traceOf(trace, "c"), /^(?!0{32})[0-9a-f]{32}$/);
});

test("sums count each entry once, over batches, by verdicts and outcomes alone", () => {
  const tools = { hash: sha256Hex, version: "0.5.0" };
  const first = otlpRequests(
    [
      record({ event: "authorize_action", decision: "DENY" }),
      record({ event: "authorize_action", decision: "made up" }),
    ],
    {},
    tools,
  );
  const start = record({ event: "tool_start", authorization_id: "b".repeat(64) });
  const second = otlpRequests([record({ event: "authorize_action", decision: "DENY" }), start], first.memory, tools);
  const result = record({ event: "tool_result", authorization_id: "b".repeat(64), outcome: "made up" });
  const third = otlpRequests([result], second.memory, tools);
  // What is known of a start survives the batch that held it.
  assert.ok(!JSON.stringify(third.traces).includes("canopy.start"));
  assert.ok(JSON.stringify(third.metrics).includes('"asInt":"2"'));
  assert.ok(!JSON.stringify(third.metrics).includes("made up"));
  assert.equal(otlpRequests([], {}, tools).metrics, null);
});

test("an entry loses its secrets and says where; its hashes stay; a short one keeps what it is found by", () => {
  const key = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
  const { entry, line, id } = record({
    event: "incident_event",
    description: `the key was ${key}`,
    key_id: "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRg",
  });
  assert.deepEqual(entry["redacted"], ["/description"]);
  assert.equal(entry["key_id"], "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRg");
  assert.ok(!line.includes(key));
  const short = shortRecord(record({ event: "authorize_action", reason: "x".repeat(9000) }));
  assert.equal(short.id, id);
  assert.ok(short.line.length < 1000 && short.line.includes('"shortened":true'));
});

function attributesOf(span: JsonObject): ReadonlyMap<string, string> {
  const { attributes } = span;
  const all: readonly JsonValue[] = Array.isArray(attributes) ? attributes : [];
  return new Map(
    all.filter(isJsonObject).map((each) => {
      const { value } = each;
      return [textOf(each, "key"), isJsonObject(value) ? textOf(value, "stringValue") : ""];
    }),
  );
}
