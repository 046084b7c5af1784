// `canopy sinks test`: one entry that says that it is a test, sent to one sink.

import { sinkTarget, sinkTargets, trySink, type SinkTarget } from "canopy-runtime/sinks";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { settingsFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean };

/** The command. */
export const test: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Send one test entry to a sink",
  description: [
    "Sends an entry with the event `sink_test` that is in no log, and says whether it arrived; over UDP nobody can tell. SINK is the name of a configured sink or the text of one; without it every configured sink is tried.",
  ],
  examples: [
    { command: "canopy sinks test 'stdout:?format=ocsf'", does: "see what an entry looks like there" },
    { command: "canopy sinks test syslog+tls://logs.example.com:6514", does: "before it is configured" },
  ],
  exits: [
    [0, "every sink that was tried took it"],
    [1, "one did not; why is printed"],
    [2, "no such sink, or its text is not usable"],
  ],
  parameters: {
    flags: { json: JSON_FLAG },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "A sink's name or text (default: all)", placeholder: "SINK", parse: String, optional: true },
      ],
    },
  },
  run: async (io, { json }, word) => {
    const results: { readonly name: string; readonly sink: string; readonly error: string | null }[] = [];
    for (const target of tried(io, word)) {
      const error = await trySink(target, Date.now());
      results.push({ name: target.name, sink: target.shown, error });
      if (!json) io.err(`${terminalText(target.shown)}: ${error === null ? "taken" : terminalText(error)}\n`);
    }
    if (json) io.out(`${terminalJsonPretty({ sinks: results })}\n`);
    else if (results.length === 0) io.err("no sinks: the setting `sinks` is empty\n");
    return results.every(({ error }) => error === null) ? 0 : 1;
  },
});

function tried(io: Io, word: string | undefined): readonly SinkTarget[] {
  const configured = sinkTargets(settingsFor(io).settings.sinks, io.env);
  if (word === undefined) return configured;
  const named = configured.find(({ name }) => name === word);
  return [named ?? sinkTarget(word, io.env)];
}
