// `canopy ledger fsck`: a log and all beside it, checked from the bytes up.

import { counted } from "canopy-runtime/counted";
import { checkLog, type FsckProblem, type FsckReport } from "canopy-runtime/fsck";
import { homeOf } from "canopy-runtime/home";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { startProgress } from "../../progress.ts";
import { trustOf } from "../../proof-check.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { failureText } from "../../verify-run.ts";
import { terminalJsonPretty, terminalText, wrapText } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly repair: boolean; readonly vkey?: string };

const MOST_SHOWN = 50;

/** The command. */
export const fsck: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Check a log and all beside it from the bytes up",
  description: [
    "Computes again whatever can be: the chain over all segments, this home's head, the signatures of batches, every record that an entry names, the policies kept, what entries before checkpoints say, the checkpoint's root and signature, every tile, and index.sqlite. Each problem comes with its place and a code. Others may go on writing to the log meanwhile.",
    "--repair makes derived files again: tiles, and index.sqlite. Entries, signatures and checkpoints are never touched.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy ledger fsck audit.log", does: "all of it" },
    { command: "canopy ledger fsck audit.log --repair", does: "and mend what is derived" },
    { command: "canopy ledger fsck copy.log --vkey log.vkey", does: "a copy, with the key that its owner gave" },
  ],
  exits: [
    [0, "nothing is wrong"],
    [1, "something is wrong; each problem is named"],
    [2, "no log, or not readable: nothing was checked"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      repair: { kind: "boolean", default: false, withNegated: false, brief: "Make derived files again" },
      vkey: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The log's verifier key, or a file with it (default: this home's)",
        placeholder: "VKEY",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, repair, vkey, log: named }, path) => {
    const log = logPathFor(io, namedLog(path, named));
    const trust = vkey === undefined ? null : await trustOf(io, { json, quiet: false, vkey });
    const progress = startProgress(io);
    try {
      const report = await checkLog(log, {
        home: homeOf(io.env, io.cwd),
        repair,
        ...(trust !== null && "vkeys" in trust ? { vkeys: trust.vkeys } : {}),
        progress: (done, total, what) => progress.at(`${done} of ${total} entries${what === "index" ? ", index" : ""}`),
      });
      progress.done();
      if (json) io.out(`${terminalJsonPretty(report)}\n`);
      else show(io, report);
      return report.clean ? 0 : 1;
    } finally {
      progress.done();
    }
  },
});

function show(io: Io, report: FsckReport): void {
  const { outStyle: style } = io;
  const row = (label: string, value: string): void => {
    const [first = "", ...more] = wrapText(terminalText(value), Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  io.out(`${report.clean ? style.good("CLEAN") : style.bad("PROBLEMS")}  ${terminalText(report.path)}\n`);
  for (const problem of report.problems.slice(0, MOST_SHOWN)) row(problem.code, problemText(problem));
  const more = report.problems_total - MOST_SHOWN;
  if (more > 0) row("…", `${more} more; --json lists up to 1,000`);
  row("entries", `${report.entries} in ${report.segments === 1 ? "one file" : `${report.segments} segments`}`);
  if (report.signed_entries !== null) row("signed", `${report.signed_entries} in batches`);
  row("checkpoint", checkpointText(report));
  row("index", `${counted(report.index_roots, "root")} made anew from the lines`);
  row("records", recordsText(report));
  if (report.policies > 0) row("policies", `${report.policies} kept`);
  for (const repaired of report.repaired) row("repaired", repaired);
  for (const warning of report.warnings) row("note", warning);
}

function problemText({ code, place, detail, repairable }: FsckProblem): string {
  // What verification found is told by its name alone.
  const isVerdict = code === "chain" || code === detail;
  return `${place}: ${isVerdict ? failureText(detail) : detail}${repairable ? " (--repair)" : ""}`;
}

function checkpointText({ checkpoint, entries, kept_checkpoints }: FsckReport): string {
  if (checkpoint === null) return "none";
  const { size, signed, origin } = checkpoint;
  const how =
    signed === "own key" ? "signed" : signed === "no" ? "NOT signed by a trusted key" : "signature not checked";
  const older = kept_checkpoints === 0 ? "" : `; ${kept_checkpoints} older kept`;
  const covers =
    size > entries
      ? `of ${counted(size, "entry", "entries")}, and the log has ${entries}`
      : `of ${size} of ${counted(entries, "entry", "entries")}`;
  return `${covers}, ${how}, ${origin}${older}`;
}

function recordsText({ records }: FsckReport): string {
  const { present, erased, expired, lost, unchecked } = records;
  const parts = [
    `${present} present`,
    ...(erased > 0 ? [`${erased} erased`] : []),
    ...(expired > 0 ? [`${expired} expired`] : []),
    ...(lost > 0 ? [`${lost} recorded as lost`] : []),
    ...(unchecked > 0 ? [`${unchecked} not opened`] : []),
  ];
  return parts.join(", ");
}
