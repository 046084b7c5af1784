// `canopy sinks dismiss`: what a receiver refused, given up on the record.

import { CanopyError } from "canopy-runtime/errors";
import { dismissRefused } from "canopy-runtime/sinks";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { counted } from "canopy-runtime/counted";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { sinkNamed } from "../../sink-named.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly reason: string };

/** The command. */
export const dismiss: CliCommand = defineCommand<Flags, [string, (string | undefined)?]>({
  brief: "Give up sending what a sink's receiver refused",
  description: [
    "For entries that a receiver will never take. The log keeps the entries and gets one `sink_dismissed` entry with the reason; the list of them stays beside the sink's cursor under another name.",
    "SINK is the name that `canopy sinks status` shows. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: 'canopy sinks dismiss siem --reason "too large for it; read in the log"', does: "and be well again" },
  ],
  exits: [
    [0, "given up and recorded, or none was set aside"],
    [2, "no such sink, no log, or a setting is not usable"],
    [4, "the log can't be opened"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      reason: { kind: "parsed", parse: String, brief: "Why; it is recorded", placeholder: "TEXT" },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The sink's name", placeholder: "SINK", parse: String }, LOG_WORD],
    },
  },
  run: async (io, { json, reason, log: named }, name, path) => {
    if (reason.trim() === "") throw new CanopyError("USAGE", "--reason is empty: expected why they are given up");
    const { settings } = settingsFor(io, { audit_log_path: logPathFor(io, namedLog(path, named)) });
    const known = sinkNamed(settings.sinks, io.env, name);
    const entries = await dismissRefused(settings, known, reason);
    if (json) io.out(`${terminalJsonPretty({ sink: known, entries })}\n`);
    else
      io.out(
        `${known}: ${entries === 0 ? "nothing was set aside" : `${counted(entries, "entry", "entries")} given up`}\n`,
      );
    return 0;
  },
});
