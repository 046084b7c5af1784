// `canopy ledger export-original`: an imported log as it was, byte for byte.

import { counted } from "canopy-runtime/counted";
import { exportOriginal } from "canopy-runtime/maintenance";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { FileWriter } from "../../incident/file-writer.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile } from "../../write-file.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly import: string;
  readonly out: string;
  readonly force: boolean;
};

/** The command. */
export const exportOriginalCommand: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Write an imported log as it was, byte for byte",
  description: [
    "Puts the lines of one import together again, checks each against its hash and all against the hash that was recorded when it was imported. Its segments come one after the other.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    {
      command: "canopy ledger export-original --import 0f3a… --out old.log",
      does: "the log that `canopy ledger import` named 0f3a…",
    },
  ],
  exits: [
    [0, "written, and what was imported"],
    [1, "written, but not what was imported, or not imported whole"],
    [2, "no such import, or the file is there already or can't be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      import: { kind: "parsed", parse: String, brief: "The import's id", placeholder: "ID" },
      out: { kind: "parsed", parse: String, brief: "The file to write", placeholder: "FILE" },
      force: FORCE_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, import: id, out, force, log: named }, path) => {
    const file = newFile(io, out, force);
    const writer = FileWriter.create(file);
    try {
      const done = exportOriginal(logPathFor(io, namedLog(path, named)), id, (bytes) => writer.write(bytes));
      writer.close();
      if (json) io.out(`${terminalJsonPretty({ file, ...done })}\n`);
      else
        io.out(
          `${terminalText(file)}  ${counted(done.lines, "line")}, ${done.whole ? "as imported" : "NOT what was imported"}\n`,
        );
      return done.whole ? 0 : 1;
    } finally {
      writer.abandon();
    }
  },
});
