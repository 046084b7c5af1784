// What the console says where there is no terminal to fill: how the log stands, in a few plain lines.

import type { AnchorSettings } from "canopy-runtime/anchors";
import { CanopyError } from "canopy-runtime/errors";
import { verifyLog } from "canopy-runtime/verify";
import { ANCHOR_WORDS } from "../anchor-words.ts";
import { checkpointFacts } from "../checkpoint-facts.ts";
import type { Io } from "../io.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText, wrapText } from "../terminal-text.ts";
import { vouchedNow, type VouchedState } from "./chain-watch.ts";
import { chainWord } from "./chain-view.ts";
import type { SurveySummary } from "./log-survey.ts";
import type { VerifyState } from "./scan-worker.ts";
import { surveyOnce } from "./survey-once.ts";

/** Whose log, and how it is told. */
export interface SnapshotOptions {
  readonly log: string;
  readonly home: string;
  readonly json: boolean;
  readonly anchors: Pick<AnchorSettings, "log_origin" | "anchors" | "log_witnesses">;
}

/** Print a summary of a log; gives the exit code. Throws as `verifyLog`. */
export async function snapshot(io: Io, { log, home, json, anchors }: SnapshotOptions): Promise<number> {
  const result = await verifyLog(log, { home });
  const summary = surveyOnce(log);
  if (summary === null) throw new CanopyError("FILE_UNUSABLE", `the log \`${log}\` can't be read`, { at: log });
  const vouched = await vouchedNow({ home, audit_log_path: log, ...anchors });
  const chain = vouched.status === "known" ? vouched.report : null;
  if (json) io.out(`${terminalJsonPretty({ log, verification: result, chain, ...summary })}\n`);
  else printSnapshot(io, log, summary, { verify: { status: "done", result, at: "" }, vouched });
  if (!json)
    io.err(`${io.errStyle.dim("no terminal to fill: this is a summary; `canopy log --follow` shows what comes")}\n`);
  return result.valid ? 0 : 1;
}

interface Known {
  readonly verify: VerifyState;
  readonly vouched: VouchedState;
}

/** Print how the log stands. */
function printSnapshot(io: Io, path: string, summary: SurveySummary, { verify, vouched }: Known): void {
  const { counts, agents, pending, switches, incidents, blockers } = summary;
  const row = (label: string, text: string): void => {
    const [first = "", ...more] = wrapText(terminalText(text), Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  io.out(`${terminalText(path)}\n`);
  row("chain", chainWord(verify, summary.entries).text);
  for (const { label, text } of vouchedLines(vouched)) row(label, text);
  row("entries", `${summary.entries}${summary.unreadable > 0 ? `, ${summary.unreadable} of them unreadable` : ""}`);
  row("decisions", `${counts.allow} allowed, ${counts.ask} asked, ${counts.deny} denied`);
  row("agents", String(agents.length));
  const answer = pending.length === 0 ? "" : ": `canopy console` on a terminal answers them (key 2)";
  row("waiting", `${pending.length} for an approval${answer}`);
  if (switches.length > 0) row("stopped", switches.map(({ scope }) => scope).join(", "));
  row("incidents", `${incidents.length}, ${incidents.filter(({ state }) => state === "open").length} open`);
  if (blockers.length === 0) return;
  io.out("\n");
  const rows = blockers.map(([reason, count]) => [String(count), reason]);
  const columns = [
    { title: "DENIED", least: 6, align: "right" as const },
    { title: "BY", least: 20 },
  ];
  for (const line of tableLines(columns, rows, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : 160 })) {
    io.out(`${line}\n`);
  }
}

function vouchedLines(vouched: VouchedState): readonly { readonly label: string; readonly text: string }[] {
  if (vouched.status !== "known") return [];
  const { report } = vouched;
  const each = report.anchors.map(({ anchor, standing, newest }) => {
    const kept = newest === null ? "" : ` at ${newest}`;
    return `${anchor} ${ANCHOR_WORDS[standing]}${kept}`;
  });
  return [...checkpointFacts(report), { label: "anchors", text: each.join("; ") }];
}
