// The thread that reads, surveys, searches and verifies the log, so that keys are answered whatever it is doing.

import { adviceText } from "canopy-runtime/errors";
import { statSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { verifyLog, type VerifyResult } from "canopy-runtime/verify";
import type { EntryFilter } from "./entry-filter.ts";
import type { AnchorSettings } from "canopy-runtime/anchors";
import { loadedPolicy, vouchedNow, type JudgingPolicy, type LoadedPolicy, type VouchedState } from "./chain-watch.ts";
import { LogScanner, type ScanNews } from "./log-scanner.ts";

/** What the thread is given. */
export interface ScanWork {
  readonly path: string;
  readonly home: string;
  /** What says where the log's anchors are; `audit_log_path` is `path`. */
  readonly anchors: Pick<AnchorSettings, "log_origin" | "anchors" | "log_witnesses">;
  readonly policy: JudgingPolicy;
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
export type ScanReport =
  | ScanNews
  | { readonly kind: "verify"; readonly verify: VerifyState }
  | { readonly kind: "vouched"; readonly vouched: VouchedState; readonly loaded: LoadedPolicy };

const POLL_MS = 100;
const SUMMARY_MS = 250;
const VERIFY_MS = 5000;
const SHORT_BYTES = 33_554_432;
const VOUCHED_MS = 10_000;
/** Asking that takes longer is done when it is asked for: without tiles the whole log is read. */
const QUICK_MS = 2000;

type Tell = (report: ScanReport) => void;

/** Verifies the log, one run at a time. */
class Verifying {
  readonly #work: ScanWork;
  readonly #tell: Tell;
  #isUnderWay = false;
  #size = -1;

  constructor(work: ScanWork, tell: Tell) {
    this.#work = work;
    this.#tell = tell;
  }

  /** Verify; `isAsked`: say how far it is. */
  async run(isAsked: boolean): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const { path, home } = this.#work;
    try {
      this.#size = sizeOf(path);
      const progress = (bytes: number, total: number): void => {
        if (isAsked) this.#tell({ kind: "verify", verify: { status: "running", bytes, total } });
      };
      progress(0, 1);
      const result = await verifyLog(path, { home, progress });
      this.#tell({ kind: "verify", verify: { status: "done", result, at: new Date().toISOString() } });
    } catch (error) {
      const problem = adviceText(error);
      this.#tell({ kind: "verify", verify: { status: "impossible", problem } });
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** A short log is verified again as it grows; a long one when that is asked for. */
  again(): void {
    const size = sizeOf(this.#work.path);
    if (size !== this.#size && size <= SHORT_BYTES) void this.run(false);
  }
}

/** Asks what vouches for the log, one question at a time. */
class Asking {
  readonly #work: ScanWork;
  readonly #tell: Tell;
  #isUnderWay = false;
  #isQuick = true;

  constructor(work: ScanWork, tell: Tell) {
    this.#work = work;
    this.#tell = tell;
  }

  async run(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const { path, home, anchors, policy } = this.#work;
    const began = performance.now();
    const vouched = await vouchedNow({ home, audit_log_path: path, ...anchors });
    this.#isQuick = performance.now() - began < QUICK_MS;
    this.#tell({ kind: "vouched", vouched, loaded: await loadedPolicy(policy) });
    this.#isUnderWay = false;
  }

  again(): void {
    if (this.#isQuick) void this.run();
  }
}

function start(port: NonNullable<typeof parentPort>, work: ScanWork): void {
  const tell: Tell = (report) => port.postMessage(report);
  const [scanner, verifying, asking] = [
    new LogScanner(work.path, tell),
    new Verifying(work, tell),
    new Asking(work, tell),
  ];
  let isStepping = false;
  const step = (): void => {
    isStepping = scanner.step();
    if (isStepping) setImmediate(step);
  };
  const wake = (): void => {
    if (!isStepping) step();
  };
  port.on("message", (order: ScanOrder) => {
    if (order.kind === "search") scanner.search(order.id, order.filter);
    else {
      void verifying.run(true);
      void asking.run();
    }
    wake();
  });
  scanner.poll();
  scanner.tellSummary(true);
  setInterval(() => {
    scanner.poll();
    wake();
  }, POLL_MS);
  setInterval(() => scanner.tellSummary(), SUMMARY_MS);
  setInterval(() => verifying.again(), VERIFY_MS);
  setInterval(() => asking.again(), VOUCHED_MS);
  wake();
  void asking.run();
  void verifying.run(true);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

if (parentPort !== null) start(parentPort, workerData);
