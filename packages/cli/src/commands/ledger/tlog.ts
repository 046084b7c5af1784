// `canopy ledger tlog`: a log's tree and entries as files that any client of tiled transparency logs reads.

import { counted } from "canopy-runtime/counted";
import { resolve } from "node:path";
import { TlogReader, writeStaticCopy } from "canopy-runtime/tlog";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly out: string };

/** The command. */
export const tlog: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Copy a log's tree and entries as a static transparency log",
  description: [
    "Writes the newest checkpoint, every tile of hashes and every bundle of entries into a folder, laid out as c2sp.org/tlog-tiles describes. Served by any web server, or read from the disk, it can be checked with clients that others wrote. It holds the log's entries as recorded: give it only to those who may read the log.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [{ command: "canopy ledger tlog audit.log --out public/", does: "a copy to serve" }],
  exits: [
    [0, "copied"],
    [1, "the log has no checkpoint of its own"],
    [2, "no log, or not readable; or the folder can't be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      out: { kind: "parsed", parse: String, brief: "The folder to write; made when missing", placeholder: "DIR" },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, out, log: named }, path) => {
    const reader = await TlogReader.open(logPathFor(io, namedLog(path, named)));
    try {
      const folder = resolve(io.cwd, out);
      const copy = writeStaticCopy(reader, folder);
      if (json) io.out(`${terminalJsonPretty({ folder, ...copy })}\n`);
      else io.out(`${folderLine(folder, copy.size, copy.origin)}\n`);
      return 0;
    } finally {
      reader.close();
    }
  },
});

function folderLine(folder: string, size: number, origin: string): string {
  return `${terminalText(folder)}  ${counted(size, "entry", "entries")} of ${terminalText(origin)}`;
}
