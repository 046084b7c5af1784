// The sink of a target. Connects to nothing yet.

import { ENGINE_VERSION } from "../core/engine-version.ts";
import { ocsfEvent } from "./formats/ocsf-event.ts";
import type { SinkRecord } from "./formats/sink-record.ts";
import { HttpSink, OtlpSink, SyslogSink } from "./network-sinks.ts";
import type { SinkTarget } from "./sink-target.ts";
import type { Sink } from "./sink.ts";
import { FileSink, StdoutSink } from "./stream-sink.ts";

/** Open a sink. `timeoutMs` bounds one delivery. */
export function openSink({ place, format, header }: SinkTarget, timeoutMs?: number): Sink {
  const render = format === "ocsf" ? ocsfLine : entryLine;
  const request = { header, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  switch (place.kind) {
    case "stdout":
      return new StdoutSink(render);
    case "file":
      return new FileSink(place.path, render);
    case "syslog":
      return new SyslogSink(place.transport, place.url, render, timeoutMs);
    case "http":
      return new HttpSink({ ...request, url: place.url }, render);
    case "otlp":
      return new OtlpSink({ ...request, url: place.url });
    default:
      return place satisfies never;
  }
}

function entryLine(record: SinkRecord): string {
  return record.line;
}

function ocsfLine(record: SinkRecord): string {
  return JSON.stringify(ocsfEvent(record, ENGINE_VERSION));
}
