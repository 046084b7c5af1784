// Starts the thread that reads the log.

import { Worker } from "node:worker_threads";
import type { Scanning } from "./console-app.ts";
import type { ScanOrder, ScanReport, ScanWork } from "./scan-worker.ts";

/** Read the log in a thread of its own. `failed` is told when it can't go on. */
export function startScanning(
  work: ScanWork,
  tell: (report: ScanReport) => void,
  failed: (problem: string) => void,
): Scanning {
  const worker = new Worker(new URL("./scan-worker.js", import.meta.url), { workerData: work });
  worker.on("message", (report: ScanReport) => tell(report));
  worker.on("error", (error) => failed(`the log is not read any more: ${error.message}`));
  return {
    order: (order: ScanOrder) => worker.postMessage(order, []),
    close: async () => void (await worker.terminate()),
  };
}
