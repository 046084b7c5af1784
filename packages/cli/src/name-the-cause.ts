// Where a log's proofs can't be made because the log was changed: what is said then is where it was changed, not what it
// is that no longer fits.

import { CanopyError, type ErrorCode } from "canopy-runtime/errors";
import { verifyLog } from "canopy-runtime/verify";
import { failureText } from "./verify-run.ts";

const MAYBE_CHANGED: ReadonlySet<ErrorCode> = new Set(["INVALID_CHECKPOINT", "LEDGER_REFUSED"]);

/** Do the work; when it is refused and the log is broken, say where. Costs a verification, then only. */
export async function nameTheCause<Result>(log: string, home: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CanopyError && MAYBE_CHANGED.has(error.code)) throw await caused(error, log, home);
    throw error;
  }
}

async function caused(error: CanopyError, log: string, home: string): Promise<CanopyError> {
  const { valid, first_bad_line, segment, failure } = await verifyLog(log, { home });
  if (valid) return error;
  const where = segment === null ? "" : ` of segment ${segment}`;
  const message = `the log is broken at line ${first_bad_line}${where}: ${failureText(failure)}; ${error.message}`;
  return new CanopyError(error.code, message, {
    cause: error,
    fix: "keep the log as evidence; `canopy verify` shows how it stands, `canopy incident` and `canopy report` read what can be read",
  });
}
