// An entry as an event of CloudEvents 1.0 (JSON format, batched content mode).
//
//   id           entry_hash          source  urn:canopy:log:<log_id>      type  io.canopy.ledger.<event>
//   subject      the agent's AVID    time    the entry's timestamp        sequence  its seq, 16 digits
//
// @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
// @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md

import type { JsonObject } from "../../core/json.ts";
import { textOf, timeOf, type SinkRecord } from "./sink-record.ts";

/** The media type of a batch. */
export const CLOUD_EVENTS_BATCH = "application/cloudevents-batch+json; charset=utf-8";

/** One event; `data` is what the batch is made of, JSON text. */
export function cloudEvent(record: SinkRecord, data: string): string {
  const { entry } = record;
  const event = textOf(entry, "event")
    .replaceAll(/[^\w.-]/g, "_")
    .slice(0, 128);
  const subject = textOf(entry, "avid");
  const ms = timeOf(entry);
  const attributes: JsonObject = {
    specversion: "1.0",
    id: record.id,
    source: `urn:canopy:log:${encodeURIComponent(textOf(entry, "log_id") || "unknown")}`,
    type: `io.canopy.ledger.${event === "" ? "entry" : event}`,
    ...(subject === "" ? {} : { subject }),
    ...(ms === null ? {} : { time: new Date(ms).toISOString() }),
    ...(record.seq === 0 ? {} : { sequence: String(record.seq).padStart(16, "0") }),
    datacontenttype: "application/json",
  };
  // The bytes of the log stay as they are: whoever gets them can check their hash.
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`;
}
