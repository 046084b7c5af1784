// A log's lines as a table for people.

import { entryRow, type EntryRow } from "./entry-row.ts";
import type { Io } from "./io.ts";
import { verdictText, type Style } from "./style.ts";
import { tableLines, type Column } from "./table.ts";
import { terminalText } from "./terminal-text.ts";

const WHAT: Column = {
  title: "WHAT",
  least: 10,
  paint: (style: Style, cell: string, shown: string) => verdictText(style, cell, shown),
};

/** Columns that a terminal must have for the agent to be shown too. */
const ROOM_FOR_AGENT = 110;

/** The table of these lines. All of one day are shown by time; then the day is the caller's to tell (`sameDay`). */
export function logLines(io: Io, lines: readonly string[]): readonly string[] {
  const rows = lines.map(entryRow);
  const oneDay = sameDay(rows) !== null;
  const width = io.stdoutIsTerminal ? io.columns : 160;
  const withAgent = width >= ROOM_FOR_AGENT;
  const columns: readonly Column[] = [
    { title: "TIME", least: 8 },
    WHAT,
    { title: "ACTION", least: 10 },
    { title: "ID", least: 12 },
    ...(withAgent ? [{ title: "AGENT", least: 13 }] : []),
    { title: "WHY", least: 12 },
  ];
  const cells = rows.map((row) => [
    oneDay ? row.time : `${row.date} ${row.time}`.trim(),
    row.what,
    row.action,
    row.id,
    ...(withAgent ? [row.agent] : []),
    row.why,
  ]);
  return tableLines(columns, cells, { style: io.outStyle, width });
}

/** The one day of all rows that have one, or null. */
export function sameDay(rows: readonly EntryRow[]): string | null {
  const days = new Set(rows.map(({ date }) => date).filter((date) => date !== ""));
  return days.size === 1 ? ([...days][0] ?? null) : null;
}

/** One entry on one line, for a log that is followed. */
export function followLine(io: Io, line: string): string {
  const row = entryRow(line);
  const what = verdictText(io.outStyle, row.what, terminalText(row.what).padEnd(16));
  const [time, action, id, why] = [row.time, row.action, row.id, row.why].map(terminalText);
  return [time, what, action, id, why].join("  ");
}
