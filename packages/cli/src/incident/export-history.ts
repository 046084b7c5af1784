// A timeline written to a file; the file's ending says which kind.

import { CanopyError } from "canopy-runtime/errors";
import { extname } from "node:path";
import { writeOut } from "../write-file.ts";
import { exportable, historyDocument, type ExportedHistory } from "./history-document.ts";

/** Makes the bytes of one kind of file, or writes it itself. */
type Exporter = (history: ExportedHistory, file: string) => Promise<void>;

const EXPORTERS: Readonly<Record<string, Exporter>> = {
  ".html": async (history, file) => {
    const { historyPage } = await import("./history-page.ts");
    writeOut(file, historyPage(history));
  },
  ".md": async (history, file) => {
    const { historyMarkdown } = await import("./history-markdown.ts");
    writeOut(file, historyMarkdown(history));
  },
  ".json": async (history, file) => {
    writeOut(file, `${JSON.stringify(historyDocument(history), null, 1)}\n`);
    return Promise.resolve();
  },
  ".xlsx": async (history, file) => {
    const { writeHistoryWorkbook } = await import("./history-workbook.ts");
    writeHistoryWorkbook(history, file);
  },
  ".svg": async (history, file) => {
    const { historyPicture } = await import("./history-page.ts");
    writeOut(file, historyPicture(history));
  },
};

/** What a file of this name is to become. Throws `USAGE` for an ending that stands for none. */
export function checkExport(file: string): void {
  exporterOf(file);
}

/**
 * Write a timeline to a file, by its ending, without secrets. Readable by its owner alone: it tells what a log tells.
 *
 * @throws {CanopyError} `USAGE` for an unknown ending; `FILE_UNUSABLE` when it can't be written.
 */
export async function exportHistory(file: string, history: ExportedHistory): Promise<void> {
  await exporterOf(file)(exportable(history), file);
}

function exporterOf(file: string): Exporter {
  const ending = extname(file).toLowerCase();
  const exporter = Object.hasOwn(EXPORTERS, ending) ? EXPORTERS[ending] : undefined;
  if (exporter !== undefined) return exporter;
  throw new CanopyError("USAGE", `no kind of export is called \`${ending}\``, {
    at: file,
    fix: `end the file's name in one of ${Object.keys(EXPORTERS).join(", ")}`,
  });
}
