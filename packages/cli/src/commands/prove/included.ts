// `canopy prove included`: a proof file that an entry is in the log.

import { CanopyError } from "canopy-runtime/errors";
import { proveIncluded, TlogReader } from "canopy-runtime/tlog";
import { homeOf } from "canopy-runtime/home";
import { nameTheCause } from "../../name-the-cause.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile, writeOut } from "../../write-file.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly entry: string;
  readonly out: string;
  readonly force: boolean;
};

/** The command. */
export const included: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Prove that an entry is in the log",
  description: [
    "Writes a proof as c2sp.org/tlog-proof describes it: the entry's place, its path to the root, and the signed checkpoint; the entry itself goes with it, so the file can be read and checked alone, with `canopy verify --proof`. Whoever gets it sees that entry as recorded.",
    "The entry must lie inside the newest checkpoint: the runtime makes one within a second while it is open, and when it closes.",
  ],
  examples: [
    { command: "canopy prove included --entry 17 --out entry-17.tlog-proof", does: "the entry of seq 17" },
    { command: "canopy prove included copy.log --entry 17 --out x.tlog-proof", does: "from a copy" },
  ],
  exits: [
    [0, "written"],
    [1, "the log has no checkpoint of its own, or the entry is newer"],
    [2, "no log, no such entry, or the file can't be written"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      entry: { kind: "parsed", parse: String, brief: "The entry's seq, or its entry_hash", placeholder: "SEQ|HASH" },
      out: { kind: "parsed", parse: String, brief: "The file to write", placeholder: "FILE" },
      force: FORCE_FLAG,
    },
    positional: { kind: "tuple", parameters: [LOG_WORD] },
  },
  run: async (io, { json, log: named, entry, out, force }, word) => {
    const file = newFile(io, out, force);
    const path = logPathFor(io, namedLog(word, named));
    const reader = await TlogReader.open(path);
    try {
      const index = indexOf(reader, entry);
      const { text, ...about } = await nameTheCause(path, homeOf(io.env, io.cwd), async () =>
        Promise.resolve(proveIncluded(reader, index)),
      );
      writeOut(file, text);
      if (json) io.out(`${terminalJsonPretty({ file, ...about })}\n`);
      else io.out(`${terminalText(file)}  index ${index} of ${about.size}, ${terminalText(about.origin)}\n`);
      return 0;
    } finally {
      reader.close();
    }
  },
});

function indexOf(reader: TlogReader, entry: string): number {
  const index = /^[1-9]\d{0,15}$/u.test(entry) ? Number(entry) - 1 : reader.indexOfHash(entry);
  if (index !== null && index < reader.size) return index;
  throw new CanopyError("USAGE", `the log has no entry \`${entry}\``, {
    fix: "give a `seq` (from 1) or the 64 hex digits of an `entry_hash`, as `canopy log --json` shows them",
  });
}
