// `canopy replay`: every recorded decision made again from the log, and compared byte for byte.

import { EXIT } from "canopy-runtime/errors";
import { replayLog, type ReplaySummary } from "canopy-runtime/replay";
import { decisionFilter, FILTER_FLAGS, type FilterFlags } from "../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { startProgress } from "../progress.ts";
import { shownDifference, showReplay, type ShownDifference } from "../replay-view.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { logPathFor } from "../settings.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

type Flags = LogFlags &
  FilterFlags & {
    readonly json: boolean;
    readonly first: boolean;
    readonly all: boolean;
    readonly show: boolean;
  };

/** Differences that are printed without `--all`. */
const SHOWN = 5;

/** The command. */
export const replay: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Make every recorded decision again and compare, byte for byte",
  description: [
    "Verifies the log, then judges each recorded request again with its own facts and the policy that was kept with the log, and builds its entry anew: every byte of the line must come out. A decision whose record was erased, expired or lost counts as not replayable, never as the same. Nothing is written.",
    "Works on a copy, on another machine: it needs the log, its folder (audit.log.d) and the home's payload.key. What a replay shows and what it doesn't: docs/replay.md.",
  ],
  examples: [
    { command: "canopy replay audit.log", does: "the same, or where it differs first" },
    { command: "canopy replay audit.log --since 24h --json", does: "the last day, for a program" },
    { command: "canopy replay copy/audit.log --home copy/home", does: "a copy with its key" },
  ],
  exits: [
    [0, "every decision that could be made again is the same"],
    [1, "a decision differs, or the log is broken"],
    [2, "the log is not readable, or none of its decisions could be made again"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      first: flag("Stop at the first difference"),
      all: flag(`Print every difference (default: the first ${SHOWN})`),
      show: flag("Also print values that stand in the encrypted records"),
      ...FILTER_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const log = namedLog(path, flags.log) ?? logPathFor(io, undefined);
    const { differences, more, summary } = await run(io, flags, log);
    if (flags.json) {
      const { verification, ...counts } = summary;
      const { valid, failure, first_bad_line, segment, warnings } = verification;
      const chain = { valid, failure, first_bad_line, segment, warnings };
      io.out(`${terminalJsonPretty({ ...counts, chain, differences })}\n`);
    } else {
      showReplay(io, summary, differences, more);
    }
    return exitOf(summary);
  },
});

interface Run {
  readonly summary: ReplaySummary;
  readonly differences: readonly ShownDifference[];
  /** Differences that were found and not kept for printing. */
  readonly more: number;
}

async function run(io: Io, flags: Flags, path: string): Promise<Run> {
  const progress = startProgress(io);
  const differences: ShownDifference[] = [];
  let more = 0;
  try {
    const log = replayLog(path, {
      ...decisionFilter(io, flags, Date.now()),
      stopAtFirst: flags.first,
      verified: ({ valid, first_bad_line, failure }) => {
        if (!valid) io.err(`${io.errStyle.bad("broken")}: line ${first_bad_line} of the log is bad (${failure})\n`);
      },
      progress: (done, total) => progress.at(`${Math.floor((100 * done) / Math.max(1, total))} %`),
    });
    for (;;) {
      const next = await log.next();
      if (next.done === true) return { summary: next.value, differences, more };
      const { difference } = next.value;
      if (difference === null) continue;
      if (flags.all || differences.length < SHOWN)
        differences.push(shownDifference(next.value, difference, flags.show));
      else more += 1;
    }
  } finally {
    progress.done();
  }
}

function exitOf({ verification, different, decisions, not_replayable }: ReplaySummary): number {
  if (!verification.valid || different > 0) return EXIT.no;
  return decisions > 0 && decisions === not_replayable ? EXIT.unusable : EXIT.yes;
}

function flag(brief: string): { kind: "boolean"; default: false; withNegated: false; brief: string } {
  return { kind: "boolean", default: false, withNegated: false, brief };
}
