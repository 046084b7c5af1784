// The chain view's second half: the newest checkpoint, the anchors, and the policy that the log says is in force.

import type { AnchorStatus } from "canopy-runtime/anchors";
import { ANCHOR_WORDS, contradictionOf, isContradicted } from "../anchor-words.ts";
import { checkpointFacts, type CheckpointFact } from "../checkpoint-facts.ts";
import { cell } from "./body.ts";
import type { LoadedPolicy, VouchedState } from "./chain-watch.ts";
import { wrapped } from "./entry-view.ts";
import { BLANK, textRow, type Row, type Tone } from "./frame.ts";
import type { SurveySummary } from "./log-survey.ts";

const TONES: Readonly<Record<CheckpointFact["standing"], Tone>> = {
  good: "good",
  bad: "bad",
  unchecked: "caution",
};

/** A labelled text, wrapped. */
export function fact(label: string, text: string, width: number, tone: Tone = "plain"): readonly Row[] {
  return wrapped(text, Math.max(10, width - 14), tone).map(({ spans }, index) => ({
    spans: [{ text: index === 0 ? `  ${label}` : "", width: 14, tone: "dim" }, ...spans],
  }));
}

/** The checkpoint, and how each anchor stands. */
export function vouchedRows(vouched: VouchedState, summary: SurveySummary | null, width: number): readonly Row[] {
  const rows: Row[] = [BLANK, textRow("newest checkpoint", "bold")];
  if (vouched.status === "not yet") return [...rows, textRow("  asking…", "dim")];
  if (vouched.status === "impossible") return [...rows, ...wrapped(`  ${vouched.problem}`, width, "caution")];
  const { report, at } = vouched;
  for (const { label, text, standing } of checkpointFacts(report))
    rows.push(...fact(label, text, width, TONES[standing]));
  rows.push(...fact("last beat", beatText(summary), width));
  rows.push(BLANK, {
    spans: [
      { text: "anchors", tone: "bold" },
      { text: `  asked at ${at.slice(11, 19)}`, tone: "dim" },
    ],
  });
  for (const anchor of report.anchors) rows.push(...anchorRows(anchor, width));
  if (report.anchors.length === 1) {
    rows.push(
      ...wrapped("Only this home keeps checkpoints: name other places in the setting `anchors`.", width, "caution"),
    );
  }
  return rows;
}

function beatText(summary: SurveySummary | null): string {
  const beat = summary?.beat ?? null;
  if (beat === null) return summary?.complete === true ? "the log has no checkpoint entries" : "still reading the log";
  return `${beat.at.slice(0, 19).replace("T", " ")}${beat.idle ? ", while idle" : ""}`;
}

function anchorRows(
  { anchor, standing, newest, lag, error, failing_since, published_at }: AnchorStatus,
  width: number,
): readonly Row[] {
  const tone: Tone = isContradicted({ standing }) ? "bad" : standing === "unreachable" ? "caution" : "plain";
  const name = Math.min(40, Math.max(14, width - 57));
  const kept = newest === null ? "nothing kept" : `${newest.toLocaleString("en")} entries`;
  const behind = lag === null || newest === null ? "" : lag === 0 ? "up to date" : `${lag.toLocaleString("en")} behind`;
  const given = published_at === null ? "" : `given ${published_at.slice(11, 19)}`;
  const row: Row = {
    spans: [
      cell("", 2),
      cell(anchor, name),
      cell(ANCHOR_WORDS[standing], 15, tone),
      cell(kept, 14),
      cell(behind, 12),
      { text: width - name >= 57 ? given : "", tone: "dim" },
    ],
  };
  if (error === null) return [row];
  const since = failing_since === null ? "" : ` (since ${failing_since.slice(0, 19).replace("T", " ")})`;
  return [row, ...fact("", `${error}${since}`, width, "caution")];
}

/** Whether the policy in force in the log is the one that is loaded here; null while that isn't known. */
export function isOtherPolicy(summary: SurveySummary | null, loaded: LoadedPolicy | null): boolean | null {
  if (summary === null || loaded === null || loaded.policy_hash === null) return null;
  // Without an activation, decisions were made by the bundled default.
  if (summary.policy === null) return summary.complete && hasDecisions(summary) ? !loaded.is_default : null;
  return summary.policy.policy_hash !== loaded.policy_hash;
}

function hasDecisions({ counts }: SurveySummary): boolean {
  return counts.allow + counts.deny + counts.ask > 0;
}

/** The policy that the log says is in force, and the one by which this console judges. */
export function policyRows(summary: SurveySummary | null, loaded: LoadedPolicy | null, width: number): readonly Row[] {
  const rows: Row[] = [BLANK, textRow("policy", "bold")];
  const policy = summary?.policy ?? null;
  if (policy !== null) {
    const file = policy.policy_file === "" ? "" : `, ${policy.policy_file}`;
    rows.push(
      ...fact(
        "in the log",
        `${policy.policy_hash}${file}, since ${policy.since.slice(0, 19).replace("T", " ")}`,
        width,
      ),
    );
  } else {
    const none = "no activation is recorded: the bundled default";
    rows.push(...fact("in the log", summary?.complete === true ? none : "still reading the log", width));
  }
  if (loaded === null) return rows;
  if (loaded.problem !== null) return [...rows, ...fact("here", loaded.problem, width, "caution")];
  if (isOtherPolicy(summary, loaded) !== true) return [...rows, ...fact("here", loaded.name, width)];
  const other = `ANOTHER ONE: ${loaded.name}, ${loaded.policy_hash ?? ""}. What is approved here is judged by it; start with --policy to judge by the agents' own`;
  return [...rows, ...fact("here", other, width, "caution")];
}

/** What identifies the newest checkpoint, to be compared with what others keep. */
export function identityRows(vouched: VouchedState, width: number): readonly Row[] {
  if (vouched.status !== "known") return [];
  const { origin, checkpoint } = vouched.report;
  const root = checkpoint === null ? [] : fact("root", checkpoint.root, width);
  return [BLANK, textRow("to compare with what others keep", "bold"), ...fact("origin", origin, width), ...root];
}

/** What the line at the top says of it: what is wrong, and what is only to be known; null: nothing. */
export function vouchedWord(vouched: VouchedState): { readonly text: string; readonly isBad: boolean } | null {
  if (vouched.status !== "known") return null;
  const contradiction = contradictionOf(vouched.report);
  if (contradiction === "history") return { text: "ANCHOR DISAGREES", isBad: true };
  if (contradiction === "signature") return { text: "CHECKPOINT FORGED", isBad: true };
  const away = vouched.report.anchors.filter(({ standing }) => standing === "unreachable").length;
  return away === 0 ? null : { text: `${away === 1 ? "an anchor" : `${away} anchors`} unreachable`, isBad: false };
}
