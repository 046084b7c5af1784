// What is sent to an OpenTelemetry collector for a batch of entries: spans, and sums that count since the sink began.
//
// A sum is a fold over the log, kept with the sink's place in it, so an entry counts once however often it is sent. What
// is counted is told apart by verdicts and outcomes only: nothing that a request chooses makes a series of its own.

import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import { attribute, nanos, spanOf, type HashText } from "./otlp-spans.ts";
import { textOf, timeOf, type SinkRecord } from "./sink-record.ts";

/** Requests for one batch, as JSON, and what is to be remembered for the next. */
export interface OtlpRequests {
  /** Null when no entry of the batch has a span. */
  readonly traces: JsonObject | null;
  readonly metrics: JsonObject | null;
  readonly memory: JsonObject;
}

const CUMULATIVE = 2;
const MAX_STARTS = 1000;
const VERDICTS: ReadonlySet<string> = new Set(["ALLOW", "DENY", "REQUIRE_APPROVAL"]);
const OUTCOMES: ReadonlySet<string> = new Set(["ok", "error", "cancelled", "unknown"]);

/** Make the requests. `memory` is what the batch before left; empty before any. Cost: linear. */
export function otlpRequests(
  batch: readonly SinkRecord[],
  memory: JsonObject,
  { hash, version }: { readonly hash: HashText; readonly version: string },
): OtlpRequests {
  const starts = new Map(numbersOf(memory["starts"]));
  const counts = new Map(numbersOf(memory["counts"]));
  let [since, newest] = [numberOf(memory["since_ms"]), numberOf(memory["newest_ms"])];
  const spans: JsonObject[] = [];
  for (const record of batch) {
    const { entry } = record;
    const time = timeOf(entry) ?? newest ?? 0;
    since ??= time;
    newest = Math.max(newest ?? 0, time);
    const id = textOf(entry, "authorization_id");
    if (textOf(entry, "event") === "tool_start") starts.set(id, time);
    const span = spanOf(record, starts.get(id) ?? null, hash);
    if (span !== null) spans.push(span);
    if (textOf(entry, "event") === "tool_result") starts.delete(id);
    count(entry, counts);
  }
  const kept = [...starts].slice(-MAX_STARTS);
  const memo = { starts: Object.fromEntries(kept), counts: Object.fromEntries(counts) };
  const times = { since: since ?? 0, newest: newest ?? 0 };
  const about = resource(batch, version);
  return {
    traces:
      spans.length === 0 ? null : { resourceSpans: [{ ...about, scopeSpans: [{ scope: scope(version), spans }] }] },
    metrics:
      counts.size === 0
        ? null
        : { resourceMetrics: [{ ...about, scopeMetrics: [{ scope: scope(version), metrics: sums(counts, times) }] }] },
    memory: { ...memo, since_ms: times.since, newest_ms: times.newest },
  };
}

function count(entry: JsonObject, counts: Map<string, number>): void {
  const add = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  const event = textOf(entry, "event");
  const decision = textOf(entry, "decision");
  const outcome = textOf(entry, "outcome");
  if (event === "authorize_action" && VERDICTS.has(decision)) add(`decisions ${decision}`);
  if (event === "tool_result") add(`results ${OUTCOMES.has(outcome) ? outcome : "other"}`);
}

interface Times {
  readonly since: number;
  readonly newest: number;
}

function sums(counts: ReadonlyMap<string, number>, times: Times): readonly JsonObject[] {
  return [
    sum({ name: "canopy.decisions", unit: "{decision}", key: "canopy.decision", prefix: "decisions " }, counts, times),
    sum({ name: "canopy.tool.results", unit: "{result}", key: "canopy.outcome", prefix: "results " }, counts, times),
  ].filter((metric) => metric !== null);
}

interface SumOf {
  readonly name: string;
  readonly unit: string;
  readonly key: string;
  readonly prefix: string;
}

function sum({ name, unit, key, prefix }: SumOf, counts: ReadonlyMap<string, number>, times: Times): JsonObject | null {
  const dataPoints = [...counts].flatMap(([each, total]) =>
    each.startsWith(prefix)
      ? [
          {
            attributes: [attribute(key, each.slice(prefix.length))],
            startTimeUnixNano: nanos(times.since),
            timeUnixNano: nanos(times.newest),
            asInt: String(total),
          },
        ]
      : [],
  );
  if (dataPoints.length === 0) return null;
  return { name, unit, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } };
}

function resource(batch: readonly SinkRecord[], version: string): JsonObject {
  const log = batch.map(({ entry }) => textOf(entry, "log_id")).find((id) => id !== "") ?? "";
  return {
    resource: {
      attributes: [
        attribute("service.name", "canopy"),
        attribute("service.version", version),
        attribute("service.instance.id", log),
      ],
    },
  };
}

function scope(version: string): JsonObject {
  return { name: "canopy-runtime", version };
}

function numbersOf(value: JsonValue | undefined): readonly (readonly [string, number])[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => (typeof each === "number" ? [[name, each] as const] : []));
}

function numberOf(value: JsonValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}
