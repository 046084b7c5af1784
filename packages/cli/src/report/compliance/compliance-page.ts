// A framework held against a log, as a part of a page and as rows.

import { markupText } from "canopy-runtime/forensics";
import type { CsvValue } from "../../export/inert-text.ts";
import { pageTable } from "../../export/html-page.ts";
import type { ComplianceView, ControlLine } from "./compliance-view.ts";

/** Titles of the columns. */
export const COMPLIANCE_COLUMNS = [
  "Control",
  "Name",
  "Standing",
  "Evidence in the log",
  "Entries",
  "Not shown",
] as const;

/** One row of text for each control. */
export function complianceRows({ lines }: ComplianceView): readonly (readonly CsvValue[])[] {
  return lines.map((line) => [
    line.id,
    line.name,
    line.standing,
    evidenceText(line),
    line.evidence.reduce((sum, { entries }) => sum + entries, 0),
    line.not_shown,
  ]);
}

/** The part of a page. */
export function compliancePart(view: ComplianceView): string {
  const rows = view.lines.map((line) => [
    { text: line.id, look: "t" },
    { text: line.name },
    { text: line.standing, look: line.standing },
    { text: evidenceText(line) },
    { text: line.not_shown },
  ]);
  return (
    `<h2>${markupText(view.title)}</h2><p>${markupText(view.caution)}</p>` +
    `<p class="faint">${markupText(view.source)}</p>` +
    pageTable(["Control", "Name", "Standing", "Evidence in the log", "What it does not show"], rows)
  );
}

/** The facts of a control in a sentence. */
export function evidenceText({ evidence }: ControlLine): string {
  if (evidence.length === 0) return "none that a log could hold";
  return evidence.map(({ what, entries }) => `${entries.toLocaleString("en-US")} ${what}`).join("; ");
}
