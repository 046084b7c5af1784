// A workbook (.xlsx) written row by row, in constant memory, that any spreadsheet opens and that nothing in a log can
// turn into something else: every text is an inline string in a cell formatted as text, so there are no formulas.
//
// The header row is frozen and filters; times are dates, numbers are numbers; a sheet that is full goes on in the next.

import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { CanopyError } from "canopy-runtime/errors";
import { terminalText } from "../terminal-text.ts";
import { OUT_MODE, unwritable } from "../write-file.ts";
import { beginsFormula, cellText } from "./inert-text.ts";
import {
  HEADER_STYLE,
  SHEET_PRINT,
  SHEET_HEAD,
  styleNumber,
  workbookParts,
  type RowTone,
  type SheetPart,
} from "./workbook-parts.ts";
import {
  drawingParts,
  drawingTypes,
  type SheetChart,
  type SheetDrawing,
  type SheetPicture,
} from "./workbook-drawings.ts";
import { ZipWriter } from "./zip-writer.ts";

/** What a cell holds: text, a finite number, a truth value, an instant (shown in UTC), or nothing. */
export type CellValue = string | number | boolean | Date | null;

/** A column of a sheet. */
export interface SheetColumn {
  readonly title: string;
  /** In characters; default by the title. At most 80 are used. */
  readonly width?: number;
  /** Long text goes on below instead of under the next cell. */
  readonly wrap?: boolean;
}

export type { SheetChart, SheetPicture };

/** A sheet to come. */
export interface SheetOptions {
  /** At most 31 characters are kept; a second sheet of the same name gets a number. */
  readonly name: string;
  readonly columns: readonly SheetColumn[];
  /** Stands before the sheets that were added already (a summary is known last and read first). */
  readonly first?: boolean;
  /** Stands to the right of the columns: a chart of them, or a picture. */
  readonly drawing?: { readonly chart: SheetChart } | { readonly picture: SheetPicture };
}

/** Rows that a sheet can have, the header with them. */
export const SHEET_ROWS = 1_048_576;
/** A sheet ends here too, before its file gets too large for the format. */
const SHEET_BYTES = 3_000_000_000;
const MAX_WIDTH = 80;
const NAME_LENGTH = 31;

interface OpenSheet {
  readonly options: SheetOptions;
  readonly part: SheetPart;
  /** Names of its columns (`A`, `B`, … `AA`). */
  readonly letters: readonly string[];
  rows: number;
}

/** A workbook being written. It stands under its name once it is closed, whole; until then beside it. */
export class Workbook {
  readonly #path: string;
  readonly #temporary: string;
  readonly #fd: number;
  readonly #zip: ZipWriter;
  readonly #rowsEach: number;
  #sheets: readonly SheetPart[] = [];
  readonly #drawings: SheetDrawing[] = [];
  #sheet: OpenSheet | null = null;
  #isOpen = true;

  /**
   * Begin a workbook; a file of that name is replaced at the end.
   *
   * @param rowsEach rows of a sheet, for tests.
   * @throws {CanopyError} `FILE_UNUSABLE` when nothing can be written there.
   */
  static create(path: string, rowsEach: number = SHEET_ROWS): Workbook {
    return new Workbook(path, rowsEach);
  }

  private constructor(path: string, rowsEach: number) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    try {
      this.#fd = openSync(this.#temporary, "wx", OUT_MODE);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    this.#zip = new ZipWriter(this.#fd);
    this.#rowsEach = rowsEach;
  }

