// The cells of a notebook in a payload: `{"source": …}`, `{"cells": [{"cell_type": "code", "source": ["…\n", …]}]}`, a
// paragraph, plain text. Each cell that is run is a call of its own, with its language when it names one.

import { nameWords, foldName } from "./effects/text.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import type { CallReading, ToolCall } from "./tool-calls.ts";
import { wordSet } from "./word-set.ts";

const NOTEBOOKS = wordSet(
  "notebook notebooks jupyter ipython ipynb colab zeppelin databricks kaggle marimo sagemaker deepnote polynote observable quarto hex",
);
const CELLS = wordSet("cell cells");
const SHEETS = wordSet("sheet sheets spreadsheet excel table grid row rows column range xlsx csv phone fuel battery");
const LOOKING = wordSet(
  "get list read show view search find lookup fetch describe check count export download open close",
);

/** Whether a type is named after a notebook or its cells, and does more than look at them. */
export function namesNotebook(name: string): boolean {
  const list = nameWords(name);
  if (LOOKING.has(list[0] ?? "") || LOOKING.has(list.at(-1) ?? "")) return false;
  if (list.some((word) => NOTEBOOKS.has(word))) return true;
  return list.some((word) => CELLS.has(word)) && !list.some((word) => SHEETS.has(word));
}

const CODE = wordSet(
  "source sources newsource cellsource code codes cell cells content contents text paragraph paragraphs input script command value body expression snippet magic",
);
const MANY = wordSet("cells paragraphs sources codes");
const AROUND = wordSet(
  "input inputs arguments args params parameters kwargs data notebook document payload request config job task",
);
const LANGUAGES: readonly string[] = ["language", "lang", "kernel", "interpreter", "languageId", "language_id"];
const NOT_RUN = /^(?:markdown|raw|md|heading|text)$/i;
const MAX_DEPTH = 6;

/** The cells of a notebook's payload as calls; null when there is none. Cost: linear in the payload. */
export function readCells(members: JsonObject): CallReading | null {
  const calls: ToolCall[] = [];
  readCell(members, "", calls, 0);
  if (calls.length === 0) return null;
  const rest = Object.entries(members).filter(([name]) => !CODE.has(foldName(name)) && !AROUND.has(foldName(name)));
  return { calls, rest: Object.fromEntries(rest), doubts: [] };
}

function readCell(object: JsonObject, around: string, calls: ToolCall[], depth: number): void {
  const kind = object["cell_type"] ?? object["cellType"] ?? object["type"] ?? object["kind"];
  if (depth > MAX_DEPTH || (typeof kind === "string" && NOT_RUN.test(kind))) return;
  const language = languageOf(object) ?? around;
  for (const [name, value] of Object.entries(object)) {
    const key = foldName(name);
    if (CODE.has(key)) readSource(value, key, language, { calls, depth });
    else if (AROUND.has(key) && isJsonObject(value)) readCell(value, language, calls, depth + 1);
  }
}

function readSource(
  value: JsonValue,
  key: string,
  language: string,
  { calls, depth }: { readonly calls: ToolCall[]; readonly depth: number },
): void {
  if (isJsonObject(value)) return readCell(value, language, calls, depth + 1);
  if (typeof value === "string") return addCell(value, language, calls);
  if (!Array.isArray(value)) return;
  const items: readonly JsonValue[] = value;
  const lines = items.filter((item) => typeof item === "string");
  if (lines.length === items.length && !MANY.has(key)) {
    addCell(lines.some((line) => line.endsWith("\n")) ? lines.join("") : lines.join("\n"), language, calls);
    return;
  }
  for (const item of items) {
    if (isJsonObject(item)) readCell(item, language, calls, depth + 1);
    else if (typeof item === "string") addCell(item, language, calls);
  }
}

function languageOf(object: JsonObject): string | null {
  for (const name of LANGUAGES) {
    const value = object[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

// A notebook that was exported as text holds its cells between marks, and magic in comments.
function addCell(text: string, language: string, calls: ToolCall[]): void {
  if (text.trim() === "") return;
  const plain = text.replace(/^[ \t]*(?:#|--|\/\/) MAGIC ?/gm, "");
  for (const code of plain.split(/^(?:#|--|\/\/) COMMAND -+[ \t]*$/m)) {
    if (code.trim() !== "")
      calls.push({ type: "execute_code", payload: language === "" ? { code } : { code, language } });
  }
}
