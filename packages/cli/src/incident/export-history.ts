// A timeline written to a file; the file's ending says which kind.

import { exportName, formatOf } from "../export/export-name.ts";
import { writeOut } from "../write-file.ts";
import { exportable, historyDocument, type ExportedHistory } from "./history-document.ts";

/** Makes the bytes of one kind of file, or writes it itself. */
type Exporter = (history: ExportedHistory, file: string) => Promise<void>;

const EXPORTING = { what: "incident", formats: ["xlsx", "html", "md", "json", "svg"] } as const;

const EXPORTERS: Readonly<Record<(typeof EXPORTING.formats)[number], Exporter>> = {
  html: async (history, file) => {
    const { historyPage } = await import("./history-page.ts");
    writeOut(file, historyPage(history));
  },
  md: async (history, file) => {
    const { historyMarkdown } = await import("./history-markdown.ts");
    writeOut(file, historyMarkdown(history));
  },
  json: async (history, file) => {
    writeOut(file, `${JSON.stringify(historyDocument(history), null, 1)}\n`);
    return Promise.resolve();
  },
  xlsx: async (history, file) => {
    const { writeHistoryWorkbook } = await import("./history-workbook.ts");
    writeHistoryWorkbook(history, file);
  },
  svg: async (history, file) => {
    const { historyPicture } = await import("./history-page.ts");
    writeOut(file, historyPicture(history));
  },
};

/** The file that `--export` means. @throws {CanopyError} `USAGE` when it names no format. */
export function historyName(given: string, log: string): string {
  return exportName(given, log, EXPORTING);
}

/**
 * Write a timeline to a file, by its ending, without secrets. Readable by its owner alone: it tells what a log tells.
 *
 * @throws {CanopyError} `USAGE` for an unknown ending; `FILE_UNUSABLE` when it can't be written.
 */
export async function exportHistory(file: string, history: ExportedHistory): Promise<void> {
  await EXPORTERS[formatOf(file, EXPORTING)](exportable(history), file);
}
