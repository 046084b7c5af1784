// `canopy evidence`: a file of chosen entries that verifies without the log, offline, with tools that others wrote.

import { homeOf } from "canopy-runtime/home";
import { CanopyError } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { bundleText } from "../../incident/bundle-text.ts";
import { required } from "../../incident/incident-log.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { logPathFor, settingsFor } from "../../settings.ts";
import { textFlag } from "../../text-flag.ts";
import { pathIn, SELECTION_FLAGS, selectionOf, type SelectionFlags } from "../../incident/selection-flags.ts";
import { writeBundle } from "../../incident/write-bundle.ts";
import { nameTheCause } from "../../name-the-cause.ts";
import { terminalJsonPretty } from "../../terminal-text.ts";
import { FORCE_FLAG, newFile } from "../../write-file.ts";

type Flags = LogFlags &
  SelectionFlags & {
    readonly json: boolean;
    readonly all: boolean;
    readonly out?: string;
    readonly force: boolean;
    readonly proof?: readonly string[];
    readonly home?: string;
  };

/** The command. */
export const bundle: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Write chosen entries of a log as a bundle that verifies elsewhere",
  description: [
    "A bundle holds the entries, the signed checkpoint that they are in, the hashes that lead to its root, the policies that they were decided by, the proofs that are given with --proof, and a report. `canopy verify FILE --vkey KEY` checks it anywhere, and so does a page in a browser. Whoever gets it sees those entries as recorded; payloads are not in it.",
    "Hand the public key over in another way: `canopy keys --vkey --log LOG`. A bundle names its key, and that proves nothing.",
  ],
  examples: [
    { command: "canopy evidence audit.log --incident inc-… --out case.canopy-evidence", does: "an incident" },
    { command: "canopy evidence --agent AVID-… --since 7d --out week.canopy-evidence", does: "an agent's week" },
    {
      command: "canopy evidence --trace t-1 --proof absent.json --out t-1.canopy-evidence",
      does: "with a proof that something never happened",
    },
  ],
  exits: [
    [0, "written"],
    [1, "the log has no checkpoint of its own, or no entry that is asked for is in it"],
    [2, "no log, no such incident, nothing was asked for, or the file can't be written"],
    [4, "the log is not the one that its tree holds"],
  ],
  parameters: {
    flags: {
      ...SELECTION_FLAGS,
      all: { kind: "boolean", default: false, withNegated: false, brief: "Every entry of the log" },
      out: textFlag("The file to write", "FILE.canopy-evidence"),
      force: FORCE_FLAG,
      proof: { ...textFlag("A proof of absence or presence to put in", "FILE"), variadic: true },
      home: textFlag("The folder with the keys of the log (default: CANOPY_HOME)", "DIR"),
      json: JSON_FLAG,
      ...LOG_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, path) => {
    const now = Date.now();
    const selection = selectionOf(io, flags, now) ?? (flags.all ? {} : null);
    if (selection === null) {
      throw new CanopyError("USAGE", "no entries are asked for", {
        fix: "give --incident, --trace, --agent, --tenant, --since, --until or --all",
      });
    }
    const out = newFile(io, required(flags.out, "--out"), flags.force);
    const { log_origin, anchors, log_witnesses } = settingsFor(io).settings;
    const log = logPathFor(io, namedLog(path, flags.log));
    const home = flags.home === undefined ? homeOf(io.env, io.cwd) : pathIn(io, flags.home);
    const task = {
      log,
      home,
      anchors: { log_origin, anchors, log_witnesses },
      selection,
      out,
      proofs: (flags.proof ?? []).map((file) => pathIn(io, file)),
      made_at: new Date(now).toISOString(),
    };
    const made = await nameTheCause(log, home, () => writeBundle(task));
    if (flags.json) io.out(`${terminalJsonPretty({ file: out, ...made })}\n`);
    else for (const line of bundleText(out, made)) io.out(`${line}\n`);
    return 0;
  },
});
