// The one error that anchors give.

import { CanopyError } from "../../core/errors.ts";

/** An anchor that can't be used now: `ANCHOR_UNAVAILABLE` with its name and why. */
export function anchorUnavailable(name: string, why: string, cause?: unknown): CanopyError {
  return new CanopyError("ANCHOR_UNAVAILABLE", `the anchor \`${name}\` ${why}`, {
    fix: "see that it can be reached from here; `canopy anchors` shows how each stands",
    ...(cause === undefined ? {} : { cause }),
  });
}
