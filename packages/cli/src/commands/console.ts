// `canopy console`: the log as a full-screen terminal interface. What fills the screen is loaded only by this command.

import { userInfo } from "node:os";
import { defineCommand, JSON_FLAG, POLICY_FLAG, type CliCommand } from "../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../log-flag.ts";
import { sayFile, settingsFor } from "../settings.ts";
import { textFlag } from "../text-flag.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly policy?: string | undefined;
  readonly auditLog?: string | undefined;
};

/** The command. */
export const consoleCommand: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Watch a log, answer approvals, stop agents: full screen",
  description: [
    "Shows decisions as they are made, and what the log holds: agents, traces, incidents, waiting approvals, kill switches, the state of the chain. Reads a log that others write; keys are shown by ?.",
    "Looking changes nothing. Answering an approval, stopping and opening an incident are recorded in the log, signed with this home's keys; without them the console only shows.",
    "Without a terminal it prints a summary and ends.",
  ],
  examples: [
    { command: "canopy console", does: "the log in force" },
    {
      command: "canopy console audit.log --policy policy.yaml",
      does: "another log; approvals are judged by this policy",
    },
    { command: "canopy console | cat", does: "a summary, without a terminal" },
  ],
  exits: [
    [0, "left, or the summary was printed"],
    [1, "the summary was printed, and the log is broken"],
    [2, "no terminal, and no log that can be read"],
  ],
  parameters: {
    flags: {
      json: { ...JSON_FLAG, brief: "Print the summary as one JSON document, also on a terminal" },
      ...LOG_FLAGS,
      policy: POLICY_FLAG,
      auditLog: textFlag("The same as --log", "LOG"),
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, flags, word) => {
    const named = namedLog(namedLog(word, flags.log), flags.auditLog);
    const resolved = settingsFor(io, { audit_log_path: named });
    const { audit_log_path: log, home, log_origin, anchors, log_witnesses } = resolved.settings;
    const isScreen = io.stdinIsTerminal && io.stdoutIsTerminal && io.env["TERM"] !== "dumb" && !flags.json;
    if (!isScreen) {
      sayFile(io, resolved, "audit_log_path");
      const { snapshot } = await import("../console/snapshot.ts");
      return snapshot(io, { log, home, json: flags.json, anchors: { log_origin, anchors, log_witnesses } });
    }
    const { openConsole } = await import("../console/open-console.ts");
    // The policy language is loaded only when a policy is named.
    const policy =
      flags.policy === undefined ? {} : (await import("../policy-choice.ts")).policyFlag(flags.policy, io.cwd);
    return openConsole(io, {
      log,
      home,
      policy,
      policy_file: resolved.settings.policy_file,
      by: userName(),
      anchors: { log_origin, anchors, log_witnesses },
    });
  },
});

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No account for this uid, as in many containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
