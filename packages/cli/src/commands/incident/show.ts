// `canopy incident show`: one incident, from its entries.

import { listIncidents } from "canopy-runtime/forensics";
import { CanopyError } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { incidentLines } from "../../incident/incident-view.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean };

/** The command. */
export const show: CliCommand = defineCommand<Flags, [string, (string | undefined)?]>({
  brief: "Show an incident: its states, notes and links",
  description: ["What happened around it: `canopy incident --incident ID`."],
  examples: [{ command: "canopy incident show inc-… audit.log", does: "one incident" }],
  exits: [
    [0, "shown"],
    [2, "no log, or it knows no such incident"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...LOG_FLAGS },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The incident's id", placeholder: "ID", parse: String }, LOG_WORD],
    },
  },
  run: async (io, { json, log: named }, id, path) => {
    const incident = (await listIncidents(logPathFor(io, namedLog(path, named)))).find(
      ({ incident_id }) => incident_id === id,
    );
    if (incident === undefined) {
      throw new CanopyError("UNKNOWN_INCIDENT", `this log knows no incident \`${id}\``, {
        fix: "`canopy incident list` shows the incidents of a log",
      });
    }
    if (json) io.out(`${terminalJsonPretty(incident)}\n`);
    else for (const line of incidentLines(io, incident)) io.out(`${line}\n`);
    return 0;
  },
});
