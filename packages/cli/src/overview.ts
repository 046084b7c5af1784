// `canopy`, `canopy --help`, `canopy --version`: answered without loading the parser.

import { COMMANDS } from "./commands/index.ts";
import { overviewHelp } from "./help-text.ts";
import { processIo } from "./io.ts";
import { VERSION } from "./version.ts";

/** Print the list of commands, or the version. */
export function showOverview(word: string): void {
  const io = processIo();
  io.out(word === "--version" ? `${VERSION}\n` : overviewHelp(COMMANDS, io.outStyle));
}
