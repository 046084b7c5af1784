// Checking a log with the keys of a home, or with keys that are given.

import { fsckLog } from "../storage/fsck/fsck-log.ts";
import type { FsckReport } from "../storage/fsck/fsck-report.ts";
import type { CheckpointTrustOf } from "../storage/fsck/checkpoint-check.ts";
import { trustFrom } from "./check-included.ts";
import { checkpointVerifierKeys, homeSignatureChecks, listKeys } from "./keys.ts";

export type { FsckProblem, FsckReport } from "../storage/fsck/fsck-report.ts";

/** How a log is checked. */
export interface CheckLogOptions {
  readonly home: string;
  /** Verifier keys whose checkpoints count; default this home's own. */
  readonly vkeys?: readonly string[];
  /** Make derived files again where they are wrong. */
  readonly repair?: boolean;
  readonly progress?: (done: number, total: number, what: "lines" | "index") => void;
}

/**
 * Check a log and all beside it from the bytes up. What this home has no key for is not checked, and said. After a repair
 * the log is checked again: the report is of how it stands then. Throws as `fsckLog`, and `INVALID_KEY`.
 */
export async function checkLog(log: string, options: CheckLogOptions): Promise<FsckReport> {
  const { home, vkeys, repair = false, progress } = options;
  const hasSigning = listKeys(home).some(({ name }) => name === "signing");
  const checked = {
    home,
    signatures: hasSigning ? homeSignatureChecks(home) : null,
    trustOf: trustOf(home, vkeys),
    ...(progress && { progress }),
  };
  const report = await fsckLog(log, { ...checked, repair });
  if (report.repaired.length === 0) return report;
  const again = await fsckLog(log, checked);
  return { ...again, repaired: report.repaired };
}

function trustOf(home: string, vkeys: readonly string[] | undefined): CheckpointTrustOf | null {
  if (vkeys !== undefined) {
    const given = trustFrom({ vkeys });
    return () => given;
  }
  if (!listKeys(home).some(({ name }) => name === "checkpoint")) return null;
  return (origin) => trustFrom({ vkeys: checkpointVerifierKeys(home, origin) });
}
