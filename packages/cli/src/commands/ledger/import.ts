// `canopy ledger import`: a foreign log taken into ours, its chain proven, as evidence only.

import { counted } from "canopy-runtime/counted";
import { importLog } from "canopy-runtime/maintenance";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { refuseStream, sayFile, settingsFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = {
  readonly json: boolean;
  readonly into?: string | undefined;
  readonly asIs: boolean;
  readonly again: boolean;
};

/** The command. */
export const importCommand: CliCommand = defineCommand<Flags, [string]>({
  brief: "Take a foreign log into this one, as evidence only",
  description: [
    "Proves the chain of a log of canopy-runtime 0.4.2 or of another home, closed segments too, then records each of its lines as it is, between `import_begun` and `import_finished`. `canopy ledger export-original` gives the very bytes back.",
    "Imported entries are evidence only: no fact, approval, stop, budget, identity, idempotency key or incident comes of them, and their witnesses are marked unauthenticated.",
  ],
  examples: [
    { command: "canopy ledger import old.log --into audit.log", does: "prove and import" },
    { command: "canopy ledger import broken.log --as-is", does: "record a log whose chain does not hold, and where" },
  ],
  exits: [
    [0, "imported whole"],
    [2, "the foreign log is missing, its chain does not hold, or it was imported before"],
    [4, "the log that it goes into can't be opened"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      into: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The log it goes into (default: the one in force)",
        placeholder: "PATH",
      },
      asIs: {
        kind: "boolean",
        brief: "Import a log whose chain does not hold; where it fails is recorded",
        default: false,
        withNegated: false,
      },
      again: { kind: "boolean", brief: "Import a log that is there already", default: false, withNegated: false },
    },
    positional: { kind: "tuple", parameters: [{ brief: "The foreign log", placeholder: "FOREIGN", parse: String }] },
  },
  run: async (io, { json, into, asIs, again }, foreign) => {
    refuseStream(foreign);
    refuseStream(into);
    const resolved = settingsFor(io, { audit_log_path: into });
    sayFile(io, resolved, "audit_log_path");
    const done = await importLog(resolved.settings, foreign, { asIs, again });
    if (json) io.out(`${terminalJsonPretty({ ...done })}\n`);
    else {
      const entries = counted(done.entries, "entry", "entries");
      io.out(`imported ${entries}, chain ${terminalText(done.chain)}\nimport ${done.import_id}\n`);
    }
    return 0;
  },
});
