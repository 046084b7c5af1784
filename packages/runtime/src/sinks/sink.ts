// What a sink is: something that takes entries in order and says when it has them.

import { errorText } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { SinkRecord } from "./formats/sink-record.ts";

/** How much a sink is given at a time. */
export interface BatchLimits {
  readonly entries: number;
  /** Of the entries' lines as recorded. */
  readonly bytes: number;
}

/** Takes entries. Delivered at least once: what is sent again has the same id. */
export interface Sink {
  readonly limits: BatchLimits;
  /**
   * Bring a batch there, in order. Resolves when the receiver has all of it; rejects when that isn't known, with
   * `PartlyDelivered` when it is of some, with `BatchTooLarge` when less at a time would do, with `BatchRefused` when
   * the receiver is there and won't have something in the batch, however often it is asked.
   *
   * `memory` is what the last delivered batch resolved with; it is kept with the sink's place in the log.
   */
  deliver(batch: readonly SinkRecord[], memory: JsonObject): Promise<JsonObject>;
  close(): void;
}

/** The first `count` records of a batch have arrived; the next has not. */
export class PartlyDelivered extends Error {
  readonly count: number;

  constructor(count: number, cause: unknown) {
    super(errorText(cause), { cause });
    this.count = count;
  }
}

/** The receiver takes no batch of that size. */
export class BatchTooLarge extends Error {}

/** The receiver can be reached and takes requests like this one, but not what stands in this one. */
export class BatchRefused extends Error {}
