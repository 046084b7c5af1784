// A timeline as a workbook: how the log stands, what happened, who, and the incidents; each on a sheet of its own.

import type { TimelineRow } from "canopy-runtime/forensics";
import { selectionText } from "canopy-runtime/forensics";
import type { RowTone } from "../export/workbook-parts.ts";
import { Workbook, type CellValue, type SheetColumn } from "../export/workbook.ts";
import type { ExportedHistory } from "./history-document.ts";
import { historyPicture } from "./history-page.ts";
import type { IntegrityLine } from "./integrity.ts";
import { vouchedLines } from "../vouched-lines.ts";
import { isRemarkable, markWords, timeText } from "./row-words.ts";
import { summaryRows } from "./timeline-view.ts";

const TONES: Readonly<Record<IntegrityLine["standing"], RowTone>> = { good: "good", bad: "bad", unchecked: "caution" };

/** Write the workbook. Throws `FILE_UNUSABLE`. */
export function writeHistoryWorkbook(history: ExportedHistory, file: string): void {
  const workbook = Workbook.create(file);
  try {
    summarySheet(workbook, history);
    pictureSheet(workbook, history);
    timelineSheet(workbook, history.timeline.rows);
    agentSheet(workbook, history);
    if (history.incidents.length > 0) incidentSheet(workbook, history);
    workbook.close();
  } finally {
    workbook.abandon();
  }
}

function summarySheet(workbook: Workbook, history: ExportedHistory): void {
  const { selection, verification, made_at } = history;
  workbook.addSheet({ name: "Summary", columns: columns(["What", 16], ["Standing", 12], ["Says", 80]) });
  workbook.row(["about", "", selectionText(selection, timeText)]);
  workbook.row(["log", "", verification.path]);
  workbook.row(["made", "", made_at]);
  for (const { label, standing, text } of vouchedLines(history)) {
    workbook.row([label, standing, text], TONES[standing]);
  }
  for (const [label, text] of summaryRows(history)) workbook.row([label, "", text]);
}

function pictureSheet(workbook: Workbook, history: ExportedHistory): void {
  const svg = historyPicture(history);
  const [, widthPixels = 0, heightPixels = 0] = (/ width="(\d+)" height="(\d+)"/u.exec(svg) ?? []).map(Number);
  const description = "What happened, a lane for each agent; the sheet Timeline has the same in rows";
  const drawing = { picture: { svg, description, widthPixels, heightPixels } };
  workbook.addSheet({ name: "Picture", columns: columns(["Lane", 8], ["Agent", 70]), drawing });
  history.timeline.agents.forEach(({ avid }, index) => workbook.row([index + 1, avid]));
}

const TIMELINE = columns(
  ["Line", 7],
  ["Time (UTC)", 20],
  ["What", 18],
  ["Action", 20],
  ["Agent", 24],
  ["Took (s)", 9],
  ["By", 16],
  ["Reason", 44],
  ["Marks", 36],
  ["Rules", 30],
  ["Effects", 24],
  ["Severity", 9],
  ["Trace", 20],
  ["Session", 16],
  ["Tenant", 12],
  ["Incident", 28],
  ["Authorization", 20],
  ["Related", 20],
  ["Event", 18],
  ["Seq", 8],
  ["Entry hash", 20],
  ["Payload", 40],
);

function timelineSheet(workbook: Workbook, rows: readonly TimelineRow[]): void {
  workbook.addSheet({ name: "Timeline", columns: TIMELINE });
  for (const row of rows) workbook.row(cellsOf(row), toneOf(row));
}

function cellsOf(row: TimelineRow): readonly CellValue[] {
  return [
    row.index === null ? null : row.index + 1,
    row.at_ms === null ? row.timestamp : new Date(row.at_ms),
    row.what,
    row.action_type,
    row.avid,
    row.duration_ms === null ? null : row.duration_ms / 1000,
    row.by.join(", "),
    row.reason,
    markWords(row).join("; "),
    row.rules.join("; "),
    row.effects.join(", "),
    row.severity,
    row.trace_id,
    row.session_id,
    row.tenant_id,
    row.incident_id,
    row.authorization_id,
    row.related.join(", "),
    row.event,
    row.seq,
    row.entry_hash,
    row.payload,
  ];
}

function toneOf(row: TimelineRow): RowTone {
  if (isRemarkable(row)) return "bad";
  if (row.index === null || row.what === "REQUIRE_APPROVAL") return "caution";
  return row.what === "ALLOW" || row.what === "APPROVED" ? "good" : "plain";
}

function agentSheet(workbook: Workbook, { timeline }: ExportedHistory): void {
  workbook.addSheet({
    name: "Agents",
    columns: columns(
      ["Agent", 70],
      ["First", 20],
      ["Last", 20],
      ["Allowed", 9],
      ["Denied", 9],
      ["Asked", 9],
      ["Came from", 70],
    ),
  });
  for (const { avid, first_ms, last_ms, allowed, denied, asked, spawned_by } of timeline.agents) {
    workbook.row([avid, dateOf(first_ms), dateOf(last_ms), allowed, denied, asked, spawned_by]);
  }
}

function incidentSheet(workbook: Workbook, { incidents }: ExportedHistory): void {
  workbook.addSheet({
    name: "Incidents",
    columns: columns(["Incident", 30], ["When", 22], ["What", 14], ["By", 16], ["Text", 80]),
  });
  for (const { incident_id, description, severity, steps, notes, links, opened_at, reporter } of incidents) {
    workbook.row([incident_id, timeCell(opened_at), "reported", reporter, `${severity}: ${description}`]);
    for (const { state, at, by } of steps) workbook.row([incident_id, timeCell(at), state, by, ""]);
    for (const { text, at, by } of notes) workbook.row([incident_id, timeCell(at), "note", by, text]);
    for (const link of links) workbook.row([incident_id, "", "link", "", link]);
  }
}

function timeCell(timestamp: string): CellValue {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? timestamp : new Date(ms);
}

function dateOf(ms: number | null): CellValue {
  return ms === null ? null : new Date(ms);
}

function columns(...list: readonly (readonly [string, number])[]): readonly SheetColumn[] {
  return list.map(([title, width]) => ({ title, width }));
}
