// `canopy incident update`: a step in an incident's life, a note, links.

import type { IncidentUpdate } from "canopy-runtime";
import { INCIDENT_STATES, type IncidentState } from "canopy-runtime/forensics";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { authorName, withRuntime } from "../../incident/incident-log.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { textFlag } from "../../text-flag.ts";
import { incidentLines } from "../../incident/incident-view.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly state?: IncidentState;
  readonly note?: string;
  readonly link?: readonly string[];
  readonly by?: string;
};

/** The command. */
export const update: CliCommand = defineCommand<Flags, [string, (string | undefined)?]>({
  brief: "Change an incident's state, add a note or links",
  description: [
    "An incident goes from open over contained and resolved to closed; steps may be left out, and `--state open` opens it again. Each change is an entry of the log and can't be taken back. Notes stand in the log in clear text.",
  ],
  examples: [
    { command: `canopy incident update inc-… --state contained --note "key revoked"`, does: "a step with a note" },
    { command: "canopy incident update inc-… --link https://tickets.example/4711", does: "a link" },
  ],
  exits: [
    [0, "recorded"],
    [1, "the incident can't take that step"],
    [2, "the incident is unknown, or something is not usable"],
    [4, "it could not be recorded"],
  ],
  parameters: {
    flags: {
      state: { kind: "enum", values: INCIDENT_STATES, optional: true, brief: "The new state", placeholder: "STATE" },
      note: textFlag("What is to be remembered", "TEXT"),
      link: { ...textFlag("An authorization id, or an http address", "LINK"), variadic: true },
      by: textFlag("Who says so (default: this user)", "NAME"),
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The incident's id", placeholder: "ID", parse: String }, LOG_WORD],
    },
  },
  run: async (io, { json, state, note, link, by, log: named }, id, path) => {
    const change: IncidentUpdate = {
      by: authorName(by),
      ...(state === undefined ? {} : { state }),
      ...(note === undefined ? {} : { note }),
      ...(link === undefined ? {} : { links: link }),
    };
    const { incident, entry_hash } = await withRuntime(io, logPathFor(io, namedLog(path, named)), (runtime) =>
      runtime.updateIncident(id, change),
    );
    if (json) io.out(`${terminalJsonPretty({ incident, entry_hash })}\n`);
    else for (const line of incidentLines(io, incident)) io.out(`${line}\n`);
    return 0;
  },
});
