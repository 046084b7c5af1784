// Sinks for commands: how they stand, feeding them without a runtime, what was refused, and trying one.

import { errorText } from "../core/errors.ts";
import { sinkRecord } from "../sinks/formats/sink-record.ts";
import { openSink } from "../sinks/open-sink.ts";
import type { SinkTarget } from "../sinks/sink-target.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";

export { sinkStatus, type SinkStatus } from "../sinks/sink-status.ts";
export { sinkTarget, sinkTargets, type SinkTarget } from "../sinks/sink-target.ts";
export { feedSinks, type FedSink, type FeedOptions } from "./feed-sinks.ts";
export { dismissRefused, resendRefused, type ResentEntries } from "./refused-by-sinks.ts";

/** Send one entry that says that it is a test to a sink; null when it has arrived, else why not. Nothing is recorded. */
export async function trySink(target: SinkTarget, now: number): Promise<string | null> {
  const sink = openSink(target);
  const entry = {
    ...systemEntry("sink_test", timestampOf(now), "a test of a sink; no such entry is in the log"),
    test: true,
  };
  const line = JSON.stringify({ ...entry, entry_hash: sha256Hex(JSON.stringify(entry)) });
  try {
    await sink.deliver([sinkRecord(line, { redact: target.redact, fields: [] }, sha256Hex)], {});
    return null;
  } catch (error) {
    return errorText(error);
  } finally {
    sink.close();
  }
}
