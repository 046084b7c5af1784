// `canopy prove absent`: a proof that no entry matches.

import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_WORD } from "../../log-flag.ts";
import { PROOF_FLAGS, runProve, type ProveFlags } from "../../prove-statement.ts";
import { STATEMENT_FLAGS } from "../../statement-flags.ts";

/** The command. */
export const absent: CliCommand = defineCommand<ProveFlags, [(string | undefined)?]>({
  brief: "Prove that no entry matches: an agent, an action, a resource …",
  description: [
    "Writes a file that shows, offline and to whoever trusts the log's key, that among the entries up to a checkpoint none has all that is named. Several conditions mean all of them at once. Where the statement is false, the entries are named and nothing is written.",
    "With --except-agent every entry that has the rest is shown, and all are that agent's: nobody else did. Resources stand in the log as keys; --disclose puts the key behind them into the file, so that the name is checked too, and lets its reader try other names.",
    "docs/absence-proofs.md says what such a proof claims and what it doesn't.",
  ],
  examples: [
    {
      command: "canopy prove absent --agent AVID-… --action delete_file --out no.json",
      does: "that agent never asked to delete a file",
    },
    {
      command: "canopy prove absent audit.log --tool deploy --except-agent AVID-… --out o.json",
      does: "no other agent asked for that tool",
    },
    {
      command: "canopy prove absent --decision REQUIRE_APPROVAL --from 24h --out calm.json",
      does: "nothing asked for approval in a day",
    },
    { command: "canopy verify --proof no.json --vkey log.vkey", does: "check it, anywhere" },
  ],
  exits: [
    [0, "proved and written"],
    [1, "false: entries match; or the log has no checkpoint of its own"],
    [2, "no log, nothing asked, or the file can't be written"],
  ],
  parameters: {
    flags: { json: JSON_FLAG, ...PROOF_FLAGS, ...STATEMENT_FLAGS },
    positional: { kind: "tuple", parameters: [LOG_WORD] },
  },
  run: (io, flags, word) => runProve(io, { claim: "absent", word }, flags),
});
