// A shell function as it is remembered: its body and the text it stands in.

import type { CompoundCommand, CompoundList, Redirected } from "unbash";

/** The body of a shell function. */
export interface FunctionBody {
  readonly body: CompoundCommand | Redirected | CompoundList;
  /** The text that the body's positions point into. */
  readonly source: string;
}
