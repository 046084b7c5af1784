// Text of a log made inert for files that other programs open: no cell of it is a formula, forges a line, or hides.
//
// What a terminal must not obey (terminal-text.ts) stands as `\u{…}` here too. A spreadsheet also takes text that begins
// like a formula for one; where the format can't say "this is text", an apostrophe stands before it, as OWASP advises.
// @see https://owasp.org/www-community/attacks/CSV_Injection

import { terminalText } from "../terminal-text.ts";

/** The most UTF-16 units that a cell of a workbook may hold. */
export const CELL_LIMIT = 32_767;

// Also the full-width forms, and behind what some programs skip or split at.
const BEGINS_FORMULA = /^[\s%|;'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;
const SPLITS_INTO_FORMULA = /[;|](?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;
const NEEDS_QUOTES = /[",;\s|]/u;

/** Whether a spreadsheet that guesses could take the text for a formula. */
export function beginsFormula(text: string): boolean {
  return BEGINS_FORMULA.test(text);
}

// In a workbook `_x000D_` stands for a character, though not every program knows: text that looks so is told apart.
const WORKBOOK_ESCAPE = /_(?=x[0-9A-Fa-f]{4}_)/gu;

/**
 * Text for a cell that is declared as text: on one line, what is hidden shown, cut visibly at the limit.
 *
 * Cost: linear in the text.
 */
export function cellText(text: string): string {
  const shown = terminalText(text).replaceAll(WORKBOOK_ESCAPE, "\\u{5f}");
  if (shown.length <= CELL_LIMIT) return shown;
  const note = `… (cut: ${shown.length} characters)`;
  const kept = shown.slice(0, CELL_LIMIT - note.length);
  return `${kept.replace(/[\ud800-\udbff]$/u, "")}${note}`;
}

/** What a CSV file may hold. Numbers stand as they are; text is made inert. */
export type CsvValue = string | number | boolean | null;

/**
 * One line of a CSV file (RFC 4180), with its line end.
 *
 * Cost: linear in the values.
 */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
}

function csvField(value: CsvValue): string {
  if (typeof value !== "string") return value === null ? "" : String(value);
  // A program that splits at other characters than the comma would find a cell behind them.
  const shown = terminalText(value).replaceAll(SPLITS_INTO_FORMULA, (mark) => (mark === ";" ? "\\u{3b}" : "\\u{7c}"));
  const inert = beginsFormula(shown) ? `'${shown}` : shown;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
