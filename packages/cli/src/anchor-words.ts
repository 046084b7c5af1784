// How an anchor stands, in a word or two.

import type { AnchorStatus } from "canopy-runtime/anchors";

/** Words for people; those in capitals want somebody to act. */
export const ANCHOR_WORDS: Readonly<Record<AnchorStatus["standing"], string>> = {
  consistent: "vouches",
  rolled_back: "ROLLED BACK",
  forked: "ANOTHER LOG",
  set_back: "SET BACK",
  empty: "empty",
  unreachable: "UNREACHABLE",
  unknown: "can't be asked",
};

/** Whether an anchor keeps what the log does not continue. */
export function isContradicted({ standing }: Pick<AnchorStatus, "standing">): boolean {
  return standing === "rolled_back" || standing === "forked" || standing === "set_back";
}
