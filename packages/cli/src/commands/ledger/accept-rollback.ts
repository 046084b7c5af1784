// `canopy ledger accept-rollback`: go on with a log that an anchor does not vouch for, on the record.

import { counted } from "canopy-runtime/counted";
import { createRuntime } from "canopy-runtime";
import { CanopyError } from "canopy-runtime/errors";
import { anchorReport, type AnchorReport, type AnchorStatus } from "canopy-runtime/anchors";
import { isContradicted } from "../../anchor-words.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import { LOG_FLAGS, LOG_WORD, namedLog, type LogFlags } from "../../log-flag.ts";
import { sayFile, settingsFor } from "../../settings.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = LogFlags & { readonly json: boolean; readonly anchor: readonly string[]; readonly reason: string };

/** The command. */
export const acceptRollback: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Go on with a log that an anchor does not vouch for",
  description: [
    "A log that lost entries, or has others than its anchor keeps a checkpoint of, is not opened: that is what an anchor is for. When the loss is known and explained, for example because a backup was restored, this opens the log once as it is, records `rollback_accepted` with what the anchor kept and the reason, and has the anchor keep the log's next checkpoint. What a folder kept before stays in it, aside.",
    "A log witness never forgets. A log that one refuses can only begin anew under another `log_origin`.",
    "Without PATH, the log that CANOPY_AUDIT_LOG_PATH or the configuration names, else ./audit.log.",
  ],
  examples: [
    { command: 'canopy ledger accept-rollback --anchor home --reason "restored"', does: "go on, on the record" },
  ],
  exits: [
    [0, "accepted and recorded; the anchor keeps the log as it is now"],
    [2, "there is nothing to accept: the anchor says nothing against the log, or is none of its anchors"],
    [2, "the log is not usable"],
    [4, "the log is refused for another reason, or an anchor can't be reached"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      ...LOG_FLAGS,
      anchor: {
        kind: "parsed",
        parse: String,
        variadic: true,
        brief: "Whose word is overruled, as `canopy anchors` names it",
        placeholder: "NAME",
      },
      reason: { kind: "parsed", parse: String, brief: "Why; it is recorded", placeholder: "TEXT" },
    },
    positional: {
      kind: "tuple",
      parameters: [LOG_WORD],
    },
  },
  run: async (io, { json, anchor: names, reason, log: named }, path) => {
    const resolved = settingsFor(io, { audit_log_path: namedLog(path, named) });
    sayFile(io, resolved, "audit_log_path");
    const { settings } = resolved;
    if (reason.trim() === "") throw new CanopyError("USAGE", "--reason is empty: expected why the loss is accepted");
    const before = await anchorReport(settings);
    mustContradict(names, before);
    const runtime = createRuntime({
      ...settings,
      env: io.env,
      continue_log: true,
      accept_rollback: { anchors: names, reason },
    });
    try {
      await runtime.open();
    } finally {
      await runtime.close();
    }
    const after = await anchorReport(settings);
    if (json) io.out(`${terminalJsonPretty({ accepted: names, before, after })}\n`);
    else
      io.out(
        `accepted: ${names.map(terminalText).join(", ")}; the log goes on at ${counted(after.entries, "entry", "entries")}\n` +
          "what was lost may hold stops, approvals and incidents: `canopy kill-switch` and `canopy incident list` show what is left\n",
      );
    return 0;
  },
});

/** Only what an anchor says against the log as it is can be overruled. Throws before anything is written. */
function mustContradict(names: readonly string[], { anchors, log }: AnchorReport): void {
  for (const name of names) {
    const status = anchors.find(({ anchor }) => anchor === name);
    if (status === undefined) {
      throw new CanopyError("USAGE", `\`${name}\` is no anchor of this log`, {
        fix: `expected one of ${anchors.map(({ anchor }) => anchor).join(", ")}; \`canopy anchors\` shows them`,
      });
    }
    if (!isContradicted(status)) throw nothingToAccept(status, log);
  }
  const other = anchors.find(
    (status) => isContradicted(status) && isRefusing(status) && !names.includes(status.anchor),
  );
  if (other === undefined) return;
  const message = `the anchor \`${other.anchor}\` does not vouch for the log either: nothing was accepted, and nothing written`;
  throw new CanopyError("LEDGER_REFUSED", message, {
    at: log,
    fix: `to overrule it, too, name it: --anchor ${other.anchor}`,
  });
}

/** Whether a log is not opened while this anchor contradicts it; what the home knows is overruled with any other. */
function isRefusing({ kind }: AnchorStatus): boolean {
  return kind !== "home";
}

const SAYS_NOTHING: Partial<Record<AnchorStatus["standing"], string>> = {
  consistent: "vouches for the log as it is",
  empty: "keeps nothing of this log, and says nothing against it",
  unknown: "can't be asked what it keeps",
};

function nothingToAccept({ anchor, standing, error }: AnchorStatus, log: string): CanopyError {
  if (standing === "unreachable") {
    const message = `the anchor \`${anchor}\` can't be asked, so nothing was accepted: ${error ?? "it does not answer"}`;
    return new CanopyError("ANCHOR_UNAVAILABLE", message, { at: log, fix: "see that the anchor can be reached" });
  }
  const message = `there is nothing to accept, and nothing was written: \`${anchor}\` ${SAYS_NOTHING[standing] ?? ""}`;
  return new CanopyError("USAGE", message, {
    at: log,
    fix: "`canopy anchors` shows what each says; a log that this home didn't write is continued by deciding once with --continue",
  });
}
