// What vouches for a log, in lines for people: what this run verified, the checkpoint beside the log, who cosigned it, and
// what each anchor keeps, asked when the report was made.

import type { AnchorStatus } from "canopy-runtime/anchors";
import { ANCHOR_WORDS, contradictionOf, isContradicted } from "./anchor-words.ts";
import { checkpointFacts } from "./checkpoint-facts.ts";
import { integrityLines, type IntegrityLine } from "./incident/integrity.ts";
import { keptText } from "./verify-run.ts";
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
  // Each anchor has a line of its own, by its name.
  const others = lines.filter(({ label }) => label !== "anchor");
  const each = vouched.report.anchors.map((status) => anchorLine(status, verification));
  return [...others, ...checkpointFacts(vouched.report), ...each];
}

/** Whether something that is kept of the log contradicts it, or is not what this home signed. */
export function isVouchedAgainst(vouched: Vouched): boolean {
  return !("problem" in vouched) && contradictionOf(vouched.report) !== null;
}

function anchorLine(status: AnchorStatus, verification: VerifyResult): VouchedLine {
  const { anchored, checkpoints, disagreements, entries } = verification;
  const { anchor, kind, standing } = status;
  // What this run read of every line is told first; how an anchor stands was computed from the tree beside the log.
  const against = disagreements.filter((one) => one.anchor === anchor).toSorted((a, b) => b.entries - a.entries);
  const [most] = against;
  if (most !== undefined) {
    const word = isContradicted(status) ? ANCHOR_WORDS[standing] : "CONTRADICTED";
    const told = against.map((one) => `${one.kind}, ${keptText(one, entries)}`).join("; ");
    const text = `${anchor} ${word} at ${most.entries.toLocaleString("en-US")} entries: ${told}`;
    return { label: "anchor", standing: "bad", text };
  }
  if (standing !== "empty") return keptLine(status);
  const nothing = `${anchor} keeps nothing of this log`;
  if (kind !== "home") return { label: "anchor", standing: "unchecked", text: nothing };
  return anchored && checkpoints.every(({ name }) => name === anchor)
    ? { label: "anchor", standing: "good", text: `${anchor} vouches by its head; it keeps no checkpoint of this log` }
    : { label: "anchor", standing: "unchecked", text: `${nothing}: a cut tail or a full rewrite would not show` };
}

function keptLine(status: AnchorStatus): VouchedLine {
  const { anchor, standing, newest, lag, error, failing_since, published_at } = status;
  const kept = newest === null ? "" : ` at ${newest.toLocaleString("en-US")} entries`;
  const since =
    lag === null || newest === null ? "" : `; ${lag === 0 ? "none" : lag.toLocaleString("en-US")} came since`;
  const given = published_at === null ? "" : `, given ${published_at}`;
  const away = error === null ? "" : `: ${error}${failing_since === null ? "" : ` (since ${failing_since})`}`;
  const text = `${anchor} ${ANCHOR_WORDS[standing]}${kept}${since}${given}${away}`;
  const isGood = standing === "consistent";
  return { label: "anchor", standing: isContradicted(status) ? "bad" : isGood ? "good" : "unchecked", text };
}
