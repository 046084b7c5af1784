// `canopy verify`: whether a log is intact, and if not, the first bad line and what is wrong with it.

import { homeOf } from "canopy-runtime/home";
import { homeSignatureChecks } from "canopy-runtime/keys";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import type { Io } from "../io.ts";
import { refuseStream, sayFile, settingsFor } from "../settings.ts";
import { runVerify, type VerifyFlags } from "../verify-run.ts";

/** The command. */
export const verify: CliCommand = defineCommand<VerifyFlags, [(string | undefined)?]>({
  brief: "Verify a log: every line, and the first bad one",
  description: [
    "Reads the whole log in one pass and constant memory, whoever wrote it: Canopy, or canopy-runtime 0.4.2. Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
    "A log alone can't show that its end was cut off or that all of it was rewritten; the warnings say what was not checked.",
  ],
  examples: [
    { command: "canopy verify audit.log", does: "intact, or the first bad line" },
    { command: "canopy verify audit.log --json", does: "for a program" },
    { command: "canopy verify audit.log --quiet && echo intact", does: "only the exit code" },
  ],
  exits: [
    [0, "intact"],
    [1, "tampered or broken; the line is named"],
    [2, "missing, empty, or not readable: nothing was verified"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      quiet: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Print nothing; the exit code is the answer",
      },
      signatures: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also verify the signatures of the batches, with this home's keys",
      },
    },
    aliases: { q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The log", placeholder: "PATH", parse: String, optional: true }],
    },
  },
  run: async (io, flags, path) => {
    refuseStream(path);
    const keys = flags.signatures ? homeSignatureChecks(homeOf(io.env, io.cwd)) : undefined;
    return runVerify(io, flags, path ?? logInForce(io), keys);
  },
});

function logInForce(io: Io): string {
  const resolved = settingsFor(io);
  sayFile(io, resolved, "audit_log_path");
  return resolved.settings.audit_log_path;
}
