// `canopy incident list`: the incidents of a log, and how each stands.

import { listIncidents } from "canopy-runtime/forensics";
import { EXIT } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { incidentTable } from "../../incident/incident-view.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly open: boolean };

/** The command. */
export const list: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "List the incidents of a log",
  description: [
    "In the order in which they were opened. Entries are shown as they stand: `canopy verify` says whether they are intact.",
  ],
  examples: [
    { command: "canopy incident list", does: "all of the log in force" },
    { command: "canopy incident list audit.log --open", does: "those that aren't resolved or closed" },
  ],
  exits: [
    [0, "listed; there may be none"],
    [2, "no log, or not readable"],
  ],
  parameters: {
    flags: {
      open: { kind: "boolean", default: false, withNegated: false, brief: "Only those that are open or contained" },
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, open, log: named }, path) => {
    const all = await listIncidents(logPathFor(io, namedLog(path, named)));
    const incidents = open ? all.filter(({ state }) => state === "open" || state === "contained") : all;
    if (json) io.out(`${terminalJsonPretty({ incidents })}\n`);
    else if (incidents.length === 0) io.err(open ? "no incident is open\n" : "no incidents in this log\n");
    else for (const line of incidentTable(io, incidents)) io.out(`${line}\n`);
    return EXIT.yes;
  },
});
