// A report as one HTML page.

import { counted } from "canopy-runtime/counted";
import { markupText } from "canopy-runtime/forensics";
import type { CellValue } from "../export/workbook.ts";
import { htmlPage, pageTable, type PageCell } from "../export/html-page.ts";
import { barChart, columnChart, type Bar, type Series } from "../export/svg-charts.ts";
import type { ComplianceView } from "./compliance/compliance-view.ts";
import { compliancePart } from "./compliance/compliance-page.ts";
import type { DecisionRow } from "./decision-row.ts";
import { sum, type NamedVerdicts } from "./log-tally.ts";
import type { ReportData } from "./report-data.ts";
import { reportTables, scopeText, type ReportTable } from "./report-tables.ts";
import { timeBars } from "./time-bars.ts";
import { vouchedLines } from "../vouched-lines.ts";

const VERDICTS: readonly Series[] = [
  { name: "allowed", tone: "good" },
  { name: "asked", tone: "caution" },
  { name: "denied", tone: "bad" },
];
/** Bars of one chart. */
const BARS = 12;

/** The page. */
export function reportPage(data: ReportData, compliance: ComplianceView | null): string {
  const title = "Report of a Canopy audit log";
  return htmlPage(title, [
    `<h1>${title}</h1>`,
    `<p class="faint">${markupText(data.path)}: ${markupText(scopeText(data))}. Made ${markupText(data.made_at)}.</p>`,
    ...vouchedLines(data).map(
      ({ label, standing, text }) =>
        `<p class="standing ${standing}"><b>${label}</b> (${standing}): ${markupText(text)}</p>`,
    ),
    ...notes(data),
    tiles(data),
    ...charts(data),
    ...(compliance === null ? [] : [compliancePart(compliance)]),
    ...reportTables(data).map(tablePart),
    decisions(data.newest, data),
  ]);
}

function notes({ foreign, changed }: ReportData): readonly string[] {
  return [
    ...(foreign > 0
      ? [
          `<p class="standing unchecked"><b>note</b>: ${counted(foreign, "entry", "entries")} of another writer (0.4.2) were counted too</p>`,
        ]
      : []),
    ...(changed > 0
      ? [`<p class="standing bad"><b>left out</b>: ${counted(changed, "line")} that are not as they were written</p>`]
      : []),
  ];
}

function tile(value: number, label: string, look = ""): string {
  return `<li><b${look === "" ? "" : ` class="${look}"`}>${value.toLocaleString("en-US")}</b>${label}</li>`;
}

function tiles({ tally }: ReportData): string {
  const { decisions, results } = tally;
  return `<ul class="tiles">${[
    tile(sum(decisions), "decisions"),
    tile(decisions.allow, "allowed", "good"),
    tile(decisions.ask, "asked for approval", "caution"),
    tile(decisions.deny, "denied", "bad"),
    tile(tally.count("approval_granted"), "approved"),
    tile(tally.count("approval_rejected"), "rejected"),
    tile(results.ok, "tools succeeded"),
    tile(results.error, "tools failed"),
    tile(results.unknown, "results unknown"),
    tile(tally.agents.size, "agents"),
  ].join("")}</ul>`;
}

function charts({ tally }: ReportData): readonly string[] {
  const { unit, bars } = timeBars(tally.hours);
  const columns = bars.map((bar) => ({ label: bar.label, values: [bar.allow, bar.ask, bar.deny] }));
  const named = (title: string, counts: readonly NamedVerdicts[]): readonly string[] => {
    if (counts.length === 0) return [];
    const shown = counts.slice(0, BARS).map(barOf);
    const [first] = counts;
    const description = `${counts.length} in all; the most, ${first === undefined ? 0 : sum(first)}, for ${first?.name ?? ""}`;
    return [barChart(shown, { title, description, series: VERDICTS })];
  };
  const overTime =
    columns.length === 0
      ? []
      : [
          columnChart(columns, {
            title: `Decisions by ${unit} (UTC)`,
            description: `${counted(columns.length, unit)}, ${counted(sum(tally.decisions), "decision")}`,
            series: VERDICTS,
          }),
        ];
  const pictures = [
    ...overTime,
    ...named("By agent", tally.agents.largest()),
    ...named("By action", tally.actions.largest()),
    ...named("Top blockers", tally.blockers.largest()),
  ];
  return pictures.length === 0 ? [] : ["<h2>In pictures</h2>", ...pictures];
}

function barOf({ name, allow, ask, deny }: NamedVerdicts): Bar {
  return { label: name === "" ? "(none)" : shortAgent(name), values: [allow, ask, deny] };
}

function tablePart({ title, columns, rows }: ReportTable): string {
  if (rows.length === 0) return `<h2>${markupText(title)}</h2><p class="faint">none</p>`;
  const cells = rows.map((row) => row.map(cellOf));
  return `<h2>${markupText(title)}</h2>${pageTable(
    columns.map((column) => column.title),
    cells,
  )}`;
}

function cellOf(value: CellValue): PageCell {
  if (value instanceof Date) return { text: timeText(value), look: "t" };
  if (typeof value === "number") return { text: value.toLocaleString("en-US"), look: "n" };
  return { text: value === null ? "" : String(value) };
}

function decisions(rows: readonly DecisionRow[], { tally }: ReportData): string {
  const all = sum(tally.decisions);
  const which =
    rows.length < all ? `The newest ${rows.length} of ${all.toLocaleString("en-US")} decisions` : "Decisions";
  const heads = ["Time (UTC)", "Decision", "Action", "Why", "Agent", "Approval", "Result", "Trace"];
  const cells = rows.map((row): readonly PageCell[] => [
    { text: timeText(row.time), look: "t" },
    { text: row.decision, look: row.decision },
    { text: row.action },
    { text: row.reason },
    { text: shortAgent(row.agent) },
    { text: row.approval },
    { text: row.result, look: row.result },
    { text: row.trace_id },
  ]);
  return `<h2>${which}</h2>${rows.length === 0 ? '<p class="faint">none</p>' : pageTable(heads, cells)}`;
}

function timeText(time: Date | string): string {
  return typeof time === "string" ? time : time.toISOString().slice(0, 19).replace("T", " ");
}

function shortAgent(avid: string): string {
  return avid.startsWith("AVID-") ? avid.slice(0, 17) : avid;
}
