// Entries and groups as they are printed: tables for people, JSON lines and CSV for programs.

import type { LedgerEntry } from "canopy-runtime/log-reader";
import { csvLine, type CsvValue } from "../export/inert-text.ts";
import type { Io } from "../io.ts";
import { logLines, sameDay } from "../log-table.ts";
import { entryRow } from "../entry-row.ts";
import { numberColumn, tableLines, type Column } from "../table.ts";
import { terminalJson, terminalText } from "../terminal-text.ts";
import { rulesOf, valuesOf, type EntryGroup, type GroupName } from "./entry-groups.ts";

/** How answers are printed. */
export const FORMATS = ["table", "ndjson", "csv"] as const;
/** One of them. */
export type Format = (typeof FORMATS)[number];

/** Columns of a CSV of entries. */
const COLUMNS = [
  "seq",
  "timestamp",
  "event",
  "decision",
  "action_type",
  "avid",
  "severity",
  "reason",
  "rules",
  "effects",
  "trace_id",
  "authorization_id",
  "incident_id",
  "tenant_id",
  "approvers",
  "entry_hash",
] as const;

/** Rows of a table when nobody says how many. */
export const TABLE_ROWS = 50;

/** Entries as JSON lines or CSV, as they come. */
export function showAll(io: Io, entries: Iterable<LedgerEntry>, format: "ndjson" | "csv"): void {
  if (format === "csv") io.out(csvLine(COLUMNS));
  for (const entry of entries) {
    if (io.outClosed()) return;
    io.out(format === "csv" ? entryCsv(entry) : entryJson(entry));
  }
}

/** The newest entries as a table, and whether there are more. */
export function showNewest(io: Io, newest: (limit: number) => readonly LedgerEntry[], limit: number | undefined): void {
  const rows = limit ?? TABLE_ROWS;
  // One more is asked for, to know whether there are more.
  const found = newest(limit === undefined ? rows + 1 : rows);
  if (found.length === 0) {
    io.err("no entry answers that\n");
    return;
  }
  showEntries(io, found.slice(-rows));
  if (found.length > rows) {
    io.err(`${io.errStyle.dim(`the newest ${rows}; --limit, --format ndjson or csv for more`)}\n`);
  }
}

function entryCsv(entry: LedgerEntry): string {
  return csvLine(COLUMNS.map((column) => csvValue(entry, column)));
}

function csvValue(entry: LedgerEntry, column: (typeof COLUMNS)[number]): CsvValue {
  if (column === "rules") return rulesOf(entry).join(" ");
  if (column === "approvers") return valuesOf(entry, "approver").join(" ");
  const value = entry[column];
  if (typeof value === "string" || typeof value === "number") return value;
  return Array.isArray(value) ? value.map(String).join(" ") : null;
}

/** An entry as a line of JSON that a terminal shows as it is. */
export function entryJson(entry: LedgerEntry): string {
  return `${terminalJson(entry)}\n`;
}

/** Entries as a table; of one day, the day is said on standard error. */
export function showEntries(io: Io, entries: readonly LedgerEntry[]): void {
  const lines = entries.map((entry) => JSON.stringify(entry));
  const day = sameDay(lines.map(entryRow));
  if (day !== null) io.err(`${io.errStyle.dim(`${terminalText(day)} UTC`)}\n`);
  for (const line of logLines(io, lines)) io.out(`${line}\n`);
}

/** Groups in a format. */
export function showGroups(io: Io, name: GroupName, groups: readonly EntryGroup[], format: Format): void {
  switch (format) {
    case "ndjson":
      for (const { value, ...counts } of groups) io.out(`${terminalJson({ [name]: value, ...counts })}\n`);
      return;
    case "csv":
      io.out(csvLine([name, "entries", "allow", "deny", "require_approval", "first", "last"]));
      for (const { value, entries, allow, deny, ask, first, last } of groups) {
        io.out(csvLine([value, entries, allow, deny, ask, first, last]));
      }
      return;
    case "table":
      for (const line of groupLines(io, name, groups)) io.out(`${line}\n`);
      return;
    default:
      format satisfies never;
  }
}

/** A table of groups. */
export function groupLines(io: Io, name: string, groups: readonly EntryGroup[]): readonly string[] {
  const columns: readonly Column[] = [
    { title: name.toUpperCase(), least: 12 },
    numberColumn("ENTRIES"),
    numberColumn("ALLOW"),
    numberColumn("DENY"),
    numberColumn("ASK"),
    { title: "FIRST", least: 10 },
    { title: "LAST", least: 10 },
  ];
  const cells = groups.map(({ value, entries, allow, deny, ask, first, last }) => [
    value,
    ...[entries, allow, deny, ask].map((count) => count.toLocaleString("en-US")),
    first,
    last,
  ]);
  return tableLines(columns, cells, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : Infinity });
}
