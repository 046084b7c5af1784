// `canopy incident`: what happened, in order, with what is missing in it.

import { counted } from "canopy-runtime/counted";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import { PayloadExcerpts, readHistory } from "canopy-runtime/forensics";
import { homeOf } from "canopy-runtime/home";
import { homeSignatureChecks, listKeys } from "canopy-runtime/keys";
import type { VerifyOptions } from "canopy-runtime/verify";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { exportHistory, historyName } from "../../incident/export-history.ts";
import { historyDocument } from "../../incident/history-document.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { textFlag } from "../../text-flag.ts";
import { bundleText } from "../../incident/bundle-text.ts";
import { pathIn, SELECTION_FLAGS, selectionOf, type SelectionFlags } from "../../incident/selection-flags.ts";
import { writeBundle } from "../../incident/write-bundle.ts";
import { historyLines } from "../../incident/timeline-view.ts";
import { isVouchedAgainst, vouchedLines } from "../../vouched-lines.ts";
import { askAnchors, keptCheckpoints } from "../../vouched.ts";
import type { Io } from "../../io.ts";
import { startProgress } from "../../progress.ts";
import { nameTheCause } from "../../name-the-cause.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile } from "../../write-file.ts";

type Flags = LogFlags &
  SelectionFlags & {
    readonly json: boolean;
    readonly home?: string;
    readonly export?: string;
    readonly bundle?: string;
    readonly force: boolean;
    readonly payloads: boolean;
  };

/** The command. */
export const timeline: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show or export what happened: a trace, an incident, an agent, a time",
  description: [
    "Every decision, approval, start and result that is asked for, in the log's order, with what is missing: results that never came, time in which nothing was recorded, a clock that went back, records that were erased. The log is verified by the same run, and the top says how it stands.",
    "--export writes a format, to a file beside you that is named after the log, or a file whose name ends in one.",
    "--payloads adds excerpts of what the log keeps encrypted: arguments of calls, reasons of approvers, texts of errors. Secrets are taken out; what was erased, or can't be opened with this home's key, is said to be so.",
  ],
  examples: [
    { command: "canopy incident audit.log --trace t-1", does: "what happened in a trace" },
    { command: "canopy incident --agent AVID-… --since 2h", does: "what an agent did in two hours" },
    { command: "canopy incident --incident inc-… --export report.html", does: "an incident as a page" },
    { command: "canopy incident --trace t-1 --payloads", does: "with what was asked for, secrets taken out" },
  ],
  exits: [
    [0, "shown; nothing may have matched"],
    [1, "the log is broken, or an anchor contradicts it; it was shown as far as it can be read"],
    [2, "no log, no such incident, or nothing was asked for"],
  ],
  parameters: {
    flags: {
      ...SELECTION_FLAGS,
      home: textFlag("The folder with the keys and heads of the log (default: CANOPY_HOME)", "DIR"),
      payloads: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Add excerpts of the encrypted records, without secrets",
      },
      bundle: textFlag("Write an evidence bundle of it too", "FILE.canopy-evidence"),
      export: textFlag("Write a file: xlsx, html, md, json, svg, or a name that ends so", "FILE"),
      force: FORCE_FLAG,
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const now = Date.now();
    const selection = selectionOf(io, flags, now);
    if (selection === null) throw nothingAsked();
    const home = flags.home === undefined ? homeOf(io.env, io.cwd) : pathIn(io, flags.home);
    const log = logPathFor(io, namedLog(path, flags.log));
    const file = flags.export === undefined ? null : newFile(io, historyName(flags.export, log), flags.force);
    const out = flags.bundle === undefined ? null : newFile(io, flags.bundle, flags.force);
    const progress = startProgress(io);
    const { redact_fields, log_origin, anchors: names, log_witnesses } = settingsFor(io).settings;
    const anchors = { log_origin, anchors: names, log_witnesses };
    const excerpts = flags.payloads ? new PayloadExcerpts(log, home, redact_fields) : null;
    try {
      const vouched = await askAnchors({ ...anchors, home, audit_log_path: log });
      const history = await readHistory(log, {
        selection,
        ...(excerpts === null ? {} : { payload: (entry) => excerpts.of(entry) }),
        verify: {
          home,
          checkpoints: keptCheckpoints(vouched),
          ...signatureChecks(home),
          progress: (done, total) => progress.at(`verifying: ${Math.floor((100 * done) / Math.max(1, total))} %`),
        },
      });
      progress.done();
      const made_at = new Date(now).toISOString();
      const shown = {
        ...history,
        selection,
        made_at,
        payloads: excerpts?.counts ?? null,
        vouched,
        agent_name: nameOf(flags.agent, selection.avid),
      };
      if (file !== null) await exportTo(io, file, shown);
      if (out !== null) {
        const task = { log, home, anchors, selection, out, proofs: [], made_at: shown.made_at };
        const made = await nameTheCause(log, home, () => writeBundle(task));
        for (const line of bundleText(out, made)) io.err(`${line}\n`);
      }
      if (flags.json) io.out(`${terminalJsonPretty(historyDocument(shown))}\n`);
      else if (file === null && out === null) for (const line of historyLines(io, shown)) io.out(`${line}\n`);
      return history.verification.valid && !isVouchedAgainst(vouched) ? EXIT.yes : EXIT.no;
    } finally {
      progress.done();
      excerpts?.close();
    }
  },
});

function nameOf(given: string | undefined, avid: string | undefined): string | null {
  return given === undefined || given === avid ? null : given;
}

function signatureChecks(home: string): Pick<VerifyOptions, "signatures"> {
  return listKeys(home).length === 0 ? {} : { signatures: homeSignatureChecks(home) };
}

type Shown = Parameters<typeof exportHistory>[1];

async function exportTo(io: Io, file: string, shown: Shown): Promise<void> {
  await exportHistory(file, shown);
  io.err(`${counted(shown.timeline.summary.events, "event")} written to ${terminalText(file)}\n`);
  for (const { label, standing, text } of vouchedLines(shown)) {
    if (standing === "bad") io.err(`${io.errStyle.bad(label)}  ${terminalText(text)}\n`);
  }
}

function nothingAsked(): CanopyError {
  return new CanopyError("USAGE", "nothing is asked for", {
    fix: "give --trace, --incident, --agent, --tenant, --since or --until; `canopy incident list` shows incidents",
  });
}
