// What vouches for a log from outside its lines, asked when something is made of it.

import { adviceText } from "canopy-runtime/errors";
import { anchorReport, type AnchorReport, type AnchorSettings } from "canopy-runtime/anchors";
import type { VerifyOptions } from "canopy-runtime/verify";

/** The checkpoint beside a log and what its anchors keep; or why nobody could be asked. */
export type Vouched = { readonly report: AnchorReport } | { readonly problem: string };

/** Ask. Never throws: no log of ours, or settings that can't be used, are told. Cost: asks every anchor. */
export async function askAnchors(settings: AnchorSettings): Promise<Vouched> {
  try {
    return { report: await anchorReport(settings) };
  } catch (error) {
    return { problem: adviceText(error) };
  }
}

/** What anchors keep, to be held against every line: how they stand was told by the tree beside the log. */
export function keptCheckpoints(vouched: Vouched): NonNullable<VerifyOptions["checkpoints"]> {
  if ("problem" in vouched) return [];
  return vouched.report.anchors.flatMap(({ anchor, kind, newest, root }) =>
    newest === null || root === null || kind === "home"
      ? []
      : [{ name: anchor, size: newest, root: Buffer.from(root, "hex") }],
  );
}
