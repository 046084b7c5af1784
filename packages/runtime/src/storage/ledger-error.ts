// What whoever uses a ledger is told when something beside the log kept it from its work.

import { CanopyError, errorText, type ErrorDetails } from "../core/errors.ts";

/**
 * `LEDGER_UNAVAILABLE` with what went wrong; another error of ours stays as it is. What stands in the place of a file says
 * itself where, and what to do about it.
 */
export function toLedgerError(error: unknown, problem: string, details: ErrorDetails): CanopyError {
  const own = error instanceof CanopyError ? error : null;
  if (own !== null && own.code !== "FILE_UNUSABLE") return own;
  return new CanopyError("LEDGER_UNAVAILABLE", `${problem}: ${errorText(error)}`, {
    ...details,
    ...(own?.fix == null ? {} : { fix: own.fix }),
    ...(own?.at == null ? {} : { at: own.at }),
    cause: error,
  });
}
