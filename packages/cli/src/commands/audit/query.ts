// `canopy audit query`: the entries of a log that a question means, or how many by what they have in common.

import { counted } from "canopy-runtime/counted";
import { EXIT } from "canopy-runtime/errors";
import { FORMATS, showAll, showGroups, showNewest, TABLE_ROWS, type Format } from "../../audit/entry-formats.ts";
import { EntryGroups, GROUPS, type GroupName } from "../../audit/entry-groups.ts";
import { EntryQuestion, QUESTION_FLAGS, type QuestionFlags } from "../../audit/entry-question.ts";
import { sayShortfall } from "../../audit/shortfall.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { startProgress } from "../../progress.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { refuseUnusable } from "../../refuse-unusable.ts";
import { logPathFor } from "../../settings.ts";
import { entryCount } from "../../entry-count.ts";

type Flags = LogFlags &
  QuestionFlags & {
    readonly json: boolean;
    readonly format: Format;
    readonly groupBy?: GroupName;
    readonly limit?: number;
  };

/** The command. */
export const query: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Find entries by what they say, and count them by groups",
  description: [
    "Reads a log through its index, while others write it; each entry's own hash is computed again. A table shows the newest answers, JSON lines and CSV all of them, oldest first. Flags and --where must all hold.",
    "Of effects an entry shows the kinds; --payloads opens the encrypted records for the rest, with the home's payload.key. Names and examples: docs/reports.md.",
  ],
  examples: [
    { command: "canopy audit query --decision DENY --since 24h", does: "what was denied in the last day" },
    {
      command: `canopy audit query --where 'verb == "fs.delete"' --group-by agent`,
      does: "who deletes, and how often it was denied",
    },
    { command: "canopy audit query audit.log --trace t-42 --format ndjson", does: "one trace, as recorded" },
  ],
  exits: [
    [0, "answered"],
    [1, "answered, but for lines that were changed or entries that could not be judged"],
    [2, "no log, or no question"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "The same as --format ndjson" },
      ...LOG_FLAGS,
      format: { kind: "enum", values: FORMATS, default: "table", brief: "How answers are printed" },
      groupBy: { kind: "enum", values: GROUPS, optional: true, brief: "Count instead of listing" },
      limit: {
        kind: "parsed",
        parse: entryCount(1),
        optional: true,
        brief: `The newest N answers, or the largest N groups (a table: ${TABLE_ROWS})`,
        placeholder: "N",
      },
      ...QUESTION_FLAGS,
    },
    aliases: { n: "limit", w: "where" },
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
    const format = flags.json ? "ndjson" : flags.format;
    try {
      if (flags.groupBy === undefined) listAnswers(io, question, format, flags.limit);
      else countAnswers(io, question, { format, by: flags.groupBy, limit: flags.limit });
    } finally {
      progress.done();
      question.close();
    }
    return sayShortfall(io, question.shortfall) ? EXIT.no : EXIT.yes;
  },
});

function listAnswers(io: Io, question: EntryQuestion, format: Format, limit: number | undefined): void {
  if (format === "table") {
    showNewest(io, (rows) => question.newest(rows), limit);
    return;
  }
  showAll(io, limit === undefined ? question.answers() : question.newest(limit), format);
}

function countAnswers(
  io: Io,
  question: EntryQuestion,
  { format, by, limit }: { readonly format: Format; readonly by: GroupName; readonly limit: number | undefined },
): void {
  const groups = new EntryGroups(by);
  for (const entry of question.answers()) groups.add(entry);
  const sorted = groups.sorted();
  const most = limit ?? (format === "table" ? TABLE_ROWS : sorted.length);
  showGroups(io, by, sorted.slice(0, most), format);
  if (sorted.length > most)
    io.err(`${io.errStyle.dim(`${counted(sorted.length - most, "more group")}; --limit shows more`)}\n`);
}
