// `canopy sinks resend`: what a receiver refused, sent again.

import { resendRefused } from "canopy-runtime/sinks";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { counted } from "canopy-runtime/counted";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { sinkNamed } from "../../sink-named.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean };

/** The command. */
export const resend: CliCommand = defineCommand<Flags, [string, (string | undefined)?]>({
  brief: "Send again what a sink's receiver refused",
  description: [
    "An entry that a receiver refuses for what it is (status 400, 413 or 422, alone, three times) is set aside, so that the others arrive. When the receiver was mended, this has them sent again, after everything that waits: by this process, or by the one that feeds the sink. What is refused again is set aside again.",
    "SINK is the name that `canopy sinks status` shows. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [{ command: "canopy sinks resend siem", does: "what the sink siem was refused, once more" }],
  exits: [
    [0, "every one arrived, or none was set aside"],
    [1, "some were refused again, or still wait"],
    [2, "no such sink, no log, or a setting is not usable"],
    [4, "the log can't be opened"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...LOG_FLAGS },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The sink's name", placeholder: "SINK", parse: String }, LOG_WORD],
    },
  },
  run: async (io, { json, log: named }, name, path) => {
    const { settings } = settingsFor(io, { audit_log_path: logPathFor(io, namedLog(path, named)) });
    const known = sinkNamed(settings.sinks, io.env, name);
    const { entries, set_aside, to_send_again } = await resendRefused(settings, io.env, known);
    const isDone = set_aside === 0 && to_send_again === 0;
    if (json) io.out(`${terminalJsonPretty({ sink: known, entries, set_aside, to_send_again })}\n`);
    else if (entries === 0) io.out(`${known}: nothing was set aside\n`);
    else if (isDone) io.out(`${known}: ${counted(entries, "entry", "entries")} sent again, and taken\n`);
    else
      io.out(
        `${known}: of ${counted(entries, "entry", "entries")}, ${set_aside} refused again, ${to_send_again} still waiting\n`,
      );
    return isDone ? 0 : 1;
  },
});
