// `canopy audit tail`: the newest entries that a question means, and with `--follow` those that come.

import { EXIT } from "canopy-runtime/errors";
import type { LedgerEntry } from "canopy-runtime/log-reader";
import { entryJson, showEntries } from "../../audit/entry-formats.ts";
import { EntryQuestion, QUESTION_FLAGS, type QuestionFlags } from "../../audit/entry-question.ts";
import { sayShortfall } from "../../audit/shortfall.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { followLine } from "../../log-table.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { refuseUnusable } from "../../refuse-unusable.ts";
import { logPathFor } from "../../settings.ts";
import { entryCount } from "../../entry-count.ts";

type Flags = LogFlags & QuestionFlags & { readonly json: boolean; readonly limit: number; readonly follow: boolean };

const EVERY_MS = 200;

/** The command. */
export const tail: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show the newest entries that a question means, and those that come",
  description: [
    "As `canopy log`, for the entries that --where and the other flags mean. With --follow it goes on over rotations until Ctrl-C.",
  ],
  examples: [
    { command: "canopy audit tail -f --decision DENY", does: "every denial as it is recorded" },
    { command: `canopy audit tail -f --where 'verb == "fs.delete"' --json`, does: "deletions, one JSON line each" },
  ],
  exits: [
    [0, "shown"],
    [1, "shown, but for lines that were changed or entries that could not be judged"],
    [2, "no log, or no question"],
    [130, "following was interrupted"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "Print one JSON entry a line on standard output" },
      ...LOG_FLAGS,
      limit: { kind: "parsed", parse: entryCount(0), default: "20", brief: "How many to begin with", placeholder: "N" },
      follow: { kind: "boolean", default: false, withNegated: false, brief: "Go on with entries as they are recorded" },
      ...QUESTION_FLAGS,
    },
    aliases: { n: "limit", f: "follow", w: "where" },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const log = logPathFor(io, namedLog(path, flags.log));
    // An empty one can be followed.
    if (!flags.follow) refuseUnusable(log);
    const question = await EntryQuestion.open(io, log, flags);
    try {
      // What is recorded from here on is left to `follow`, so that nothing is shown twice or not at all.
      const end = question.end();
      const entries = question.newest(flags.limit, { before_seq: end + 1 });
      if (flags.json) for (const entry of entries) io.out(entryJson(entry));
      else if (entries.length > 0) showEntries(io, entries);
      if (flags.follow) await follow(io, question, { json: flags.json, after: end });
    } finally {
      question.close();
    }
    return sayShortfall(io, question.shortfall) ? EXIT.no : EXIT.yes;
  },
});

async function follow(
  io: Io,
  question: EntryQuestion,
  { json, after }: { readonly json: boolean; readonly after: number },
): Promise<void> {
  for (let last = after; !io.outClosed();) {
    const end = question.end();
    for (const entry of question.answers("forward", { after_seq: last, before_seq: end + 1 })) {
      io.out(json ? entryJson(entry) : `${shownLine(io, entry)}\n`);
    }
    last = end;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function shownLine(io: Io, entry: LedgerEntry): string {
  return followLine(io, JSON.stringify(entry));
}