  /** Begin a sheet; the one before is ended. */
  addSheet(options: SheetOptions): void {
    this.#write(() => {
      this.#endSheet();
      this.#beginSheet(options);
    });
  }

  /**
   * Add a row to the sheet: a value for each column. Cost: linear in the texts; memory is constant.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when it can't be written; the workbook is gone then.
   */
  row(values: readonly CellValue[], tone: RowTone = "plain"): void {
    this.#write(() => {
      let sheet = this.#sheet;
      if (sheet === null) throw new Error("a row needs a sheet");
      if (sheet.rows >= this.#rowsEach || this.#zip.size() > SHEET_BYTES) {
        this.#endSheet();
        // The drawing is of the first part.
        const { drawing: _drawing, ...options } = sheet.options;
        sheet = this.#beginSheet(options);
      }
      sheet.rows += 1;
      this.#zip.write(rowXml(sheet, values, tone));
    });
  }

  /** End the workbook and put it in its place. */
  close(): void {
    this.#write(() => {
      this.#endSheet();
      const drawn = this.#drawings.flatMap((drawing) => [...drawingParts(drawing)]);
      for (const [name, part] of [...drawn, ...workbookParts(this.#sheets, { types: drawingTypes(this.#drawings) })]) {
        this.#zip.add(name, typeof part === "string" ? Buffer.from(part, "utf8") : part);
      }
      this.#zip.close();
      this.#isOpen = false;
      closeSync(this.#fd);
      renameSync(this.#temporary, this.#path);
    });
  }

  /** Leave nothing behind. Does nothing after `close`. */
  abandon(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
    rmSync(this.#temporary, { force: true });
  }

  #beginSheet(options: SheetOptions): OpenSheet {
    const number = this.#sheets.length + 1;
    const part: SheetPart = { name: xmlText(this.#freeName(options.name)), number };
    this.#sheets = options.first === true ? [part, ...this.#sheets] : [...this.#sheets, part];
    const letters = options.columns.map((_column, index) => columnName(index));
    const sheet: OpenSheet = { options, part, letters, rows: 1 };
    this.#sheet = sheet;
    this.#zip.begin(`xl/worksheets/sheet${number}.xml`);
    const columns = options.columns.map(({ title, width }, index) => {
      const wide = Math.min(MAX_WIDTH, width ?? title.length + 4);
      return `<col min="${index + 1}" max="${index + 1}" width="${wide}" customWidth="1"/>`;
    });
    const header = options.columns.map(({ title }, index) => textXml(title, `${letters[index]}1`, HEADER_STYLE));
    this.#zip.write(`${SHEET_HEAD}<cols>${columns.join("")}</cols><sheetData>${headerXml(header)}`);
    return sheet;
  }

  #endSheet(): void {
    const sheet = this.#sheet;
    if (sheet === null) return;
    const { letters, rows } = sheet;
    const drawing = this.#drawingOf(sheet);
    const drawn = drawing === null ? "" : '<drawing r:id="rId1"/>';
    const filter = `<autoFilter ref="A1:${letters.at(-1) ?? "A"}${rows}"/>`;
    this.#zip.write(`</sheetData>${filter}${SHEET_PRINT}${drawn}</worksheet>`);
    if (drawing !== null) this.#drawings.push(drawing);
    this.#sheet = null;
  }

  #drawingOf({ options, part, rows }: OpenSheet): SheetDrawing | null {
    const { drawing, columns } = options;
    if (drawing === undefined || ("chart" in drawing && rows < 2)) return null;
    const place = {
      number: part.number,
      sheet: `'${part.name.replaceAll("'", "''")}'`,
      column: columns.length + 1,
      row: 1,
    };
    if ("picture" in drawing) {
      const description = xmlText(cellText(drawing.picture.description));
      return { ...place, what: { picture: { ...drawing.picture, description } } };
    }
    const chart = { ...drawing.chart, title: xmlText(cellText(drawing.chart.title)) };
    return { ...place, what: { chart, titles: columns.map(({ title }) => xmlText(cellText(title))), rows } };
  }

  // Names are compared without regard to case; some characters may not stand in them, apostrophes not at their ends.
  #freeName(wanted: string): string {
    const plain =
      terminalText(wanted)
        .replaceAll(/[[\]:*?/\\]/gu, " ")
        .replaceAll(/^'+|'+$/gu, "")
        .trim() || "Sheet";
    const taken = new Set(this.#sheets.map(({ name }) => name.toLowerCase()));
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? "" : ` (${number})`;
      const name = plain.slice(0, NAME_LENGTH - suffix.length) + suffix;
      if (!taken.has(xmlText(name).toLowerCase())) return name;
    }
  }

  #write(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.abandon();
      throw cause instanceof CanopyError ? cause : unwritable(this.#path, cause);
    }
  }
}

function columnName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnName(Math.floor(index / 26) - 1) + last;
}

function headerXml(cells: readonly string[]): string {
  return `<row r="1" ht="20" customHeight="1">${cells.join("")}</row>`;
}

function rowXml({ rows, letters, options }: OpenSheet, values: readonly CellValue[], tone: RowTone): string {
  const cells = values.map((value, index) => {
    const at = `${letters[index]}${rows}`;
    return cellXml(value, { at, tone, wraps: options.columns[index]?.wrap === true });
  });
  return `<row r="${rows}">${cells.join("")}</row>`;
}

interface CellPlace {
  readonly at: string;
  readonly tone: RowTone;
  readonly wraps: boolean;
}

const MS_OF_A_DAY = 86_400_000;
/** Days from 1899-12-30, where the numbers of dates begin, to 1970-01-01. */
const EPOCH_DAYS = 25_569;
/** Dates before 1900-03-01 have no number that all programs agree on. */
const FIRST_DAY = 61;

function cellXml(value: CellValue, { at, tone, wraps }: CellPlace): string {
  switch (typeof value) {
    case "string":
      return textXml(value, at, styleNumber(wraps ? "wrapped" : "text", tone, beginsFormula(value)));
    case "number":
      return isExact(value)
        ? `<c r="${at}" s="${styleNumber(Number.isInteger(value) ? "number" : "general", tone)}"><v>${value}</v></c>`
        : textXml(String(value), at, styleNumber("text", tone));
    case "boolean":
      return `<c r="${at}" s="${styleNumber("general", tone)}" t="b"><v>${value ? 1 : 0}</v></c>`;
    case "object":
      if (value === null) return tone === "plain" ? "" : `<c r="${at}" s="${styleNumber("general", tone)}"/>`;
      return timeXml(value, at, tone);
    default:
      return value satisfies never;
  }
}

// A spreadsheet keeps 15 digits.
function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) < 1e15);
}

function timeXml(time: Date, at: string, tone: RowTone): string {
  const days = time.getTime() / MS_OF_A_DAY + EPOCH_DAYS;
  if (days >= FIRST_DAY) return `<c r="${at}" s="${styleNumber("time", tone)}"><v>${days}</v></c>`;
  const text = Number.isNaN(days) ? "no time" : time.toISOString();
  return textXml(text, at, styleNumber("text", tone));
}

function textXml(text: string, at: string, style: number): string {
  return `<c r="${at}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xmlText(cellText(text))}</t></is></c>`;
}

const MARKUP = /[&<>"]/gu;
const ESCAPED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function xmlText(text: string): string {
  return text.search(MARKUP) < 0 ? text : text.replaceAll(MARKUP, (mark) => ESCAPED[mark] ?? mark);
}
