// Incidents as people read them on a terminal.

import { counted } from "canopy-runtime/counted";
import type { Incident } from "canopy-runtime/forensics";
import type { Io } from "../io.ts";
import type { Style } from "../style.ts";
import { tableLines } from "../table.ts";
import { terminalText, wrapText } from "../terminal-text.ts";

const LABEL = 11;

/** The table of incidents, newest last. */
export function incidentTable(io: Io, incidents: readonly Incident[]): readonly string[] {
  const columns = [
    { title: "INCIDENT", least: 28 },
    { title: "STATE", least: 9, paint: (style: Style, cell: string, shown: string) => stateText(style, cell, shown) },
    { title: "SEVERITY", least: 8 },
    { title: "OPENED", least: 20 },
    { title: "AGENT", least: 13 },
    { title: "WHAT", least: 12 },
  ];
  const rows = incidents.map(({ incident_id, state, severity, opened_at, avid, description }) => [
    incident_id,
    state,
    severity,
    opened_at,
    shortAvid(avid),
    description,
  ]);
  return tableLines(columns, rows, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : 160 });
}

/** One incident in full. */
export function incidentLines(io: Io, incident: Incident): readonly string[] {
  const { outStyle: style } = io;
  const width = Math.max(40, Math.min(io.columns, 100) - LABEL - 4);
  const lines: string[] = [];
  const row = (label: string, text: string): void => {
    const [first = "", ...more] = wrapText(terminalText(text), width);
    lines.push(`  ${style.dim(label.padEnd(LABEL))}  ${first}`, ...more.map((line) => " ".repeat(LABEL + 4) + line));
  };
  lines.push(`${style.bold(terminalText(incident.incident_id))}  ${stateText(style, incident.state, incident.state)}`);
  row("what", incident.description);
  row("severity", incident.severity);
  row("agent", incident.avid);
  row("trace", incident.trace_id);
  if (incident.tenant_id !== "") row("tenant", incident.tenant_id);
  for (const { state, at, by } of incident.steps) row(state, by === "" ? at : `${at} by ${by}`);
  for (const { text, at, by } of incident.notes) row("note", `${at} ${by === "" ? "" : `${by}: `}${text}`);
  for (const link of incident.links) row("link", link);
  for (const id of incident.related_authorization_ids) row("about", `authorization ${id}`);
  if (incident.refused > 0)
    row(
      "odd",
      `${counted(incident.refused, "entry", "entries")} ask for a step that can't be taken; they count for nothing`,
    );
  return lines;
}

/** An incident's state in its colour. */
function stateText(style: Style, state: string, shown: string): string {
  switch (state) {
    case "open":
      return style.bad(shown);
    case "contained":
      return style.caution(shown);
    case "resolved":
    case "closed":
      return style.good(shown);
    default:
      return shown;
  }
}

/** An AVID as tables show it. */
export function shortAvid(avid: string): string {
  return avid.startsWith("AVID-") ? avid.slice(0, 13) : avid;
}
