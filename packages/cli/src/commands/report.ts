// `canopy report`: a log in numbers and documents, with the state of its chain beside them.

import { CanopyError, EXIT } from "canopy-runtime/errors";
import { instantOf } from "../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { startProgress } from "../progress.ts";
import {
  complianceView,
  FRAMEWORKS,
  type ComplianceView,
  type FrameworkName,
} from "../report/compliance/compliance-view.ts";
import { LISTED, REPORT_FORMATS, reportName, reportSink, type ReportSink } from "../report/export-report.ts";
import { readReport, type ReportData, type ReportOptions, type ReportScope } from "../report/report-data.ts";
import { reportDocument } from "../report/report-document.ts";
import { showReport } from "../report/report-view.ts";
import { isVouchedAgainst } from "../vouched-lines.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { logPathFor, settingsFor } from "../settings.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";
import { FORCE_FLAG, newFile } from "../write-file.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly all: boolean;
  readonly last?: number;
  readonly since?: string;
  readonly until?: string;
  readonly export?: string;
  readonly force: boolean;
  readonly compliance?: FrameworkName;
};

const textFlag = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: String, optional: true, brief, placeholder }) as const;

/** The command. */
export const report: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Report on a log: decisions, agents, rules, approvers, results",
  description: [
    "Verifies the log, holds it against its anchors, counts its entries, and shows all of it: what the numbers rest on stands above them. Without --last or --since it is about the whole log.",
    "--export writes xlsx, csv, html or json: a format, for a file beside you that is named after the log, or a file's name. Nothing in a cell becomes a formula. --compliance adds what the log shows of a framework's controls, and what it doesn't.",
  ],
  examples: [
    { command: "canopy report", does: "the log in force, in numbers" },
    { command: "canopy report audit.log --since 7d --export week.xlsx", does: "a workbook of the last seven days" },
    { command: "canopy report audit.log --export html --compliance owasp-agentic", does: "a page with charts" },
  ],
  exits: [
    [0, "reported; the log is intact"],
    [1, "reported; the log is broken, an anchor contradicts it, or lines were left out"],
    [2, "no log, or nothing could be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      all: { kind: "boolean", default: false, withNegated: false, brief: "The whole log (the default)" },
      last: { kind: "parsed", parse: parseLast, optional: true, brief: "The newest N decisions", placeholder: "N" },
      since: textFlag("From then on: 90m, 24h, 7d, or a time such as 2026-01-31", "TIME"),
      until: textFlag("Before then", "TIME"),
      export: textFlag(`Write a file: ${REPORT_FORMATS.join(", ")}, or a name that ends so`, "FILE"),
      force: FORCE_FLAG,
      compliance: {
        kind: "enum",
        values: FRAMEWORKS,
        optional: true,
        brief: "Hold a framework against the log",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const now = new Date();
    const scope = scopeOf(flags, now.getTime());
    const log = logPathFor(io, namedLog(path, flags.log));
    const { settings } = settingsFor(io);
    const file = flags.export === undefined ? null : exportFile(io, flags.export, log, flags.force);
    const sink = file === null ? null : reportSink(file);
    try {
      const { data, compliance } = await make(io, { log, settings, scope, now, sink, framework: flags.compliance });
      await sink?.finish(data, compliance);
      if (flags.json) io.out(`${terminalJsonPretty(reportDocument(data, compliance))}\n`);
      else showReport(io, data, compliance);
      if (file !== null) io.err(`written: ${terminalText(file)}\n`);
      const isGood = data.verification.valid && data.changed === 0 && !isVouchedAgainst(data.vouched);
      return isGood ? EXIT.yes : EXIT.no;
    } finally {
      sink?.abandon();
    }
  },
});

interface Making {
  readonly log: string;
  readonly settings: ReportOptions["settings"];
  readonly scope: ReportScope;
  readonly now: Date;
  readonly sink: ReportSink | null;
  readonly framework: FrameworkName | undefined;
}

interface Made {
  readonly data: ReportData;
  readonly compliance: ComplianceView | null;
}

async function make(io: Io, { log, settings, scope, now, sink, framework }: Making): Promise<Made> {
  const progress = startProgress(io);
  try {
    const data = await readReport(log, {
      settings,
      scope,
      keep: LISTED,
      now,
      progress: progress.at,
      ...(sink === null ? {} : { row: sink.row }),
    });
    return { data, compliance: framework === undefined ? null : complianceView(framework, data) };
  } finally {
    progress.done();
  }
}

function scopeOf({ all, last, since, until }: Flags, now: number): ReportScope {
  if (all && (last !== undefined || since !== undefined || until !== undefined)) {
    throw new CanopyError("USAGE", "--all and a part of the log can't both be meant", {
      at: "--all",
      fix: "leave out --all, or --last, --since and --until",
    });
  }
  return {
    last: last ?? null,
    since_ms: since === undefined ? null : instantOf("since", since, now),
    until_ms: until === undefined ? null : instantOf("until", until, now),
  };
}

function exportFile(io: Io, wanted: string, log: string, force: boolean): string {
  return newFile(io, reportName(wanted, log), force);
}

function parseLast(text: string): number {
  const last = Number(text);
  if (/^\d{1,9}$/u.test(text) && last > 0) return last;
  throw new CanopyError("USAGE", "expected a whole number from 1 on");
}
