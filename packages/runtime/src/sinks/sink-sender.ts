// Lines of the log on their way through one sink: made ready, bounded in time, shortened when one alone is too large.

import type { JsonObject } from "../core/json.ts";
import { withinTime } from "../storage/anchors/within-time.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { shortRecord, sinkRecord, type SinkRecord } from "./formats/sink-record.ts";
import type { SinkTarget } from "./sink-target.ts";
import { BatchRefused, BatchTooLarge, type Sink } from "./sink.ts";

/** What a sender works with. */
export interface SenderOptions {
  readonly target: SinkTarget;
  readonly sink: Sink;
  /** Members that are taken out of entries besides secrets. */
  readonly fields: readonly string[];
  /** The longest that one delivery may take, whatever the sink itself thinks. */
  readonly deliveryMs: number;
}

/** Sends lines of the log to one sink. */
export class SinkSender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** What the sink is given for a line. */
  record(line: string): SinkRecord {
    const { target, fields } = this.#options;
    return sinkRecord(line, { redact: target.redact, fields }, (text) => sha256Hex(text));
  }

  /** Deliver records, a single one shortened if need be. Gives and throws what `Sink.deliver` does. */
  async send(records: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    try {
      return await this.#deliver(records, memory);
    } catch (error) {
      if (!(error instanceof BatchTooLarge) || records.length > 1) throw error;
      return await this.#deliver(records.map(shortRecord), memory);
    }
  }

  #deliver(records: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject> {
    const { sink, deliveryMs } = this.#options;
    return withinTime(deliveryMs, sink.deliver(records, memory));
  }
}

/** Whether the receiver won't have what was sent: less of it at a time may do; of a single entry nothing will. */
export function isRefusal(error: unknown): boolean {
  return error instanceof BatchTooLarge || error instanceof BatchRefused;
}
