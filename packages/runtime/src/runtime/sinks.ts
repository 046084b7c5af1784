// Sinks for commands: how they stand, feeding them without a runtime, and trying one.

import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openSink } from "../sinks/open-sink.ts";
import { sinksFolder } from "../sinks/sink-cursor.ts";
import { LANE_TIMES, SinkLane } from "../sinks/sink-lane.ts";
import { noteEntry } from "../sinks/sink-notes.ts";
import { sinkTargets, type SinkTarget } from "../sinks/sink-target.ts";
import { sinkRecord } from "../sinks/formats/sink-record.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths } from "../storage/sidecar.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { errorText } from "../storage/anchors/anchor-error.ts";
import type { Environment, Settings } from "./config.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";

export { sinkStatus, type SinkStatus } from "../sinks/sink-status.ts";
export { sinkTarget, sinkTargets, type SinkTarget } from "../sinks/sink-target.ts";

/** How feeding ended for one sink. */
export interface FedSink {
  readonly name: string;
  /** Whether it has everything that was durable. */
  readonly all: boolean;
}

/** How sinks are fed. */
export interface FeedOptions {
  readonly env: Environment;
  /** Stop when every sink has everything, or has failed; else go on until `signal`. */
  readonly once: boolean;
  readonly signal: AbortSignal;
}

/**
 * Feed the configured sinks of the log in force, in this process, those that no other process feeds.
 *
 * @throws {CanopyError} `INVALID_CONFIG`; else as `openMaintenanceLedger`.
 */
export async function feedSinks(settings: Settings, { env, once, signal }: FeedOptions): Promise<readonly FedSink[]> {
  const targets = sinkTargets(settings.sinks, env);
  const { ledger, clock } = await openMaintenanceLedger(settings);
  const paths = logPaths(realFileSystem, settings.audit_log_path);
  mkdirSync(sinksFolder(paths), { recursive: true, mode: 0o700 });
  const note: ConstructorParameters<typeof SinkLane>[0]["note"] = async (each) => {
    await ledger.append({ entry: noteEntry(each, clock.now()) });
    return true;
  };
  const common = {
    fs: realFileSystem,
    paths,
    fields: settings.redact_fields,
    note,
    now: () => clock.now(),
    times: LANE_TIMES,
  };
  const lanes = targets.map((target) => ({
    target,
    lane: new SinkLane({ ...common, target, sink: openSink(target) }),
  }));
  try {
    if (once)
      return await Promise.all(lanes.map(async ({ target, lane }) => ({ name: target.name, all: await lane.flush() })));
    for (const { lane } of lanes) lane.start();
    // The lanes don't hold the process up; this does.
    while (!signal.aborted) await sleep(60_000, undefined, { signal }).catch(() => undefined);
    return [];
  } finally {
    for (const { lane } of lanes) lane.close();
    await ledger.close();
  }
}

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
