// Entries as spans, in OTLP's JSON encoding.
//
//   authorize_action, reauthorized    a span `authorize <action>` without duration; its id is the first half of the entry's
//   tool_result                       a span `execute_tool <action>` from the start that was recorded to the result, below
//                                     the decision that allowed it, with the attributes of the GenAI conventions
//
// Ids follow from the log, so a span that is sent twice is the same span. Times are the log's: whole seconds.
//
// @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
// @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/execute-tool.md

import type { JsonObject } from "../../core/json.ts";
import { textOf, timeOf, type SinkRecord } from "./sink-record.ts";

/** SHA-256 of a text, hex. */
export type HashText = (text: string) => string;

const INTERNAL = 1;
const ERROR = 2;
const HEX_32 = /^(?!0{32})[0-9a-f]{32}$/;

/** The span of an entry, or null when it has none. `started` is when its execution began, in ms, as far as is known. */
export function spanOf(record: SinkRecord, started: number | null, hash: HashText): JsonObject | null {
  const end = timeOf(record.entry);
  if (end === null) return null;
  switch (textOf(record.entry, "event")) {
    case "authorize_action":
    case "reauthorized":
      return decisionSpan(record, end, hash);
    case "tool_result":
      return toolSpan(record, { start: Math.min(started ?? end, end), end, isKnown: started !== null }, hash);
    default:
      return null;
  }
}

function decisionSpan(record: SinkRecord, time: number, hash: HashText): JsonObject {
  const { entry } = record;
  const isFollowUp = textOf(entry, "event") === "reauthorized";
  return {
    traceId: traceId(entry, record.id, hash),
    spanId: record.id.slice(0, 16),
    ...(isFollowUp ? { parentSpanId: textOf(entry, "authorization_id").slice(0, 16) } : {}),
    name: `authorize ${textOf(entry, "action_type")}`,
    kind: INTERNAL,
    startTimeUnixNano: nanos(time),
    endTimeUnixNano: nanos(time),
    attributes: [
      ...agentAttributes(entry),
      attribute("canopy.decision", textOf(entry, "decision")),
      attribute("canopy.reason", textOf(entry, "reason")),
      attribute("canopy.severity", textOf(entry, "severity")),
      attribute("canopy.entry_hash", record.id),
    ],
    status: {},
  };
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly isKnown: boolean;
}

function toolSpan(record: SinkRecord, { start, end, isKnown }: Span, hash: HashText): JsonObject {
  const { entry } = record;
  const id = textOf(entry, "authorization_id");
  const outcome = textOf(entry, "outcome");
  const isError = outcome === "error" || outcome === "unknown";
  return {
    traceId: traceId(entry, id, hash),
    spanId: record.id.slice(0, 16),
    parentSpanId: id.slice(0, 16),
    name: `execute_tool ${textOf(entry, "action_type")}`,
    kind: INTERNAL,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: [
      attribute("gen_ai.operation.name", "execute_tool"),
      ...agentAttributes(entry),
      attribute("gen_ai.tool.call.id", id),
      attribute("gen_ai.tool.type", "function"),
      ...(isError ? [attribute("error.type", outcome)] : []),
      ...(isKnown ? [] : [attribute("canopy.start", "unknown")]),
      attribute("canopy.entry_hash", record.id),
    ],
    status: isError ? { code: ERROR, message: `outcome: ${outcome}` } : {},
  };
}

function agentAttributes(entry: JsonObject): readonly JsonObject[] {
  const session = textOf(entry, "session_id");
  return [
    attribute("gen_ai.tool.name", textOf(entry, "action_type")),
    attribute("gen_ai.agent.id", textOf(entry, "avid")),
    ...(session === "" ? [] : [attribute("gen_ai.conversation.id", session)]),
  ];
}

/** A text attribute in OTLP's JSON. */
export function attribute(key: string, text: string): JsonObject {
  return { key, value: { stringValue: text } };
}

/** Milliseconds as OTLP writes times: nanoseconds, as text. */
export function nanos(ms: number): string {
  return ms <= 0 ? "0" : `${Math.trunc(ms)}000000`;
}

/** The trace that an entry names when it is one of OpenTelemetry's; else one that follows from what it names, or from its authorization. */
function traceId(entry: JsonObject, authorization: string, hash: HashText): string {
  const trace = textOf(entry, "trace_id").toLowerCase().replaceAll("-", "");
  if (HEX_32.test(trace)) return trace;
  const seed =
    trace === ""
      ? `authorization ${authorization}`
      : `trace ${textOf(entry, "tenant_id")} ${textOf(entry, "trace_id")}`;
  return hash(`canopy-otel-trace-v1\0${seed}`).slice(0, 32);
}
