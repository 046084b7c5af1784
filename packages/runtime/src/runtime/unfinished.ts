// Executions whose process died before it told a result: found at the next open, attested as UNKNOWN.

import { CanopyError } from "../core/errors.ts";
import { attestUnknown } from "./attest.ts";
import type { ExecutionParts } from "./begin.ts";
import { findDeadExecutors } from "./executor.ts";

/**
 * Attest as UNKNOWN what dead processes had begun on this log. Many processes may do so at once; each result stands once.
 *
 * Cost: one try of a lock for each executor's file, then one look-up for each execution it had noted.
 *
 * @returns the authorizations whose outcome is unknown.
 * @throws {CanopyError} `LEDGER_UNAVAILABLE`.
 */
export async function attestUnfinished(folder: string, parts: ExecutionParts): Promise<readonly string[]> {
  const unknown: string[] = [];
  for (const executor of findDeadExecutors(folder)) {
    for (const id of executor.begun) {
      if (await attestOnce(id, parts)) unknown.push(id);
    }
    executor.bury();
  }
  return unknown;
}

async function attestOnce(id: string, parts: ExecutionParts): Promise<boolean> {
  try {
    return await attestUnknown(id, parts);
  } catch (error) {
    // Another process attested it meanwhile, or what was noted was never begun.
    const settled =
      error instanceof CanopyError && (error.code === "ALREADY_EXECUTED" || error.code === "UNKNOWN_AUTHORIZATION");
    if (settled) return false;
    throw error;
  }
}
