// The thread that feeds the sinks of a log: what a receiver does, or doesn't, never holds up a decision.

import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { realFileSystem } from "../storage/file-system.ts";
import type { LogPaths } from "../storage/sidecar.ts";
import { openSink } from "./open-sink.ts";
import { LANE_TIMES, SinkLane } from "./sink-lane.ts";
import type { SinkNote } from "./sink-notes.ts";
import type { SinkTarget } from "./sink-target.ts";

/** What the thread is given. */
export interface SinkWorkerData {
  /** Of the home's own; its folder of sinks is there. */
  readonly paths: LogPaths;
  readonly targets: readonly SinkTarget[];
  readonly fields: readonly string[];
}

/** What the thread says. */
export type SinkWorkerMessage =
  | { readonly kind: "note"; readonly id: number; readonly note: SinkNote }
  | { readonly kind: "flushed" };

/** What it is told. */
export type SinkWorkerOrder =
  | { readonly kind: "noted"; readonly id: number; readonly done: boolean }
  | { readonly kind: "flush" };

const WORKER_NICENESS = 10;

function say(message: SinkWorkerMessage): void {
  parentPort?.postMessage(message, []);
}

function feed({ paths, targets, fields }: SinkWorkerData): void {
  const waiting = new Map<number, (done: boolean) => void>();
  let last = 0;
  const note = (each: SinkNote): Promise<boolean> =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      say({ kind: "note", id: last, note: each });
    });
  const common = { fs: realFileSystem, paths, fields, note, now: () => Date.now(), times: LANE_TIMES };
  const lanes = targets.map((target) => new SinkLane({ ...common, target, sink: openSink(target) }));
  for (const lane of lanes) lane.start();
  parentPort?.on("message", (order: SinkWorkerOrder) => {
    switch (order.kind) {
      case "noted":
        waiting.get(order.id)?.(order.done);
        waiting.delete(order.id);
        return;
      case "flush":
        void Promise.all(lanes.map((lane) => lane.flush())).then(() => say({ kind: "flushed" }));
        return;
      default:
        order satisfies never;
    }
  });
}

// Decisions come first. Only Linux gives a thread a priority of its own; elsewhere this would slow down all.
if (process.platform === "linux") setPriority(0, WORKER_NICENESS);
feed(workerData);
