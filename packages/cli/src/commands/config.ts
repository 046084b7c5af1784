// `canopy config`: every setting that is in force, and with `--show-origin` where it came from.

import { shownAnchor } from "canopy-runtime/anchor-text";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { settingsFor } from "../settings.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = { readonly json: boolean; readonly showOrigin: boolean };

/** The command. */
export const config: CliCommand = defineCommand<Flags, []>({
  brief: "Print every setting in force, and where it comes from",
  description: [
    "A flag wins over the environment, that over the configuration file (config.json in CANOPY_HOME, or the one that CANOPY_CONFIG names), that over the default. The working folder is never asked: an agent can write there. Secrets are never printed.",
  ],
  examples: [
    { command: "canopy config --show-origin", does: "what holds, and why" },
    { command: "CANOPY_DURABILITY=batch canopy config --json", does: "as a program reads it" },
  ],
  exits: [
    [0, "printed"],
    [2, "a setting is not usable"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      showOrigin: {
        kind: "boolean",
        brief: "Also print where each setting comes from",
        default: false,
        withNegated: false,
      },
    },
  },
  run: async (io, { json, showOrigin }) => {
    const { settings: found, origins, config_file } = settingsFor(io);
    const settings = { ...found, anchors: found.anchors.map(shownAnchor) };
    if (json) {
      io.out(`${terminalJsonPretty({ config_file, settings, ...(showOrigin ? { origins } : {}) })}\n`);
      return 0;
    }
    const originOf: ReadonlyMap<string, string> = new Map(Object.entries(origins));
    const rows = Object.entries(settings).map(([name, value]) => [name, originOf.get(name) ?? "", valueText(value)]);
    const columns = [
      { title: "SETTING", least: 8 },
      ...(showOrigin ? [{ title: "FROM", least: 8 }] : []),
      { title: "VALUE", least: 8 },
    ];
    const shown = showOrigin ? rows : rows.map(([name = "", , value = ""]) => [name, value]);
    const width = io.stdoutIsTerminal ? io.columns : Infinity;
    for (const line of tableLines(columns, shown, { style: io.outStyle, width })) io.out(`${line}\n`);
    io.err(
      `${io.errStyle.dim(config_file === null ? "configuration file: none" : `configuration file: ${terminalText(config_file)}`)}\n`,
    );
    return 0;
  },
});

function valueText(value: unknown): string {
  if (value === null) return "(none)";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.join(", ");
  if (typeof value === "object" && Object.keys(value).length === 0) return "(none)";
  return typeof value === "string" ? value : JSON.stringify(value);
}
