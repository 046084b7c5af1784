// A report for a terminal.

import type { Io } from "../io.ts";
import { numberColumn, tableLines, type Column } from "../table.ts";
import { terminalText, wrapText } from "../terminal-text.ts";
import { verdictText } from "../style.ts";
import { evidenceText } from "./compliance/compliance-page.ts";
import type { ComplianceView } from "./compliance/compliance-view.ts";
import type { DecisionRow } from "./decision-row.ts";
import { sum, type NamedVerdicts } from "./log-tally.ts";
import type { ReportData } from "./report-data.ts";
import { scopeText } from "./report-tables.ts";
import { vouchedLines } from "../vouched-lines.ts";

/** Names of each kind, and decisions, that are listed. */
const LISTED = 5;
const LABEL = 12;

/** Show a report. Everything in it is made safe here. */
export function showReport(io: Io, data: ReportData, compliance: ComplianceView | null): void {
  const { tally } = data;
  const { decisions, results } = tally;
  io.out(
    `${io.outStyle.bold("Report")}  ${terminalText(data.path)}  ${io.outStyle.dim(terminalText(scopeText(data)))}\n`,
  );
  for (const { label, standing, text } of vouchedLines(data)) {
    row(io, label, standing === "unchecked" ? `${text} (unchecked)` : text, standing);
  }
  row(
    io,
    "entries",
    `${number(tally.entries)}${tally.first === null ? "" : `, ${tally.first} to ${tally.last ?? ""}`}`,
  );
  if (data.foreign > 0) row(io, "", `${number(data.foreign)} of them of another writer (0.4.2)`);
  if (data.changed > 0) row(io, "left out", `${number(data.changed)} lines that are not as they were written`, "bad");
  row(io, "decisions", `${number(sum(decisions))}: ${verdictCounts(decisions)}`);
  row(
    io,
    "approvals",
    `${number(tally.count("approval_granted"))} granted, ${number(tally.count("approval_rejected"))} rejected`,
  );
  row(
    io,
    "results",
    `${number(results.ok)} succeeded, ${number(results.error)} failed, ${number(results.unknown)} unknown, of ${number(results.started)} started`,
  );
  names(io, "AGENT", tally.agents.largest());
  names(io, "ACTION", tally.actions.largest());
  names(io, "TOP BLOCKER", tally.blockers.largest());
  newest(io, data.newest.slice(0, LISTED));
  if (compliance !== null) showCompliance(io, compliance);
}

function row(io: Io, label: string, text: string, standing?: "good" | "bad" | "unchecked"): void {
  const { outStyle: style } = io;
  const [first = "", ...more] = wrapText(terminalText(text), Math.max(40, width(io) - LABEL - 2));
  const paint =
    standing === "good" ? style.good : standing === "bad" ? style.bad : standing === "unchecked" ? style.caution : null;
  io.out(`  ${style.dim(label.padEnd(LABEL))}${paint === null ? first : paint(first)}\n`);
  for (const line of more) io.out(`  ${" ".repeat(LABEL)}${line}\n`);
}

function verdictCounts({
  allow,
  deny,
  ask,
}: {
  readonly allow: number;
  readonly deny: number;
  readonly ask: number;
}): string {
  return `${number(allow)} allowed, ${number(deny)} denied, ${number(ask)} asked`;
}

function names(io: Io, title: string, listed: readonly NamedVerdicts[]): void {
  if (listed.length === 0) return;
  const columns = [{ title, least: 16 }, numberColumn("ALLOW"), numberColumn("DENY"), numberColumn("ASK")];
  const cells = listed
    .slice(0, LISTED)
    .map(({ name, allow, deny, ask }) => [name === "" ? "(none)" : name, ...[allow, deny, ask].map(number)]);
  table(io, columns, cells);
  if (listed.length > LISTED) io.out(`  ${io.outStyle.dim(`… and ${number(listed.length - LISTED)} more`)}\n`);
}

function newest(io: Io, rows: readonly DecisionRow[]): void {
  if (rows.length === 0) return;
  const columns: readonly Column[] = [
    { title: "NEWEST", least: 19 },
    { title: "DECISION", least: 8, paint: (style, cell, shown) => verdictText(style, cell, shown) },
    { title: "ACTION", least: 10 },
    { title: "RESULT", least: 6 },
    { title: "WHY", least: 10 },
  ];
  table(
    io,
    columns,
    rows.map(({ time, decision, action, approval, result, reason }) => [
      typeof time === "string" ? time : time.toISOString().slice(0, 19).replace("T", " "),
      decision,
      action,
      result || approval,
      reason,
    ]),
  );
}

function showCompliance(io: Io, view: ComplianceView): void {
  const { outStyle: style } = io;
  io.out(`\n${style.bold(view.title)}\n`);
  for (const line of wrapText(view.caution, width(io) - 2)) io.out(`  ${line}\n`);
  for (const line of view.lines) {
    const shown = line.standing === "shown" ? style.good(line.standing) : line.standing;
    io.out(`\n  ${style.bold(line.id)}  ${line.name}: ${shown}\n`);
    for (const text of wrapText(`evidence: ${evidenceText(line)}`, width(io) - 6)) io.out(`    ${text}\n`);
    for (const text of wrapText(`not shown: ${line.not_shown}`, width(io) - 6)) io.out(`    ${style.dim(text)}\n`);
  }
}

function table(io: Io, columns: readonly Column[], cells: readonly (readonly string[])[]): void {
  io.out("\n");
  for (const line of tableLines(columns, cells, { style: io.outStyle, width: width(io) - 2 })) io.out(`  ${line}\n`);
}

function width(io: Io): number {
  return io.stdoutIsTerminal ? io.columns : 120;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
