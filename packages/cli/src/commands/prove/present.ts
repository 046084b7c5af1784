// `canopy prove present`: a proof of the entries that match, all of them.

import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_WORD } from "../../log-flag.ts";
import { PROOF_FLAGS, runProve, type ProveFlags } from "../../prove-statement.ts";
import { STATEMENT_FLAGS } from "../../statement-flags.ts";

/** The command. */
export const present: CliCommand = defineCommand<ProveFlags, [(string | undefined)?]>({
  brief: "Prove which entries match, all of them",
  description: [
    "Writes a file with every entry that has all that is named, as recorded, each with its path, and what shows that there is no other. Whoever gets it sees these entries.",
    "docs/absence-proofs.md says what such a proof claims and what it doesn't.",
  ],
  examples: [
    { command: "canopy prove present --trace t-42 --out trace.json", does: "all that the log has of a trace" },
    { command: "canopy verify --proof trace.json --trust trust.txt", does: "check it, anywhere" },
  ],
  exits: [
    [0, "proved and written"],
    [1, "false: no entry matches; or the log has no checkpoint of its own"],
    [2, "no log, nothing asked, or the file can't be written"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...PROOF_FLAGS, ...STATEMENT_FLAGS },
    positional: { kind: "tuple", parameters: [LOG_WORD] },
  },
  run: (io, flags, word) => runProve(io, { claim: "present", word }, flags),
});
