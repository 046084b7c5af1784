// Asks a thread of its own to check an edited policy, and takes over what it read.

import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import type { PolicyCheck } from "./check-policy-file.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { PolicyWorkerAnswer, PolicyWorkerData } from "./policy-worker.ts";

/** How a check is asked for. */
export interface WorkerCheck {
  readonly check: PolicyCheck;
  readonly keep_beside: string | null;
  readonly signal: AbortSignal;
  /** Whether the process must stay alive for it. */
  readonly hold: boolean;
}

/** What a check found, and the port from which the values of a usable policy are taken (`takePolicyTree`). */
export interface WorkerFinding {
  readonly answer: PolicyWorkerAnswer;
  readonly tree: MessagePort;
}

const LONGEST_CHECK_MS = 60_000;
const MOST_MEMORY_MB = 1024;

/** Check a policy in a thread. Never rejects: a thread that fails or does not end is a problem of the policy. */
export function checkInWorker({ check, keep_beside, signal, hold }: WorkerCheck): Promise<WorkerFinding> {
  const { port1, port2 } = new MessageChannel();
  const data: PolicyWorkerData = { check, keep_beside, tree: port2 };
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./policy-worker.js", import.meta.url), {
      workerData: data,
      transferList: [port2],
      // Options of the process (`--input-type`) may be none that a thread can take.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    const end = (answer: PolicyWorkerAnswer): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      void worker.terminate();
      resolve({ answer, tree: port1 });
    };
    const abort = (): void => end(failed(check, "the runtime was closed"));
    const timer = setTimeout(() => end(failed(check, "the check took over a minute")), LONGEST_CHECK_MS);
    signal.addEventListener("abort", abort);
    worker.once("message", end);
    worker.once("error", (error) => end(failed(check, textOf(error))));
    worker.once("exit", () => end(failed(check, "its thread ended")));
    // After the listeners, which would hold the process up again.
    if (!hold) {
      worker.unref();
      timer.unref();
    }
    port1.unref();
  });
}

function failed({ file }: PolicyCheck, why: string): PolicyWorkerAnswer {
  const message = `it could not be checked: ${why}`;
  const fix = "restart the process to take the policy, or see `canopy lint-policy`";
  const problem: PolicyProblem = { code: "check_failed", message, fix, file, line: null, col: null, policy_hash: null };
  return { kind: "problem", problem };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n", 1).join("") : "its thread failed";
}
