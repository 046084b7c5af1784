// What `--export` names: a format, for a file that is named after the log, or a file whose name ends in one.

import { basename, extname } from "node:path";
import { CanopyError } from "canopy-runtime/errors";

/** What is exported, in which formats. */
export interface Exporting<Format extends string> {
  readonly what: "report" | "incident";
  readonly formats: readonly Format[];
}

/**
 * The format that a file's name ends in.
 *
 * @throws {CanopyError} `USAGE`, with what was given and the formats, when it ends in none.
 */
export function formatOf<Format extends string>(file: string, { what, formats }: Exporting<Format>): Format {
  const ending = extname(file).slice(1).toLowerCase();
  const found = formats.find((format) => format === ending);
  if (found !== undefined) return found;
  throw new CanopyError("USAGE", `--export can't be \`${file}\`: expected one of ${formats.join(", ")}`, {
    at: "--export",
    fix: `give one of them, or a file whose name ends in one, such as ${what}.${formats[0] ?? ""}`,
  });
}

/** The name of the file that `--export` means. Throws as `formatOf`. */
export function exportName<Format extends string>(given: string, log: string, exporting: Exporting<Format>): string {
  const format = exporting.formats.find((each) => each === given.toLowerCase());
  if (format !== undefined) return `${basename(log)}-${exporting.what}.${format}`;
  formatOf(given, exporting);
  return given;
}
