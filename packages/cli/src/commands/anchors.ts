// `canopy anchors`: how each anchor of a log stands.

import { counted } from "canopy-runtime/counted";
import { anchorReport, type AnchorReport } from "canopy-runtime/anchors";
import { EXIT } from "canopy-runtime/errors";
import { ANCHOR_WORDS, isContradicted } from "../anchor-words.ts";
import { checkpointFacts } from "../checkpoint-facts.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { refuseUnusable } from "../refuse-unusable.ts";
import { sayFile, settingsFor } from "../settings.ts";
import type { Style } from "../style.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean };

/** The command. */
export const anchors: CliCommand = defineCommand<Flags, [(string | undefined)?, (string | undefined)?]>({
  brief: "Show how the anchors of a log stand, or check it with them",
  description: [
    "Asks every anchor of the configuration for the newest checkpoint it keeps, and compares that with the log: how many entries it covers, how many came since, since when it can't be reached. Receivers that can't be asked, and log witnesses, are told by what they were given last.",
    "`canopy anchors check` also gives the answer as its exit code. `canopy verify` is what reads every line.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy anchors", does: "how each stands" },
    {
      command: "canopy anchors check audit.log",
      does: "exit 0 when each that can be asked vouches for the log, and one does",
    },
  ],
  exits: [
    [0, "shown; with check: every anchor that can be asked vouches for the log, and there is one"],
    [1, "with check: an anchor keeps what the log does not continue, or nothing vouches for the log"],
    [2, "the log or a setting is not usable"],
    [4, "with check: an anchor can't be reached"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...LOG_FLAGS },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "show (default) or check", placeholder: "ACTION", parse: String, optional: true },
        LOG_WORD,
      ],
    },
  },
  run: async (io, { json, log: named }, first, second) => {
    const isAction = first === "check" || first === "show";
    const resolved = settingsFor(io, { audit_log_path: namedLog(isAction ? second : first, named) });
    sayFile(io, resolved, "audit_log_path");
    refuseUnusable(resolved.settings.audit_log_path);
    const report = await anchorReport(resolved.settings);
    if (json) io.out(`${terminalJsonPretty(report)}\n`);
    else show(io, report);
    return first === "check" ? exitOf(report) : 0;
  },
});

function exitOf({ anchors: each }: AnchorReport): number {
  if (each.some(isContradicted)) return EXIT.no;
  if (each.some(({ standing }) => standing === "unreachable")) return EXIT.unavailable;
  return each.some(({ standing }) => standing === "consistent") ? EXIT.yes : EXIT.no;
}

function show(io: Io, report: AnchorReport): void {
  const { outStyle: style } = io;
  const columns = [
    { title: "ANCHOR", least: 16 },
    { title: "STATE", least: 12, paint },
    { title: "ENTRIES", least: 7, align: "right" as const },
    { title: "LAG", least: 4, align: "right" as const },
    { title: "GIVEN", least: 20 },
  ];
  const rows = report.anchors.map(({ anchor, standing, newest, lag, published_at }) => [
    anchor,
    ANCHOR_WORDS[standing],
    newest === null ? "-" : String(newest),
    lag === null ? "-" : String(lag),
    published_at ?? "never",
  ]);
  io.out(
    `${terminalText(report.log)}  ${counted(report.entries, "entry", "entries")}  ${terminalText(report.origin)}\n`,
  );
  const width = io.stdoutIsTerminal ? io.columns : Infinity;
  for (const line of tableLines(columns, rows, { style, width })) io.out(`${line}\n`);
  for (const { label, text, standing } of checkpointFacts(report)) {
    const shown = terminalText(text);
    io.out(`  ${label.padEnd(10)}  ${standing === "bad" ? style.bad(shown) : shown}\n`);
  }
  for (const { anchor, failing_since, error } of report.anchors) {
    if (error === null) continue;
    const since = failing_since === null ? "" : ` since ${failing_since}`;
    io.out(`${style.bad(terminalText(anchor))}${since}: ${terminalText(error)}\n`);
  }
  if (!report.anchors.some(({ standing }) => standing === "consistent" || isContradicted({ standing }))) {
    io.err("nothing vouches for this log: cut or rewritten as a whole, it would look the same\n");
  } else if (report.anchors.length === 1) {
    io.err("only this home keeps checkpoints of the log: name other places in the setting `anchors`\n");
  }
}

function paint(style: Style, cell: string, shown: string): string {
  if (cell === ANCHOR_WORDS.consistent) return style.good(shown);
  return cell === cell.toUpperCase() ? style.bad(shown) : style.dim(shown);
}
