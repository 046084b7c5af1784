// `canopy audit stats`: a log in numbers.

import { EXIT } from "canopy-runtime/errors";
import { EntryQuestion, QUESTION_FLAGS, type QuestionFlags } from "../../audit/entry-question.ts";
import { sayShortfall } from "../../audit/shortfall.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { startProgress } from "../../progress.ts";
import { LogTally, sum, type NamedVerdicts } from "../../report/log-tally.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { refuseUnusable } from "../../refuse-unusable.ts";
import { logPathFor } from "../../settings.ts";
import { numberColumn, tableLines } from "../../table.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & QuestionFlags & { readonly json: boolean };

/** Names of each kind that are listed. */
const LISTED = 5;

/** The command. */
export const stats: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Count a log's decisions, agents, actions, rules and results",
  description: [
    "Reads the entries that the flags mean (all without any), each hash computed again, in constant memory: about 100,000 entries a second. `canopy report` makes documents of the same numbers.",
  ],
  examples: [
    { command: "canopy audit stats --since 24h", does: "the last day in numbers" },
    { command: "canopy audit stats audit.log --json", does: "for a program" },
  ],
  exits: [
    [0, "counted"],
    [1, "counted, but for lines that were changed or entries that could not be judged"],
    [2, "no log, or no question"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...LOG_FLAGS, ...QUESTION_FLAGS },
    aliases: { w: "where" },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const progress = startProgress(io);
    const log = logPathFor(io, namedLog(path, flags.log));
    refuseUnusable(log);
    const question = await EntryQuestion.open(io, log, flags, progress);
    const tally = new LogTally();
    try {
      for (const entry of question.answers()) {
        tally.add(entry);
        if (tally.entries % 4096 === 0) progress.at(`${tally.entries.toLocaleString("en-US")} entries`);
      }
    } finally {
      progress.done();
      question.close();
    }
    if (flags.json) io.out(`${terminalJsonPretty(statsDocument(tally))}\n`);
    else showStats(io, tally);
    return sayShortfall(io, question.shortfall) ? EXIT.no : EXIT.yes;
  },
});

function statsDocument(tally: LogTally): unknown {
  const { entries, first, last, decisions, refused, results } = tally;
  return {
    entries,
    first,
    last,
    decisions: { ...decisions, refused },
    results,
    events: Object.fromEntries([...tally.events].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    agents: tally.agents.largest(),
    actions: tally.actions.largest(),
    rules: tally.rules.largest(),
    approvers: [...tally.approvers.values()],
  };
}

function showStats(io: Io, tally: LogTally): void {
  const { decisions, results } = tally;
  const line = (label: string, text: string): void => io.out(`${io.outStyle.dim(label.padEnd(10))} ${text}\n`);
  const time = tally.first === null ? "" : `, ${terminalText(tally.first)} to ${terminalText(tally.last ?? "")}`;
  line("entries", `${count(tally.entries)}${time}`);
  line(
    "decisions",
    `${count(sum(decisions))}: ${count(decisions.allow)} allowed, ${count(decisions.deny)} denied, ${count(decisions.ask)} asked`,
  );
  line(
    "results",
    `${count(results.ok)} done, ${count(results.error)} failed, ${count(results.unknown)} unknown, of ${count(results.started)} started`,
  );
  showNames(io, "AGENT", tally.agents.largest());
  showNames(io, "ACTION", tally.actions.largest());
  showNames(io, "RULE", tally.rules.largest());
}

function showNames(io: Io, title: string, names: readonly NamedVerdicts[]): void {
  if (names.length === 0) return;
  const columns = [{ title, least: 16 }, numberColumn("ALLOW"), numberColumn("DENY"), numberColumn("ASK")];
  const cells = names.slice(0, LISTED).map(({ name, allow, deny, ask }) => [name, ...[allow, deny, ask].map(count)]);
  io.out("\n");
  for (const text of tableLines(columns, cells, {
    style: io.outStyle,
    width: io.stdoutIsTerminal ? io.columns : Infinity,
  })) {
    io.out(`${text}\n`);
  }
  if (names.length > LISTED) io.out(`${io.outStyle.dim(`… and ${count(names.length - LISTED)} more`)}\n`);
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
