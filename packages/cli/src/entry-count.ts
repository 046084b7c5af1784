// How many entries a command is asked for.

import { CanopyError } from "canopy-runtime/errors";

/** The reading of a flag that takes a whole number from `least` to 999999. What it gives throws `USAGE`. */
export function entryCount(least: 0 | 1): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d{1,6}$/u.test(text) && count >= least) return count;
    throw new CanopyError("USAGE", `expected a whole number from ${least} to 999999`);
  };
}
