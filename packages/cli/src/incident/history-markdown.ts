// A timeline as Markdown (CommonMark with tables). Texts of the log are escaped, so that none becomes markup or a link.

import { selectionText, visibleLine, type TimelineRow } from "canopy-runtime/forensics";
import type { ExportedHistory } from "./history-document.ts";
import { vouchedLines } from "../vouched-lines.ts";
import { detailText, rowDuration, rowTime, timeText } from "./row-words.ts";
import { summaryRows } from "./timeline-view.ts";

const MARKUP = /[\\`*_{}[\]<>#+!|&~@$^="']|:(?=\/)|(?<=www)\./giu;

/** A text that Markdown shows as it is, on one line. Cost: linear. */
export function markdownText(text: string): string {
  return visibleLine(text).replace(MARKUP, (character) => `\\${character}`);
}

/** The document. */
export function historyMarkdown(history: ExportedHistory): string {
  const { selection, verification, timeline, incidents, made_at } = history;
  const lines = [
    `# What happened: ${markdownText(selectionText(selection, timeText))}`,
    "",
    `Made ${made_at} from \`${verification.path.replaceAll(/[`\p{C}]/gu, "?")}\`. What is below was read from this log; a log shows nothing of calls that never came to Canopy.`,
    "",
    "## How the log stands",
    "",
    ...vouchedLines(history).map(({ label, standing, text }) => `- **${label}** (${standing}): ${markdownText(text)}`),
    "",
    ...summaryRows(history).map(([label, text]) => `- **${label}**: ${markdownText(text)}`),
  ];
  for (const incident of incidents) {
    lines.push(
      "",
      `## Incident ${markdownText(incident.incident_id)}: ${incident.state}`,
      "",
      markdownText(incident.description),
      "",
      ...incident.steps.map(({ state, at, by }) => `- ${state}: ${markdownText(at)} by ${markdownText(by)}`),
      ...incident.notes.map(
        ({ text, at, by }) => `- note, ${markdownText(at)}, ${markdownText(by)}: ${markdownText(text)}`,
      ),
      ...incident.links.map((link) => `- link: ${markdownText(link)}`),
    );
  }
  lines.push(
    "",
    "## Agents",
    "",
    "| agent | first | last | allowed | denied | asked |",
    "|---|---|---|---:|---:|---:|",
  );
  for (const { avid, first_ms, last_ms, allowed, denied, asked } of timeline.agents) {
    lines.push(
      `| ${markdownText(avid)} | ${timeText(first_ms)} | ${timeText(last_ms)} | ${allowed} | ${denied} | ${asked} |`,
    );
  }
  lines.push(
    "",
    "## Timeline",
    "",
    "| line | time | what | action | agent | took | detail |",
    "|---:|---|---|---|---|---|---|",
  );
  for (const row of timeline.rows) lines.push(rowLine(row));
  return `${lines.join("\n")}\n`;
}

function rowLine(row: TimelineRow): string {
  const line = row.index === null ? "" : String(row.index + 1);
  const cells = [rowTime(row), row.what, row.action_type, row.avid, rowDuration(row), detailText(row)];
  return `| ${line} | ${cells.map(markdownText).join(" | ")} |`;
}
