// The thread in which an edited policy is checked. It answers once and ends.

import { setPriority } from "node:os";
import { MessagePort, parentPort, workerData } from "node:worker_threads";
import { realFileSystem } from "../storage/file-system.ts";
import { keepPolicy } from "../storage/policy-store.ts";
import { checkPolicyFile, type PolicyCheck } from "./check-policy-file.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import { sendPolicyTree } from "./policy-tree.ts";

/** What the thread is given. */
export interface PolicyWorkerData {
  readonly check: PolicyCheck;
  /** The log beside which a policy that may be used is kept; null: no log is open yet. */
  readonly keep_beside: string | null;
  /** Where the values of a policy go that may be used. */
  readonly tree: MessagePort;
}

/** What the thread answers. The policy's values have been sent by then. */
export type PolicyWorkerAnswer =
  | {
      readonly kind: "usable";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly policy_hash: string;
      readonly is_new: boolean;
    }
  | { readonly kind: "problem"; readonly problem: PolicyProblem };

const WORKER_NICENESS = 10;

function answer(data: PolicyWorkerData): PolicyWorkerAnswer {
  const checked = checkPolicyFile(data.check);
  if ("code" in checked) return { kind: "problem", problem: checked };
  const { bytes, policy_hash, root, pinned } = checked;
  if (root !== null) {
    if (data.keep_beside !== null) {
      for (const file of [...pinned, { hash: policy_hash, bytes }]) {
        keepPolicy(realFileSystem, data.keep_beside, file.hash, file.bytes);
      }
    }
    sendPolicyTree(root, data.tree);
  }
  return { kind: "usable", bytes, policy_hash, is_new: root !== null };
}

// Decisions come first. Only Linux gives a thread a priority of its own; elsewhere this would slow down all.
if (process.platform === "linux") setPriority(0, WORKER_NICENESS);
const given: PolicyWorkerData = workerData;
const answered = answer(given);
parentPort?.postMessage(answered, answered.kind === "usable" ? [answered.bytes.buffer] : []);
given.tree.close();
