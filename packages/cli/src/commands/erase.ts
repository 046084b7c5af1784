// `canopy erase`: a subject's records made unreadable for ever, on the record.

import { createInterface } from "node:readline/promises";
import { CanopyError } from "canopy-runtime/errors";
import { eraseSubject } from "canopy-runtime/maintenance";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { sayFile, settingsFor } from "../settings.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly subject: string; readonly yes: boolean };

/** The command. */
export const erase: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Make all that was recorded of a subject unreadable, for ever",
  description: [
    "Destroys the key that the subject's records are encrypted with: arguments, facts, contexts, errors. The log's lines stay and verify as before; they name the agent, its actions' types and verdicts. `records_erased` is recorded, and every later report says so. What waits for approval can no longer be approved.",
    "Copies of the sidecar's folder `payloads/keys` made before are not reached: erase them too. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy erase --subject agent-1", does: "asks, then erases" },
    { command: "canopy erase --subject agent-1 --yes", does: "without asking" },
  ],
  exits: [
    [0, "erased and recorded"],
    [1, "not confirmed; nothing was done"],
    [2, "no log, no such subject can be, or nobody to ask"],
    [4, "the log can't be opened"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      subject: { kind: "parsed", parse: String, brief: "The AVID, as the log's entries have it", placeholder: "AVID" },
      yes: { kind: "boolean", brief: "Don't ask", default: false, withNegated: false },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, subject, yes, log: named }, path) => {
    const resolved = settingsFor(io, { audit_log_path: namedLog(path, named) });
    sayFile(io, resolved, "audit_log_path");
    if (!yes && !(await isConfirmed(io, subject))) {
      io.err("not confirmed: nothing was erased\n");
      return 1;
    }
    const done = await eraseSubject(resolved.settings, subject);
    if (json) io.out(`${terminalJsonPretty({ ...done })}\n`);
    else io.out(`erased ${terminalText(subject)}; recorded as entry ${done.seq}\n`);
    return 0;
  },
});

async function isConfirmed(io: Io, subject: string): Promise<boolean> {
  if (!io.interactive) {
    throw new CanopyError("USAGE", "there is nobody to ask whether to erase", { fix: "give --yes" });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const shown = terminalText(subject);
    return (await lines.question(`Erase all records of ${shown}? This can't be undone. Type its name: `)) === subject;
  } finally {
    lines.close();
  }
}
