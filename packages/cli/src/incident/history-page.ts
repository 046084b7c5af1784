// A timeline as one HTML page: opened from disk, without scripts, without anything from elsewhere.

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
import { integrityLines } from "./integrity.ts";
import { detailText, durationText, isRemarkable, rowDuration, rowTime, timeText } from "./row-words.ts";
import { summaryRows } from "./timeline-view.ts";
import { htmlPage } from "../export/html-page.ts";

const STYLE = `
:root { color-scheme: light; }
body { margin: 0; font: 14px/1.45 system-ui, sans-serif; color: #24292f; background: #fff; }
main { max-width: 1280px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 28px 0 8px; }
p { margin: 4px 0; } .faint { color: #57606a; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 8px 0; }
dt { color: #57606a; } dd { margin: 0; overflow-wrap: anywhere; }
.standing { border-left: 4px solid; padding: 2px 0 2px 10px; margin: 6px 0; }
.good { border-color: #1a7f37; } .bad { border-color: #cf222e; font-weight: 600; } .unchecked { border-color: #bf8700; }
.picture { overflow-x: auto; border: 1px solid #d0d7de; border-radius: 6px; }
.picture svg { display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; position: sticky; top: 0; background: #f6f8fa; }
th, td { padding: 5px 8px; border-bottom: 1px solid #d8dee4; vertical-align: top; }
td { overflow-wrap: anywhere; } .n { text-align: right; white-space: nowrap; } .t { white-space: nowrap; }
tr.odd td { background: #fff5f5; } tr.gap td { background: #f6f8fa; color: #57606a; font-style: italic; }
.ALLOW, .APPROVED { color: #1a7f37; font-weight: 600; } .DENY, .REJECTED, .failed { color: #cf222e; font-weight: 600; }
.REQUIRE_APPROVAL { color: #9a6700; font-weight: 600; }
@media print { main { padding: 0; } th { position: static; } tr { break-inside: avoid; } }
`;

/** The page. */
export function historyPage(history: ExportedHistory): string {
  const { selection, timeline, incidents, made_at, verification } = history;
  const title = `What happened: ${selectionText(selection, timeText)}`;
  const parts = [
    `<h1>${markupText(title)}</h1>`,
    `<p class="faint">Made ${markupText(made_at)} from ${markupText(verification.path)}</p>`,
    ...integrityLines(verification).map(
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
    ...(refused === 0 ? [] : [["odd", `${refused} entries ask for a step that can't be taken`] as const]),
  ];
  return `<h2>Incident ${markupText(incident_id)}: ${state}</h2><dl>${rows.map(definition).join("")}</dl>`;
}

function agentTable({ timeline }: ExportedHistory): readonly string[] {
  if (timeline.agents.length === 0) return [];
  const heads = ["agent", "first", "last", "allowed", "denied", "asked", "came from"];
  return [
    "<h2>Agents</h2>",
    `<div class="wide"><table><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>`,
    ...timeline.agents.map(({ avid, first_ms, last_ms, allowed, denied, asked, spawned_by }) => {
      const from = spawned_by === null ? "" : `${spawned_by} (told by order and trace)`;
      const times = [first_ms, last_ms].map((ms) => `<td class="t">${timeText(ms)}</td>`).join("");
      const counts = [allowed, denied, asked].map((count) => `<td class="n">${count}</td>`).join("");
      return `<tr><td>${markupText(avid)}</td>${times}${counts}<td>${markupText(from)}</td></tr>`;
    }),
    "</table></div>",
  ];
}

function rowTable(rows: readonly TimelineRow[]): readonly string[] {
  if (rows.length === 0) return ["<h2>Timeline</h2><p>no entry matches</p>"];
  const heads = ["line", "time", "what", "action", "agent", "took", "detail"];
  return [
    "<h2>Timeline</h2>",
    `<div class="wide"><table><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>`,
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
    `<td>${markupText(detailText(row))}</td></tr>`,
  ].join("");
}

const VERDICTS: ReadonlySet<string> = new Set(["ALLOW", "DENY", "REQUIRE_APPROVAL", "APPROVED", "REJECTED", "failed"]);
