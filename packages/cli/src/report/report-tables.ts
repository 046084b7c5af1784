// A report's numbers as tables, the same for every format: a title, columns, and rows of raw values.

import { counted } from "canopy-runtime/counted";
import type { CellValue, SheetChart } from "../export/workbook.ts";
import { timeOf } from "./decision-row.ts";
import { sum, type LogTally, type NamedCounts, type NamedVerdicts } from "./log-tally.ts";
import type { ReportData } from "./report-data.ts";
import { timeBars } from "./time-bars.ts";

/** One table. */
export interface ReportTable {
  /** A short name: a sheet's. */
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly title: string;
  readonly columns: readonly { readonly title: string; readonly width: number }[];
  readonly rows: readonly (readonly CellValue[])[];
  /** How it is drawn, where it is. */
  readonly chart?: SheetChart;
}

const VERDICT_COLUMNS = ["Decisions", "Allowed", "Denied", "Asked"].map((title) => ({ title, width: 12 }));

/** The tables of a report, without the decisions themselves. */
export function reportTables({ tally }: ReportData): readonly ReportTable[] {
  const { unit, bars } = timeBars(tally.hours);
  return [
    {
      name: "Over time",
      title: `Decisions by ${unit} (UTC)`,
      columns: [{ title: unit === "hour" ? "Hour" : unit === "day" ? "Day" : "Month", width: 20 }, ...VERDICT_COLUMNS],
      rows: bars.map((bar) => [bar.label, sum(bar), bar.allow, bar.deny, bar.ask]),
      chart: chartOf("columns", `Decisions by ${unit} (UTC)`, bars.length),
    },
    named("Agents", "Decisions by agent", "Agent", tally.agents),
    named("Actions", "Decisions by action type", "Action", tally.actions),
    named("Rules", "Decisions in which a rule spoke", "Rule", tally.rules),
    named("Top blockers", "What decided where it was not allowed", "Rule or reason", tally.blockers),
    approverTable(tally),
    {
      name: "Events",
      title: "Entries by event",
      columns: [
        { title: "Event", width: 28 },
        { title: "Entries", width: 12 },
      ],
      rows: [...tally.events].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    },
  ];
}

/** Names listed in one table. */
const MOST_ROWS = 1000;

function named(name: string, title: string, column: string, counts: NamedCounts): ReportTable {
  const listed = counts.largest().slice(0, MOST_ROWS);
  const more = counts.size - listed.length;
  return {
    name,
    title: more > 0 ? `${title} (the first ${MOST_ROWS} of ${counts.size})` : title,
    columns: [{ title: column, width: 44 }, ...VERDICT_COLUMNS, { title: "Last (UTC)", width: 22 }],
    rows: listed.map(verdictRow),
    chart: chartOf("bars", title, BARS),
  };
}

/** Bars of a chart of names. */
const BARS = 15;

// Columns of every table of verdicts: name, decisions, allowed, denied, asked.
function chartOf(kind: SheetChart["kind"], title: string, rows: number): SheetChart {
  const series = [
    { column: 2, color: "4AC26B" },
    { column: 4, color: "D4A72C" },
    { column: 3, color: "E5534B" },
  ];
  return { title, kind, category: 0, series, rows };
}

function verdictRow(row: NamedVerdicts): readonly CellValue[] {
  return [row.name === "" ? "(none)" : row.name, sum(row), row.allow, row.deny, row.ask, timeOf(row.last)];
}

function approverTable({ approvers }: LogTally): ReportTable {
  const rows = [...approvers.values()].toSorted(
    (a, b) => b.granted + b.rejected - (a.granted + a.rejected) || (a.name < b.name ? -1 : 1),
  );
  return {
    name: "Approvers",
    title: "Answers by approver",
    columns: [
      { title: "Approver", width: 30 },
      { title: "Approved", width: 12 },
      { title: "Rejected", width: 12 },
    ],
    rows: rows.map(({ name, granted, rejected }) => [name, granted, rejected]),
  };
}

/** A report's headline numbers, with a label each. */
export function summaryRows(data: ReportData): readonly (readonly [label: string, value: CellValue])[] {
  const { tally, foreign, changed } = data;
  const { decisions, results } = tally;
  return [
    ["Log", data.path],
    ["Made (UTC)", timeOf(data.made_at)],
    ["About", scopeText(data)],
    ["Entries counted", tally.entries],
    ["First entry (UTC)", timeOf(tally.first ?? "none")],
    ["Last entry (UTC)", timeOf(tally.last ?? "none")],
    ["Decisions", sum(decisions)],
    ["Allowed", decisions.allow],
    ["Denied", decisions.deny],
    ["Asked for approval", decisions.ask],
    ["Requests that were none", tally.refused],
    ["Approved", tally.count("approval_granted")],
    ["Rejected", tally.count("approval_rejected")],
    ["Tools started", results.started],
    ["Tools that succeeded", results.ok],
    ["Tools that failed", results.error],
    ["Results unknown", results.unknown],
    ["Agents", tally.agents.size],
    ["Incident entries", tally.count("incident_event")],
    ["Kill switch entries", tally.count("kill_switch")],
    ...(foreign > 0 ? [["Entries of another writer, counted too", foreign] as const] : []),
    ...(changed > 0 ? [["Lines not as they were written, left out", changed] as const] : []),
  ];
}

/** What a report is about, in words. */
export function scopeText({ scope }: ReportData): string {
  const { last, since_ms, until_ms } = scope;
  const parts = [
    ...(last === null ? [] : [`the newest ${counted(last, "decision")}`]),
    ...(since_ms === null ? [] : [`from ${new Date(since_ms).toISOString()}`]),
    ...(until_ms === null ? [] : [`before ${new Date(until_ms).toISOString()}`]),
  ];
  return parts.length === 0 ? "the whole log" : parts.join(", ");
}
