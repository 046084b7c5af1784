// A report written to a file, in the format that its name ends in.

import { exportName, formatOf } from "../export/export-name.ts";
import { csvLine, type CsvValue } from "../export/inert-text.ts";
import type { RowTone } from "../export/workbook-parts.ts";
import { Workbook } from "../export/workbook.ts";
import { FileWriter } from "../incident/file-writer.ts";
import type { ComplianceView } from "./compliance/compliance-view.ts";
import { COMPLIANCE_COLUMNS, complianceRows } from "./compliance/compliance-page.ts";
import { ROW_COLUMNS, type DecisionRow } from "./decision-row.ts";
import { reportDocument } from "./report-document.ts";
import type { ReportData } from "./report-data.ts";
import { reportTables, summaryRows } from "./report-tables.ts";
import { vouchedLines } from "../vouched-lines.ts";

/** The formats, by what a file's name ends in. */
export const REPORT_FORMATS = ["xlsx", "csv", "html", "json"] as const;

const EXPORTING = { what: "report", formats: REPORT_FORMATS } as const;

/** A report on its way into a file: told every decision while the log is read, finished when all is counted. */
export interface ReportSink {
  readonly row: (row: DecisionRow) => void;
  readonly finish: (data: ReportData, compliance: ComplianceView | null) => Promise<void>;
  /** Leave nothing behind. Does nothing once finished. */
  readonly abandon: () => void;
}

/** Decisions that a page or a document lists; the other formats have all. */
export const LISTED = 200;

/** The file that `--export` means. @throws {CanopyError} `USAGE` when it names no format. */
export function reportName(given: string, log: string): string {
  return exportName(given, log, EXPORTING);
}

/** Begin a report file. @throws {CanopyError} `FILE_UNUSABLE` when it can't be written. */
export function reportSink(file: string): ReportSink {
  const format = formatOf(file, EXPORTING);
  switch (format) {
    case "xlsx":
      return workbookSink(file);
    case "csv":
      return csvSink(file);
    case "html":
      return textSink(file, async (data, compliance) => {
        const { reportPage } = await import("./report-page.ts");
        return reportPage(data, compliance);
      });
    case "json":
      return textSink(
        file,
        async (data, compliance) => `${JSON.stringify(reportDocument(data, compliance), null, 1)}\n`,
      );
    default:
      return format satisfies never;
  }
}

function workbookSink(file: string): ReportSink {
  const workbook = Workbook.create(file);
  workbook.addSheet({ name: "Decisions", columns: ROW_COLUMNS });
  return {
    row: (row) =>
      workbook.row(
        ROW_COLUMNS.map(({ member }) => row[member] || null),
        toneOf(row.decision),
      ),
    finish: async (data, compliance) => {
      for (const { name, columns, rows, chart } of reportTables(data)) {
        workbook.addSheet({ name, columns, ...(chart === undefined ? {} : { drawing: { chart } }) });
        for (const row of rows) workbook.row(row);
      }
      if (compliance !== null) addCompliance(workbook, compliance);
      workbook.addSheet({
        name: "Summary",
        first: true,
        columns: [
          { title: "What", width: 40 },
          { title: "Value", width: 70 },
        ],
      });
      for (const { label, standing, text } of vouchedLines(data)) {
        workbook.row([label, `${standing}: ${text}`], STANDING[standing]);
      }
      for (const [label, value] of summaryRows(data)) workbook.row([label, value]);
      workbook.close();
    },
    abandon: () => workbook.abandon(),
  };
}

const STANDING: Readonly<Record<"good" | "bad" | "unchecked", RowTone>> = {
  good: "good",
  bad: "bad",
  unchecked: "caution",
};

function addCompliance(workbook: Workbook, view: ComplianceView): void {
  const widths = [16, 44, 14, 60, 10, 70];
  const columns = COMPLIANCE_COLUMNS.map((title, index) => ({ title, width: widths[index] ?? 20, wrap: true }));
  workbook.addSheet({ name: view.framework, columns });
  for (const row of complianceRows(view)) workbook.row(row, row[2] === "shown" ? "good" : "plain");
  workbook.row(["", view.title, "", view.caution, null, view.source]);
}

function toneOf(decision: string): RowTone {
  if (decision === "DENY") return "bad";
  return decision === "REQUIRE_APPROVAL" ? "caution" : "plain";
}

function csvSink(file: string): ReportSink {
  const out = FileWriter.create(file);
  out.write(csvLine(ROW_COLUMNS.map(({ title }) => title)));
  return {
    row: (row) => out.write(csvLine(ROW_COLUMNS.map(({ member }) => csvCell(row[member])))),
    finish: async () => out.close(),
    abandon: () => out.abandon(),
  };
}

function csvCell(value: DecisionRow[keyof DecisionRow]): CsvValue {
  return value instanceof Date ? value.toISOString() : value;
}

function textSink(
  file: string,
  make: (data: ReportData, compliance: ComplianceView | null) => Promise<string>,
): ReportSink {
  const out = FileWriter.create(file);
  return {
    row: () => undefined,
    finish: async (data, compliance) => {
      out.write(await make(data, compliance));
      out.close();
    },
    abandon: () => out.abandon(),
  };
}
