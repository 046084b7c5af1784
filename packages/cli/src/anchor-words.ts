// How an anchor stands, in a word or two.

import type { AnchorReport, AnchorStatus } from "canopy-runtime/anchors";

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

/**
 * What contradicts a log, or what this home says of it: `history`, where something that is kept of it is of another one;
 * `signature`, where a checkpoint beside it is not what this home signed; null: nothing does.
 */
export function contradictionOf({ anchors, checkpoint, cosigned }: AnchorReport): "history" | "signature" | null {
  const kept = [checkpoint, cosigned?.checkpoint ?? null].filter((one) => one !== null);
  if (anchors.some(isContradicted) || kept.some(({ standing }) => standing !== "consistent")) return "history";
  return kept.some(({ signature }) => signature === "does not hold") ? "signature" : null;
}
