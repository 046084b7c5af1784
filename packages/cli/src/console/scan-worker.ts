// The thread that reads, surveys, searches and verifies the log, so that keys are answered whatever it is doing.

import { statSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { verifyLog, type VerifyResult } from "canopy-runtime/verify";
import type { EntryFilter } from "./entry-filter.ts";
import { LogScanner, type ScanNews } from "./log-scanner.ts";

/** What the thread is given. */
export interface ScanWork {
  readonly path: string;
  readonly home: string;
}

/** What it is asked. */
export type ScanOrder =
  | { readonly kind: "search"; readonly id: number; readonly filter: EntryFilter | null }
  | { readonly kind: "verify" };

/** How the verification stands. */
export type VerifyState =
  | { readonly status: "not yet" }
  | { readonly status: "running"; readonly bytes: number; readonly total: number }
  | { readonly status: "done"; readonly result: VerifyResult; readonly at: string }
  | { readonly status: "impossible"; readonly problem: string };

/** What it tells. */
export type ScanReport = ScanNews | { readonly kind: "verify"; readonly verify: VerifyState };

const POLL_MS = 100;
const SUMMARY_MS = 250;
const VERIFY_MS = 5000;
const SHORT_BYTES = 33_554_432;

function start(port: NonNullable<typeof parentPort>, { path, home }: ScanWork): void {
  const tell = (report: ScanReport): void => port.postMessage(report);
  const scanner = new LogScanner(path, tell);
  let isStepping = false;
  const step = (): void => {
    isStepping = scanner.step();
    if (isStepping) setImmediate(step);
  };
  const wake = (): void => {
    if (!isStepping) step();
  };
  let isVerifying = false;
  let verifiedSize = -1;
  const verify = async (isAsked: boolean): Promise<void> => {
    if (isVerifying) return;
    isVerifying = true;
    try {
      verifiedSize = sizeOf(path);
      const progress = (bytes: number, total: number): void => {
        if (isAsked) tell({ kind: "verify", verify: { status: "running", bytes, total } });
      };
      progress(0, 1);
      const result = await verifyLog(path, { home, progress });
      tell({ kind: "verify", verify: { status: "done", result, at: new Date().toISOString() } });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      tell({ kind: "verify", verify: { status: "impossible", problem } });
    } finally {
      isVerifying = false;
    }
  };
  port.on("message", (order: ScanOrder) => {
    if (order.kind === "verify") void verify(true);
    else scanner.search(order.id, order.filter);
    wake();
  });
  scanner.poll();
  scanner.tellSummary(true);
  setInterval(() => {
    scanner.poll();
    wake();
  }, POLL_MS);
  setInterval(() => scanner.tellSummary(), SUMMARY_MS);
  // A short log is verified again as it grows; a long one when that is asked for.
  setInterval(() => {
    const size = sizeOf(path);
    if (size !== verifiedSize && size <= SHORT_BYTES) void verify(false);
  }, VERIFY_MS);
  wake();
  void verify(true);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function parseWork(given: unknown): ScanWork {
  if (typeof given === "object" && given !== null && "path" in given && "home" in given) {
    const { path, home } = given;
    if (typeof path === "string" && typeof home === "string") return { path, home };
  }
  throw new TypeError("the scanning thread needs a path and a home");
}

if (parentPort !== null) start(parentPort, parseWork(workerData));
