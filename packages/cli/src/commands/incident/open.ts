// `canopy incident open`: an anchored note that something happened.

import type { Severity } from "canopy-runtime";
import { agentAvid } from "canopy-runtime/flag-values";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { authorName, required, withRuntime } from "../../incident/incident-log.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { textFlag } from "../../text-flag.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly trace?: string;
  readonly agent?: string;
  readonly what?: string;
  readonly severity: Severity;
  readonly about?: readonly string[];
  readonly by?: string;
  readonly tenant?: string;
};

const SEVERITIES = ["low", "medium", "high", "critical"] as const;

/** The command. */
export const open: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Open an incident",
  description: [
    "Records that something happened, as an entry of the log. What is written stands in the log in clear text. The new incident's id is printed on standard output.",
  ],
  examples: [
    {
      command: `canopy incident open --trace t-1 --what "customer table left the house"`,
      does: "an incident of high severity",
    },
  ],
  exits: [
    [0, "recorded"],
    [2, "something is missing or not usable"],
    [4, "it could not be recorded"],
  ],
  parameters: {
    flags: {
      trace: textFlag("The trace in which it happened", "ID"),
      agent: textFlag("The agent that it is about: its AVID or its public_key", "AGENT"),
      what: textFlag("What happened, in a sentence or more", "TEXT"),
      severity: { kind: "enum", values: SEVERITIES, default: "high", brief: "How bad it is", placeholder: "HOW" },
      about: {
        ...textFlag("A decision that belongs to it: its authorization id", "ID"),
        variadic: true,
      },
      by: textFlag("Who reports it (default: this user)", "NAME"),
      tenant: textFlag("The tenant that it concerns", "ID"),
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const report = {
      trace_id: required(flags.trace, "--trace"),
      agent_avid: agentAvid(required(flags.agent, "--agent")),
      description: required(flags.what, "--what"),
      severity: flags.severity,
      reporter: authorName(flags.by),
      ...(flags.about === undefined ? {} : { related_authorization_ids: flags.about }),
      ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
    };
    const log = logPathFor(io, namedLog(path, flags.log));
    const opened = await withRuntime(io, log, (runtime) => runtime.openIncident(report));
    if (flags.json) io.out(`${terminalJsonPretty({ ...opened, log })}\n`);
    else io.out(`${opened.incident_id}\n`);
    io.err(
      `opened in ${terminalText(log)}; \`canopy incident --incident ${opened.incident_id}\` tells what happened\n`,
    );
    return 0;
  },
});
