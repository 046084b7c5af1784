// `canopy policy simulate`: what a new policy would have decided about the requests that a log has recorded.

import { counted } from "canopy-runtime/counted";
import { EXIT } from "canopy-runtime/errors";
import { FlipTally, simulateLog, type FlipReport } from "canopy-runtime/replay";
import { decisionFilter, FILTER_FLAGS, type FilterFlags } from "../../decision-filter.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { shownFlip, showFlips } from "../../flip-view.ts";
import type { Io } from "../../io.ts";
import { readPolicyChoice } from "../../policy-choice.ts";
import { startProgress } from "../../progress.ts";
import { REASONS } from "../../replay-view.ts";
import { refuseStream } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = FilterFlags & {
  readonly json: boolean;
  readonly policy: string;
  readonly against: string;
  readonly show: boolean;
};

/** The command. */
export const simulate: CliCommand = defineCommand<Flags, []>({
  brief: "Judge a log's recorded requests by a new policy",
  description: [
    "Judges each recorded request again by the new policy, with the facts that were recorded and the history that the new policy's own decisions would have made, and reports every decision that would be another. Nothing is written.",
    "What was asked stands encrypted beside the log: without --show no payload is printed. A decision whose record was erased, expired or lost counts as not replayable. docs/replay.md says how budgets and other history are simulated.",
  ],
  examples: [
    { command: "canopy policy simulate --policy new.yaml --against audit.log --since 7d", does: "the last week" },
    { command: "canopy policy simulate --policy new.yaml --against audit.log --json", does: "for a program" },
    { command: "canopy policy simulate --policy production --against audit.log --show", does: "with what was asked" },
  ],
  exits: [
    [0, "every decision would be the same"],
    [1, "a decision would be another, or the log is broken"],
    [2, "the policy or the log is not readable, or no decision could be made again"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      policy: needed("The new policy: a pack's name or a file", "POLICY"),
      against: needed("The log", "LOG"),
      show: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also print what was asked in the examples, and why",
      },
      ...FILTER_FLAGS,
    },
  },
  run: async (io, flags) => {
    refuseStream(flags.against);
    const policy = readPolicyChoice(flags.policy, io.cwd);
    const { report, valid, path } = await run(io, flags, policy);
    const examples = report.examples.map((each) => shownFlip(each, flags.show));
    if (flags.json) {
      io.out(`${terminalJsonPretty({ policy: flags.policy, path, chain_valid: valid, ...report, examples })}\n`);
    } else {
      io.out(`${headline(io, report)}\n`);
      io.out(`  ${counts(report)}\n`);
      for (const [reason, count] of Object.entries(report.reasons)) io.out(`  ${count}: ${reasonText(reason)}\n`);
      if (report.flipped > 0) showFlips(io, report, examples);
    }
    if (!valid || report.flipped > 0) return EXIT.no;
    return report.decisions > 0 && report.same === 0 ? EXIT.unusable : EXIT.yes;
  },
});

interface Run {
  readonly report: FlipReport;
  readonly valid: boolean;
  readonly path: string;
}

async function run(io: Io, flags: Flags, policy: ReturnType<typeof readPolicyChoice>): Promise<Run> {
  const progress = startProgress(io);
  const tally = new FlipTally();
  let chain = { valid: false, path: flags.against };
  try {
    const log = simulateLog(flags.against, {
      ...decisionFilter(io, flags, Date.now()),
      policy,
      verified: ({ valid, path, first_bad_line, failure }) => {
        chain = { valid, path };
        if (!valid) io.err(`${io.errStyle.bad("broken")}: line ${first_bad_line} of the log is bad (${failure})\n`);
      },
      progress: (done, total) => progress.at(`${Math.floor((100 * done) / Math.max(1, total))} %`),
    });
    for await (const decision of log) tally.saw(decision);
  } finally {
    progress.done();
  }
  return { report: tally.report(), ...chain };
}

function headline(io: Io, { decisions, flipped, same }: FlipReport): string {
  const { outStyle: style } = io;
  if (decisions === 0) return style.caution("NOTHING TO SIMULATE");
  if (flipped > 0) return `${style.bad("FLIPS")}  ${flipped} of ${counted(decisions, "decision")} would be another`;
  return same === 0 ? style.caution("NOT REPLAYABLE") : `${style.good("SAME")}  no decision would be another`;
}

function counts({ decisions, same, flipped, not_replayable }: FlipReport): string {
  return `${counted(decisions, "decision")}: ${same} the same, ${flipped} flipped, ${not_replayable} not replayable`;
}

function reasonText(reason: string): string {
  const known: Readonly<Record<string, string>> = {
    ...REASONS,
    not_understood: "this engine can't decide what was asked",
  };
  return terminalText(known[reason] ?? reason);
}

function needed(
  brief: string,
  placeholder: string,
): { kind: "parsed"; parse: (text: string) => string; brief: string; placeholder: string } {
  return { kind: "parsed", parse: String, brief, placeholder };
}
