// `canopy log`: the newest entries of a log, and with `--follow` those that come.

import { CanopyError } from "canopy-runtime/errors";
import { homeOf } from "canopy-runtime/home";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { entryRow } from "../entry-row.ts";
import type { Io } from "../io.ts";
import { followLine, logLines, sameDay } from "../log-table.ts";
import { followLines, readTail, type Tail } from "../read-tail.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { logPathFor } from "../settings.ts";
import { terminalJson, terminalJsonText, terminalText } from "../terminal-text.ts";
import { entryCount } from "../entry-count.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly limit: number;
  readonly follow: boolean;
  readonly all: boolean;
};

/** The command. */
export const log: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Show the newest entries of a log",
  description: [
    "One line an entry, oldest first. The table leaves out the entries before checkpoints, which come about every second while a log is in use, and says how many; --all shows them, and --json always has every entry.",
    "Entries are shown as they stand: `canopy verify` says whether they are intact. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: "canopy log -n 50", does: "the last fifty" },
    { command: "canopy log --follow", does: "and those that come, until Ctrl-C" },
    { command: "canopy log --json | jq .decision", does: "one entry a line, as recorded" },
  ],
  exits: [
    [0, "shown"],
    [2, "no log, or not readable"],
    [130, "following was interrupted"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "Print one JSON entry a line on standard output" },
      ...LOG_FLAGS,
      limit: { kind: "parsed", parse: entryCount(1), default: "20", brief: "How many entries", placeholder: "N" },
      all: { kind: "boolean", default: false, withNegated: false, brief: "Show entries before checkpoints too" },
      follow: { kind: "boolean", default: false, withNegated: false, brief: "Go on with entries as they are recorded" },
    },
    aliases: { n: "limit", f: "follow" },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, limit, follow, all, log: named }, path) => {
    const file = logPathFor(io, namedLog(path, named));
    const isShown = (line: string): boolean => json || all || !isMeta(line);
    const tail = await readTail(file, limit, isShown).catch((error: unknown) => orLost(error, file, io));
    if (json) for (const line of tail.lines) io.out(`${jsonLine(line)}\n`);
    else showTable(io, tail);
    if (!follow) return 0;
    for await (const line of followLines(file, tail.end, io.outClosed)) {
      if (isShown(line)) io.out(json ? `${jsonLine(line)}\n` : `${followLine(io, line)}\n`);
    }
    return 0;
  },
});

/** Of a log that was emptied or removed, what this home knows is the better answer. Always throws. */
async function orLost(error: unknown, file: string, io: Io): Promise<never> {
  const { lostLogText } = await import("canopy-runtime/verify");
  const lost = lostLogText(file, homeOf(io.env, io.cwd));
  if (lost === null) throw error;
  throw new CanopyError("FILE_UNUSABLE", `there is no entry in the log \`${file}\`: ${lost}`, {
    cause: error,
    fix: "restore it from a copy; `canopy anchors` shows what is kept of it",
  });
}

/** A recorded line as JSON that a terminal shows as it is; a line that is no JSON becomes `{"unreadable": …}`. */
function jsonLine(line: string): string {
  try {
    JSON.parse(line);
    return terminalJsonText(line);
  } catch {
    return terminalJson({ unreadable: line });
  }
}

/** Whether a line is an entry before a checkpoint. */
function isMeta(line: string): boolean {
  if (!line.includes('"checkpoint_meta"')) return false;
  try {
    const { event }: { readonly event?: unknown } = Object.assign({}, JSON.parse(line));
    return event === "checkpoint_meta";
  } catch {
    return false;
  }
}

function showTable(io: Io, { lines, left_out }: Tail): void {
  const day = sameDay(lines.map(entryRow));
  if (day !== null) io.err(`${io.errStyle.dim(`${terminalText(day)} UTC`)}\n`);
  for (const line of logLines(io, lines)) io.out(`${line}\n`);
  if (left_out === 0) return;
  const what = left_out === 1 ? "1 entry before a checkpoint" : `${left_out} entries before checkpoints`;
  io.err(`${io.errStyle.dim(`left out: ${what} (--all shows them)`)}\n`);
}
