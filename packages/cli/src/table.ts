// Plain tables: two spaces between columns, a dim header, cells clipped so that a line fits the terminal.

import type { Style } from "./style.ts";
import { clipText, terminalText, textWidth } from "./terminal-text.ts";

/** One column. */
export interface Column {
  readonly title: string;
  /** Narrowest it may become when the terminal is too narrow for all. Columns shrink from the last to the first. */
  readonly least: number;
  readonly align?: "left" | "right";
  /** Colour of a cell, given the raw cell and the text to colour. */
  readonly paint?: (style: Style, cell: string, shown: string) => string;
}

/** A column of numbers. */
export function numberColumn(title: string): Column {
  return { title, least: title.length, align: "right" };
}

/** How a table is laid out. */
export interface TableOptions {
  readonly style: Style;
  /** Columns of the terminal; Infinity when nothing is to be clipped. */
  readonly width: number;
}

const GAP = "  ";

/**
 * The lines of a table. Cells are raw text: they are made safe here.
 *
 * Cost: linear in the cells.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): readonly string[] {
  const safe = rows.map((row) => row.map(terminalText));
  const widths = fitWidths(columns, safe, options.width);
  const header = columns.map((column, index) => pad(column, column.title, widths[index] ?? 0)).join(GAP);
  const lines = [options.style.dim(header.trimEnd())];
  safe.forEach((row, rowIndex) => {
    const cells = columns.map((column, index) => {
      const shown = pad(column, clipText(row[index] ?? "", widths[index] ?? 0), widths[index] ?? 0);
      const text = index === columns.length - 1 ? shown.trimEnd() : shown;
      return column.paint === undefined ? text : column.paint(options.style, rows[rowIndex]?.[index] ?? "", text);
    });
    lines.push(cells.join(GAP).trimEnd());
  });
  return lines;
}

function fitWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): readonly number[] {
  const widths = columns.map((column, index) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? "")), textWidth(column.title)),
  );
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width;
  for (let index = columns.length - 1; index >= 0 && excess > 0; index -= 1) {
    const wide = widths[index] ?? 0;
    const narrow = Math.min(wide, Math.max(columns[index]?.least ?? 0, wide - excess));
    widths[index] = narrow;
    excess -= wide - narrow;
  }
  return widths;
}

function pad(column: Column, text: string, width: number): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return column.align === "right" ? space + text : text + space;
}
