// The longest line that any reader of a log takes into memory. What is longer is no entry of anybody's: whoever made the
// file could have made it of any length.

import { CanopyError } from "../core/errors.ts";
import { MAX_LINE_BYTES } from "../ledger/verify.ts";

/** Refuse to go on reading a line of which so many bytes were read already. Throws `LEDGER_REFUSED`, with the byte it begins at. */
export function refuseLongLine(offset: number, bytes: number): void {
  if (bytes <= MAX_LINE_BYTES) return;
  const at = `byte ${offset} of its file`;
  throw new CanopyError("LEDGER_REFUSED", `a line of the log is longer than ${MAX_LINE_BYTES} bytes, at ${at}`, {
    at,
    fix: "run `canopy verify` on the log, and restore it from a copy",
  });
}
