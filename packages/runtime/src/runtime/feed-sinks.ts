// Feeding the sinks of a log without a runtime.

import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openSink } from "../sinks/open-sink.ts";
import { readRefused, refusedPath } from "../sinks/refused-entries.ts";
import { LANE_TIMES, SinkLane } from "../sinks/sink-lane.ts";
import { noteEntry } from "../sinks/sink-notes.ts";
import { sinkTargets } from "../sinks/sink-target.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths } from "../storage/sidecar.ts";
import type { Environment, Settings } from "./config.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";

/** How feeding ended for one sink. */
export interface FedSink {
  readonly name: string;
  /** Whether it has everything that was durable, but for what its receiver refused. */
  readonly all: boolean;
  /** Entries that the receiver refused, and that were set aside. */
  readonly set_aside: number;
}

/** How sinks are fed. */
export interface FeedOptions {
  readonly env: Environment;
  /** Stop when every sink has everything, or has failed; else go on until `signal`. */
  readonly once: boolean;
  /** The name of the one sink to feed; without it all are. */
  readonly only?: string;
  readonly signal: AbortSignal;
}

/**
 * Feed the configured sinks of the log in force, in this process, those that no other process feeds.
 *
 * @throws {CanopyError} `INVALID_CONFIG`; else as `openMaintenanceLedger`.
 */
export async function feedSinks(
  settings: Settings,
  { env, once, only, signal }: FeedOptions,
): Promise<readonly FedSink[]> {
  const targets = sinkTargets(settings.sinks, env).filter(({ name }) => only === undefined || name === only);
  const { ledger, clock } = await openMaintenanceLedger(settings);
  const paths = logPaths(realFileSystem, settings.audit_log_path, settings.home);
  mkdirSync(paths.sinks, { recursive: true, mode: 0o700 });
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
    const fed = async ({ target: { name }, lane }: (typeof lanes)[number]): Promise<FedSink> => {
      const all = await lane.flush();
      return { name, all, set_aside: readRefused(realFileSystem, refusedPath(paths, name, "refused")).length };
    };
    if (once) return await Promise.all(lanes.map(fed));
    for (const { lane } of lanes) lane.start();
    // The lanes don't hold the process up; this does.
    while (!signal.aborted) await sleep(60_000, undefined, { signal }).catch(() => undefined);
    return [];
  } finally {
    for (const { lane } of lanes) lane.close();
    await ledger.close();
  }
}
