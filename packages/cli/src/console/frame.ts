// What is on the screen, as data: rows of spans. A view makes rows of raw text; here, and nowhere else, text becomes
// cells: made safe, cut to the width, padded. So no view can let a log's text reach the terminal as it is.

import type { Style } from "../style.ts";
import { clipText, terminalText, textWidth } from "../terminal-text.ts";

/** How a piece of text stands out; never the only sign of what it means. */
export type Tone = "plain" | "dim" | "bold" | "good" | "bad" | "caution" | "accent";

/** A piece of one row. The text is raw. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
  /** Columns it takes, whatever its text; without it, as many as the text. */
  readonly width?: number;
}

/** One row of the screen. */
export interface Row {
  readonly spans: readonly Span[];
  /** The row that keys act on. */
  readonly selected?: boolean;
  /** A bar over the whole width. */
  readonly bar?: boolean;
}

/** A whole screen. */
export interface Frame {
  readonly columns: number;
  readonly rows: readonly Row[];
  /** Where the terminal's cursor stands while a text is typed: column, row, from 0; else it is hidden. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
}

/** A row of one text. */
export function textRow(text: string, tone: Tone = "plain"): Row {
  return { spans: [{ text, tone }] };
}

/** An empty row. */
export const BLANK: Row = { spans: [] };

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** A row's cells: safe text of exactly `columns` columns. Cost: linear in what fits, however long the text is. */
function cellsOf({ spans }: Row, columns: number): readonly Cell[] {
  const cells: Cell[] = [];
  let room = columns;
  for (const { text, tone = "plain", width } of spans) {
    if (room <= 0) break;
    const most = Math.min(room, width ?? room);
    // A column keeps a blank before the next one.
    const fitting = width === undefined ? most : Math.max(1, most - 1);
    const shown = clipText(terminalText(beginOf(text, most)), fitting);
    const taken = textWidth(shown);
    const fill = width === undefined ? 0 : Math.max(0, most - taken);
    cells.push({ text: shown + " ".repeat(fill), tone });
    room -= taken + fill;
  }
  if (room > 0) cells.push({ text: " ".repeat(room), tone: "plain" });
  return cells;
}

/** At most this many characters show in one column: one, and marks on it; what more there are is spelt out. */
const CHARACTERS_A_COLUMN = 8;

// A text of megabytes is not made safe for the sake of its first hundred characters.
function beginOf(text: string, columns: number): string {
  const most = (columns + 1) * CHARACTERS_A_COLUMN;
  return text.length <= most ? text : text.slice(0, most);
}

/** A row as plain text of exactly `columns` columns, without trailing blanks. */
export function plainRow(row: Row, columns: number): string {
  const cells = cellsOf(row, columns);
  return cells
    .map(({ text }) => text)
    .join("")
    .trimEnd();
}

/** A whole screen as plain text, a line each row. */
export function plainFrame({ rows, columns }: Frame): string {
  return rows.map((row) => `${plainRow(row, columns)}\n`).join("");
}

const INVERSE = "\u001b[7m";
const RESET = "\u001b[0m";

/** A row as the terminal gets it. Without colour there are no escape sequences in it. */
function paintedRow(row: Row, columns: number, style: Style): string {
  const cells = cellsOf(row, columns);
  if (!style.color) return cells.map(({ text }) => text).join("");
  const painted = cells.map(({ text, tone }) => (tone === "plain" ? text : style[tone](text))).join("");
  return row.selected === true || row.bar === true ? `${INVERSE}${painted}${RESET}` : painted;
}

/** Remembers what the terminal shows, so that only rows that changed are written. */
export class Painter {
  readonly #style: Style;
  #shown: readonly string[] = [];
  #columns = 0;

  constructor(style: Style) {
    this.#style = style;
  }

  /** What was shown is gone: the next paint writes every row. */
  forget(): void {
    this.#shown = [];
    this.#columns = 0;
  }

  /** The text that makes the terminal show a frame; empty when it does already. Rows never move the cursor on. */
  paint({ rows, columns, cursor }: Frame): string {
    const next = rows.map((row) => paintedRow(row, columns, this.#style));
    const all = columns !== this.#columns || next.length !== this.#shown.length;
    const changed = next
      .map((text, index) => (all || text !== this.#shown[index] ? `\u001b[${index + 1};1H${text}` : ""))
      .join("");
    this.#shown = next;
    this.#columns = columns;
    const place = cursor === null ? "\u001b[?25l" : `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h`;
    // Between these marks a terminal that knows them shows nothing half done.
    return `\u001b[?2026h${all ? "\u001b[2J" : ""}${changed}${place}\u001b[?2026l`;
  }
}
