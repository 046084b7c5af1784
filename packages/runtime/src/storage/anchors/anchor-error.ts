// The one error that anchors give.

import { CanopyError } from "../../core/errors.ts";

/** An anchor that can't be used now: `ANCHOR_UNAVAILABLE` with its name and why. */
export function anchorUnavailable(name: string, why: string, cause?: unknown): CanopyError {
  return new CanopyError("ANCHOR_UNAVAILABLE", `the anchor \`${name}\` ${why}`, {
    fix: "see that it can be reached from here; `canopy anchors` shows how each stands",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The text of whatever was thrown, on one line. */
export function errorText(error: unknown): string {
  const text =
    error instanceof Error ? error.message || ("code" in error ? String(error.code) : error.name) : String(error);
  return text.replaceAll(/\s+/gu, " ").slice(0, 300);
}
