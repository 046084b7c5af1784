// `canopy coverage`: how complete the enforcement of a log looks, and what no log can show.

import { CanopyError, EXIT } from "canopy-runtime/errors";
import { readCoverage, type Coverage } from "canopy-runtime/forensics";
import { durationMs } from "canopy-runtime/flag-values";
import { coverageLines } from "../incident/coverage-view.ts";
import { decisionFilter } from "../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { logPathFor } from "../settings.ts";
import { textFlag } from "../text-flag.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly since?: string; readonly gap: number };

/** The command. */
export const coverage: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show how complete the enforcement of a log looks",
  description: [
    "Finds what was authorized and never carried out or reported, what was begun without a result, what ran without a standing authorization or past its time, and when nothing was recorded at all. Entries are taken as they stand: `canopy verify` says whether they are intact.",
    "A log can't show calls that never came to Canopy. That is said always.",
  ],
  examples: [
    { command: "canopy coverage audit.log", does: "the whole log" },
    { command: "canopy coverage audit.log --since 24h --json", does: "the last day, for a program" },
  ],
  exits: [
    [0, "every authorization has a result, and every result an authorization"],
    [1, "something is missing or out of place"],
    [2, "no log, or not readable"],
  ],
  parameters: {
    flags: {
      since: textFlag("Only what happened from then on: 90m, 24h, 7d, or a time", "TIME"),
      gap: {
        kind: "parsed",
        parse: gapOf,
        default: "5m",
        brief: "Count times without entries longer than this",
        placeholder: "TIME",
      },
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, since, gap, log: named }, path) => {
    const { since: from } = decisionFilter(io, since === undefined ? {} : { since }, Date.now());
    const found = await readCoverage(logPathFor(io, namedLog(path, named)), {
      gap_ms: gap,
      ...(from === undefined ? {} : { from_ms: from }),
      listed: json ? 1000 : 5,
    });
    if (json) io.out(`${terminalJsonPretty(found)}\n`);
    else for (const line of coverageLines(io, found, gap)) io.out(`${line}\n`);
    return isComplete(found) ? EXIT.yes : EXIT.no;
  },
});

function isComplete({ faults, unreadable }: Coverage & { readonly unreadable: number }): boolean {
  return unreadable === 0 && Object.values(faults).every((count) => count === 0);
}

function gapOf(text: string): number {
  const ms = durationMs(text);
  if (ms !== null && ms > 0) return ms;
  throw new CanopyError("USAGE", "expected a span such as 90s, 5m or 1h");
}
