// Sinks at the other end of a connection: syslog, CloudEvents over HTTP, OpenTelemetry over HTTP.

import { hostname } from "node:os";
import { ENGINE_VERSION } from "../core/engine-version.ts";
import type { JsonObject } from "../core/json.ts";
import type { SyslogTransport } from "../storage/anchors/anchor-text.ts";
import { HttpPeer } from "../storage/anchors/bounded-request.ts";
import { SyslogReceiver } from "../storage/anchors/syslog-receiver.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { CLOUD_EVENTS_BATCH, cloudEvent } from "./formats/cloud-event.ts";
import { otlpRequests } from "./formats/otlp-requests.ts";
import type { SinkRecord } from "./formats/sink-record.ts";
import { syslogText } from "./formats/syslog-text.ts";
import { BatchRefused, BatchTooLarge, type BatchLimits, type Sink } from "./sink.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;
// What is said of the content of a request (RFC 9110 15.5.1, 15.5.21), and of nothing else: 401, 403, 404, 429 and the
// like are of the sender, the address or the hour, and no entry may be passed over for them.
const REFUSED: ReadonlySet<number> = new Set([400, 422]);

/** Sends each entry as one message. */
export class SyslogSink implements Sink {
  readonly limits: BatchLimits = { entries: 500, bytes: 1_048_576 };
  readonly #receiver: SyslogReceiver;
  readonly #render: (record: SinkRecord) => string;
  readonly #timeoutMs: number;

  constructor(
    transport: SyslogTransport,
    url: string,
    render: (record: SinkRecord) => string,
    timeoutMs: number = TIMEOUT_MS,
  ) {
    this.#receiver = new SyslogReceiver(transport, new URL(url));
    this.#render = render;
    this.#timeoutMs = timeoutMs;
  }

  async deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const sender = { host: hostname(), pid: process.pid };
    const messages = batch.map((record) => syslogText(record, sender, this.#render));
    // A receiver that never ends its half may have read nothing: that is no delivery.
    await this.#receiver.send(messages, { timeoutMs: this.#timeoutMs, lingerMs: null });
    return memory;
  }

  close(): void {
    // Each batch has a connection of its own.
  }
}

/** What requests carry. */
export interface HttpSinkOptions {
  readonly url: string;
  readonly header: readonly [name: string, value: string] | null;
  readonly timeoutMs?: number;
}

/** Posts batches of CloudEvents. */
export class HttpSink implements Sink {
  readonly limits: BatchLimits = { entries: 500, bytes: 1_048_576 };
  readonly #poster: Poster;
  readonly #render: (record: SinkRecord) => string;

  constructor(options: HttpSinkOptions, render: (record: SinkRecord) => string) {
    this.#poster = new Poster(options);
    this.#render = render;
  }

  async deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const events = batch.map((record) => cloudEvent(record, this.#render(record)));
    await this.#poster.post("", CLOUD_EVENTS_BATCH, `[${events.join(",")}]`);
    return memory;
  }

  close(): void {
    this.#poster.close();
  }
}

/** Posts spans and sums to a collector (OTLP/HTTP, JSON), at `/v1/traces` and `/v1/metrics` below its URL. */
export class OtlpSink implements Sink {
  readonly limits: BatchLimits = { entries: 500, bytes: 1_048_576 };
  readonly #poster: Poster;

  constructor(options: HttpSinkOptions) {
    this.#poster = new Poster(options);
  }

  async deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const requests = otlpRequests(batch, memory, { hash: sha256Hex, version: ENGINE_VERSION });
    if (requests.traces !== null) await this.#post("v1/traces", requests.traces);
    if (requests.metrics !== null) await this.#post("v1/metrics", requests.metrics);
    return requests.memory;
  }

  close(): void {
    this.#poster.close();
  }

  #post(path: string, body: JsonObject): Promise<void> {
    return this.#poster.post(path, "application/json", JSON.stringify(body));
  }
}

/** Posts to one server. */
class Poster {
  readonly #options: HttpSinkOptions;
  readonly #url: URL;
  readonly #peer: HttpPeer;

  constructor(options: HttpSinkOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#peer = new HttpPeer(this.#url);
  }

  /** Resolves when the server has taken it (2xx). @throws {BatchTooLarge} on 413; {BatchRefused} on 400 and 422. */
  async post(below: string, type: string, body: string): Promise<void> {
    const url = new URL(this.#url);
    if (below !== "") url.pathname = `${url.pathname.replace(/\/$/u, "")}/${below}`;
    const { header, timeoutMs } = this.#options;
    const extra: Readonly<Record<string, string>> = header === null ? {} : { [header[0]]: header[1] };
    const { status } = await this.#peer.send(url, {
      method: "POST",
      headers: { ...extra, "content-type": type, "user-agent": `canopy-runtime/${ENGINE_VERSION}` },
      body,
      timeoutMs: timeoutMs ?? TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
    if (status === 413) throw new BatchTooLarge("the server takes no request of that size (status 413)");
    const answer = `the server answered with status ${status}`;
    if (REFUSED.has(status)) throw new BatchRefused(answer);
    if (status < 200 || status > 299) throw new Error(answer);
  }

  close(): void {
    this.#peer.close();
  }
}
