// A log whose chain doesn't hold is not read on, unless whoever asks was told.

import { CanopyError } from "../../core/errors.ts";
import type { VerifyResult } from "../../storage/verify-log.ts";

/** @throws {CanopyError} `LEDGER_REFUSED` when the chain doesn't hold. */
export function refuseInvalid({ path, valid, failure, first_bad_line, segment }: VerifyResult): void {
  if (valid) return;
  const where = segment === null ? "" : ` of segment ${segment}`;
  throw new CanopyError(
    "LEDGER_REFUSED",
    `the log \`${path}\` is broken at line ${first_bad_line}${where}: ${failure}`,
    {
      fix: "`canopy verify` says what is wrong; replay an intact copy",
    },
  );
}
