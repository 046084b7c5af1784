// `canopy sinks run`: the sinks of a log fed by this process.

import { feedSinks } from "canopy-runtime/sinks";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { counted } from "canopy-runtime/counted";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly once: boolean };

/** The command. */
export const run: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Feed the sinks from the log, without a runtime",
  description: [
    "Sends what waits, and then what comes, until it is interrupted; with --once, until every sink has everything that was durable or its first failure. A sink that another process feeds is left to it. Use it where runtimes are short-lived, or must not reach the network.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy sinks run", does: "feed the configured sinks until interrupted" },
    { command: "canopy sinks run --once", does: "send what waits, as from cron" },
  ],
  exits: [
    [0, "with --once: every sink has everything"],
    [1, "with --once: a sink has not, or its receiver refused some"],
    [2, "no log, or a setting is not usable"],
    [4, "the log can't be opened"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      once: { kind: "boolean", brief: "Send what waits, then end", default: false, withNegated: false },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, once, log: named }, path) => {
    const { settings } = settingsFor(io, { audit_log_path: logPathFor(io, namedLog(path, named)) });
    if (settings.sinks.length === 0) io.err("no sinks: the setting `sinks` is empty\n");
    if (settings.sinks.length === 0 && !once) return 0;
    // Interrupted, the process ends at once (130): what was delivered is noted before the next batch begins.
    const fed = await feedSinks(settings, { env: io.env, once, signal: new AbortController().signal });
    if (json) io.out(`${terminalJsonPretty({ sinks: fed })}\n`);
    // Standard output may itself be a sink.
    else
      for (const { name, all, set_aside } of fed)
        io.err(`${terminalText(name)}: ${all ? "has everything" : "has not everything"}${butFor(set_aside)}\n`);
    return fed.every(({ all, set_aside }) => all && set_aside === 0) ? 0 : 1;
  },
});

function butFor(setAside: number): string {
  return setAside === 0
    ? ""
    : `; ${counted(setAside, "entry", "entries")} refused and set aside: \`canopy sinks status\` says why`;
}
