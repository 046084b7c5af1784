// A timeline as one HTML page: opened from disk, without scripts, without anything from elsewhere.

import { counted } from "canopy-runtime/counted";
import {
  clippedText,
  markupText,
  selectionText,
  timelineSvg,
  type Incident,
  type TimelineRow,
} from "canopy-runtime/forensics";
import type { ExportedHistory } from "./history-document.ts";
import { shortAvid } from "./incident-view.ts";
import { vouchedLines } from "../vouched-lines.ts";
import { detailText, durationText, isRemarkable, rowDuration, rowTime, timeText } from "./row-words.ts";
import { summaryRows } from "./timeline-view.ts";
import { htmlPage } from "../export/html-page.ts";

const STYLE = `
main { max-width: 1280px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 12px 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
.picture svg { display: block; }
@media (prefers-color-scheme: dark) { .picture svg { filter: invert(0.93) hue-rotate(180deg); } }
.who { min-width: 22em; } .detail { min-width: 20em; }
tr.odd td { background: color-mix(in srgb, var(--bad) 8%, transparent); }
tr.gap td { background: var(--panel); color: var(--faint); font-style: italic; }
.APPROVED { color: var(--good); font-weight: 600; } .REJECTED, .failed { color: var(--bad); font-weight: 600; }
`;

/** The page. */
export function historyPage(history: ExportedHistory): string {
  const { selection, timeline, incidents, made_at, verification } = history;
  const title = `What happened: ${selectionText(selection, timeText)}`;
  const parts = [
    `<h1>${markupText(title)}</h1>`,
    `<p class="faint">Made ${markupText(made_at)} from ${markupText(verification.path)}</p>`,
    ...vouchedLines(history).map(
      ({ label, standing, text }) =>
        `<p class="standing ${standing}"><b>${label}</b> (${standing}): ${markupText(text)}</p>`,
    ),
    `<dl>${summaryRows(history).map(definition).join("")}</dl>`,
    ...incidents.map(incidentSection),
    `<h2>Picture</h2><div class="picture">${timelineSvg(timeline, { title, timeText, durationText })}</div>`,
    ...agentTable(history),
    ...rowTable(timeline.rows),
  ];
  return htmlPage(title, parts, STYLE);
}

/** The picture alone, as a file of its own. */
export function historyPicture({ selection, timeline }: ExportedHistory): string {
  return timelineSvg(timeline, { title: selectionText(selection, timeText), timeText, durationText });
}

function definition([label, text]: readonly [string, string]): string {
  return `<dt>${markupText(label)}</dt><dd>${markupText(text)}</dd>`;
}

function incidentSection(incident: Incident): string {
  const { incident_id, state, description, severity, avid, trace_id, steps, notes, links, refused } = incident;
  const rows: (readonly [string, string])[] = [
    ["what", description],
    ["severity", severity],
    ["agent", avid],
    ["trace", trace_id],
    ...steps.map(({ state, at, by }) => [state, by === "" ? at : `${at} by ${by}`] as const),
    ...notes.map(({ text, at, by }) => ["note", `${at} ${by}: ${text}`] as const),
    ...links.map((link) => ["link", link] as const),
    ...(refused === 0
      ? []
      : [["odd", `${counted(refused, "entry", "entries")} ask for a step that can't be taken`] as const]),
  ];
  return `<h2>Incident ${markupText(incident_id)}: ${state}</h2><dl>${rows.map(definition).join("")}</dl>`;
}

const NUMERIC: ReadonlySet<string> = new Set(["allowed", "denied", "asked", "line", "took"]);

function headCell(head: string): string {
  return `<th${NUMERIC.has(head) ? ' class="n"' : ""}>${head}</th>`;
}

function agentTable({ timeline }: ExportedHistory): readonly string[] {
  if (timeline.agents.length === 0) return [];
  const heads = ["agent", "first", "last", "allowed", "denied", "asked", "came from"];
  return [
    "<h2>Agents</h2>",
    `<div class="wide"><table><tr>${heads.map(headCell).join("")}</tr>`,
    ...timeline.agents.map(({ avid, first_ms, last_ms, allowed, denied, asked, spawned_by }) => {
      const from = spawned_by === null ? "" : `${spawned_by} (told by order and trace)`;
      const times = [first_ms, last_ms].map((ms) => `<td class="t">${timeText(ms)}</td>`).join("");
      const counts = [allowed, denied, asked].map((count) => `<td class="n">${count}</td>`).join("");
      return `<tr><td class="who">${markupText(avid)}</td>${times}${counts}<td>${markupText(from)}</td></tr>`;
    }),
    "</table></div>",
  ];
}

function rowTable(rows: readonly TimelineRow[]): readonly string[] {
  if (rows.length === 0) return ["<h2>Timeline</h2><p>no entry matches</p>"];
  const heads = ["line", "time", "what", "action", "agent", "took", "detail"];
  return [
    "<h2>Timeline</h2>",
    `<div class="wide"><table><tr>${heads.map(headCell).join("")}</tr>`,
    ...rows.map(tableRow),
    "</table></div>",
  ];
}

function tableRow(row: TimelineRow): string {
  const look = row.index === null ? ' class="gap"' : isRemarkable(row) ? ' class="odd"' : "";
  const verdict = VERDICTS.has(row.what) ? ` class="${row.what}"` : "";
  return [
    `<tr${look}><td class="n">${row.index === null ? "" : row.index + 1}</td>`,
    `<td class="t">${markupText(rowTime(row))}</td>`,
    `<td${verdict}>${markupText(row.what)}</td>`,
    `<td>${markupText(row.action_type)}</td>`,
    `<td class="t" title="${markupText(row.avid)}">${markupText(clippedText(shortAvid(row.avid), 24))}</td>`,
    `<td class="n">${rowDuration(row)}</td>`,
    `<td class="detail">${markupText(detailText(row))}</td></tr>`,
  ].join("");
}

const VERDICTS: ReadonlySet<string> = new Set(["ALLOW", "DENY", "REQUIRE_APPROVAL", "APPROVED", "REJECTED", "failed"]);
