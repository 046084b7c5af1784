// What vouches for a log, in lines for people: what this run verified, the checkpoint beside the log, who cosigned it, and
// what each anchor keeps, asked when the report was made.

import type { AnchorStatus } from "canopy-runtime/anchors";
import { ANCHOR_WORDS, contradictionOf, isContradicted } from "./anchor-words.ts";
import { checkpointFacts } from "./checkpoint-facts.ts";
import { integrityLines, type IntegrityLine } from "./incident/integrity.ts";
import type { VerifyResult } from "canopy-runtime/verify";
import type { Vouched } from "./vouched.ts";

/** One statement. */
export interface VouchedLine {
  readonly label: string;
  readonly standing: IntegrityLine["standing"];
  /** Raw: anchors and files beside a log are anybody's. */
  readonly text: string;
}

/** The statements, the most important first. */
export function vouchedLines({
  verification,
  vouched,
}: {
  readonly verification: VerifyResult;
  readonly vouched: Vouched;
}): readonly VouchedLine[] {
  const lines: readonly VouchedLine[] = integrityLines(verification);
  if ("problem" in vouched) {
    return [...lines, { label: "checkpoint", standing: "unchecked", text: `none is known: ${vouched.problem}` }];
  }
  return [...lines, ...checkpointFacts(vouched.report), ...vouched.report.anchors.map(anchorLine)];
}

/** Whether something that is kept of the log contradicts it, or is not what this home signed. */
export function isVouchedAgainst(vouched: Vouched): boolean {
  return !("problem" in vouched) && contradictionOf(vouched.report) !== null;
}

function anchorLine(status: AnchorStatus): VouchedLine {
  const { anchor, standing, newest, lag, error, failing_since, published_at } = status;
  if (standing === "empty")
    return { label: "anchor", standing: "unchecked", text: `${anchor} keeps nothing of this log` };
  const kept = newest === null ? "" : ` at ${newest.toLocaleString("en-US")} entries`;
  const since =
    lag === null || newest === null ? "" : `; ${lag === 0 ? "none" : lag.toLocaleString("en-US")} came since`;
  const given = published_at === null ? "" : `, given ${published_at}`;
  const away = error === null ? "" : `: ${error}${failing_since === null ? "" : ` (since ${failing_since})`}`;
  const text = `${anchor} ${ANCHOR_WORDS[standing]}${kept}${since}${given}${away}`;
  const isGood = standing === "consistent";
  return { label: "anchor", standing: isContradicted(status) ? "bad" : isGood ? "good" : "unchecked", text };
}
