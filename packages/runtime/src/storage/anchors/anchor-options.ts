// What the owner of a file ledger may choose about its anchors.

import type { AcceptedRollback } from "./anchor-conflict.ts";

/** The anchors of a log, besides its home. */
export interface AnchorOptions {
  /** Texts that `parseAnchorText` takes. */
  readonly anchors: readonly string[];
  /** How many of those that can be asked must answer when the log is opened; folders must in any case. Default 0. */
  readonly required?: number;
  /** The text of a trust policy (C2SP tlog-policy) with the log witnesses to ask; null: none. */
  readonly witnesses?: string | null;
  /** Go on although an anchor keeps what the log does not continue. */
  readonly accepted?: AcceptedRollback | null;
}

/** The name of what a home itself remembers of the checkpoints that it made. */
export const OWN_ANCHOR = "home";

/** Whether the word of the home is overruled. */
export function isOwnOverruled({ accepted }: AnchorOptions): boolean {
  return accepted?.anchors.includes(OWN_ANCHOR) === true;
}
