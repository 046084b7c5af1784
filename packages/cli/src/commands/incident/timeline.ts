// `canopy incident`: what happened, in order, with what is missing in it.

import { CanopyError, EXIT } from "canopy-runtime/errors";
import { readHistory, type Selection } from "canopy-runtime/forensics";
import type { DecisionFilter } from "canopy-runtime/replay";
import { homeSignatureChecks, listKeys } from "canopy-runtime/keys";
import type { VerifyOptions } from "canopy-runtime/verify";
import { decisionFilter } from "../../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { checkExport, exportHistory } from "../../incident/export-history.ts";
import { historyDocument } from "../../incident/history-document.ts";
import { logPath, textFlag } from "../../incident/incident-log.ts";
import { historyLines } from "../../incident/timeline-view.ts";
import type { Io } from "../../io.ts";
import { startProgress } from "../../progress.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = {
  readonly json: boolean;
  readonly trace?: string;
  readonly incident?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly since?: string;
  readonly until?: string;
  readonly home?: string;
  readonly export?: string;
};

/** The command. */
export const timeline: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show or export what happened: a trace, an incident, an agent, a time",
  description: [
    "Every decision, approval, start and result that is asked for, in the log's order, with what is missing: results that never came, time in which nothing was recorded, a clock that went back, records that were erased. The log is verified by the same run, and the top says how it stands.",
    "--export writes a file: its ending says which kind.",
  ],
  examples: [
    { command: "canopy incident audit.log --trace t-1", does: "what happened in a trace" },
    { command: "canopy incident --agent AVID-… --since 2h", does: "what an agent did in two hours" },
    { command: "canopy incident --incident inc-… --export report.html", does: "an incident as a page" },
  ],
  exits: [
    [0, "shown; nothing may have matched"],
    [1, "the log is broken; it was shown as far as it can be read"],
    [2, "no log, no such incident, or nothing was asked for"],
  ],
  parameters: {
    flags: {
      trace: textFlag("What happened in one trace", "ID"),
      incident: textFlag("What an incident is about: its trace and what it names", "ID"),
      agent: textFlag("What one agent did: its AVID or its public_key", "AGENT"),
      tenant: textFlag("Of one tenant only", "ID"),
      since: textFlag("From then on: 90m, 24h, 7d, or a time such as 2026-01-31", "TIME"),
      until: textFlag("Before then", "TIME"),
      home: textFlag("The folder with the keys and heads of the log (default: CANOPY_HOME)", "DIR"),
      export: textFlag("Write it to FILE.html, .md, .json or .svg", "FILE"),
      json: JSON_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The log", placeholder: "LOG", parse: String, optional: true }],
    },
  },
  run: async (io, flags, path) => {
    const now = Date.now();
    const { home, ...filter } = decisionFilter(io, flags, now);
    const selection = selectionOf(flags, filter);
    if (flags.export !== undefined) checkExport(flags.export);
    const log = logPath(io, path);
    const progress = startProgress(io);
    try {
      const history = await readHistory(log, {
        selection,
        verify: {
          home,
          ...signatureChecks(home),
          progress: (done, total) => progress.at(`verifying: ${Math.floor((100 * done) / Math.max(1, total))} %`),
        },
      });
      progress.done();
      const shown = { ...history, selection, made_at: new Date(now).toISOString() };
      if (flags.export !== undefined) await exportTo(io, flags.export, shown);
      if (flags.json) io.out(`${terminalJsonPretty(historyDocument(shown))}\n`);
      else if (flags.export === undefined) for (const line of historyLines(io, shown)) io.out(`${line}\n`);
      return history.verification.valid ? EXIT.yes : EXIT.no;
    } finally {
      progress.done();
    }
  },
});

function signatureChecks(home: string): Pick<VerifyOptions, "signatures"> {
  return listKeys(home).length === 0 ? {} : { signatures: homeSignatureChecks(home) };
}

type Shown = Parameters<typeof exportHistory>[1];

async function exportTo(io: Io, file: string, shown: Shown): Promise<void> {
  await exportHistory(file, shown);
  io.err(`${shown.timeline.summary.events} events written to ${terminalText(file)}\n`);
}

function selectionOf(flags: Flags, { since, until, agent, trace }: DecisionFilter): Selection {
  const selection: Selection = {
    ...(trace === undefined ? {} : { trace_id: trace }),
    ...(agent === undefined ? {} : { avid: agent }),
    ...(since === undefined ? {} : { from_ms: since }),
    ...(until === undefined ? {} : { to_ms: until }),
    ...(flags.incident === undefined ? {} : { incident_id: flags.incident }),
    ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
  };
  if (Object.keys(selection).length > 0) return selection;
  throw new CanopyError("USAGE", "nothing is asked for", {
    fix: "give --trace, --incident, --agent, --tenant, --since or --until; `canopy incident list` shows incidents",
  });
}
