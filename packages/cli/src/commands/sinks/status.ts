// `canopy sinks status`: how far each sink is.

import { counted } from "canopy-runtime/counted";
import { sinkStatus, sinkTargets, type SinkStatus } from "canopy-runtime/sinks";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { tableLines } from "../../table.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean };

/** The command. */
export const status: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show how far each sink is, and what holds it up",
  description: [
    "WAITING counts entries that are durable and not delivered, and says how long the oldest of them has waited. A sink is behind when the log says so (`sink_behind`), failing when its last attempt went wrong, waiting when it simply has not had its turn. Nothing is sent.",
    "ASIDE counts entries that the receiver refused for what they are; `canopy sinks resend` sends them again, `canopy sinks dismiss` gives them up.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy sinks status", does: "each sink, how far it is, its last error" },
    { command: "canopy sinks status --json", does: "the same for a monitor" },
  ],
  exits: [
    [0, "every sink is well or waiting its turn"],
    [1, "a sink is failing or behind, or entries are set aside"],
    [2, "no log, or a setting is not usable"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...LOG_FLAGS },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, log: named }, path) => {
    const { settings } = settingsFor(io);
    const log = logPathFor(io, namedLog(path, named));
    const all = sinkStatus({ log, home: settings.home }, sinkTargets(settings.sinks, io.env), Date.now());
    const isWell =
      all.every(({ state }) => state !== "failing" && state !== "behind") &&
      all.every(({ set_aside }) => set_aside === 0);
    if (json) {
      io.out(`${terminalJsonPretty({ well: isWell, sinks: all })}\n`);
      return isWell ? 0 : 1;
    }
    if (all.length === 0) {
      io.err("no sinks: the setting `sinks` is empty\n");
      return 0;
    }
    const columns = [
      { title: "SINK", least: 12 },
      { title: "STATE", least: 9 },
      { title: "THROUGH", least: 7, align: "right" as const },
      { title: "WAITING", least: 7, align: "right" as const },
      { title: "ASIDE", least: 5, align: "right" as const },
      { title: "TO", least: 20 },
    ];
    const width = io.stdoutIsTerminal ? io.columns : Infinity;
    for (const line of tableLines(columns, all.map(rowOf), { style: io.outStyle, width })) io.out(`${line}\n`);
    for (const each of all) for (const said of remarksOn(each)) io.out(`${terminalText(`${each.name}: ${said}`)}\n`);
    return isWell ? 0 : 1;
  },
});

function remarksOn({ name, outage, set_aside, set_aside_last, to_send_again }: SinkStatus): readonly string[] {
  const said: string[] = [];
  if (outage !== null) {
    const tried = outage.attempts > 0 ? `, ${counted(outage.attempts, "attempt")}` : "";
    said.push(`${outage.error} (since ${outage.since}${tried})`);
  }
  for (const { seq, error, at } of set_aside_last) said.push(`entry ${seq} set aside: ${error} (${at})`);
  const more = set_aside - set_aside_last.length;
  if (more > 0) said.push(`${more} more were set aside before`);
  if (set_aside > 0) said.push(`\`canopy sinks resend ${name}\` sends what was set aside again`);
  if (to_send_again > 0) said.push(`${to_send_again} of those set aside wait to be sent again`);
  return said;
}

function rowOf({ name, state, through_seq, waiting, waiting_seconds, set_aside, sink }: SinkStatus): readonly string[] {
  const wait = waiting === 0 ? "0" : `${waiting} (${waiting_seconds} s)`;
  return [name, state, String(through_seq), wait, String(set_aside), sink ?? "(configured no more)"];
}
