// `canopy kill-switch`: stop every decision in a scope, or let it go on. Both are entries in the log; every process that
// decides by that log obeys from its next decision on.

import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { CanopyError } from "canopy-runtime/errors";
import { scopeMeant } from "canopy-runtime/flag-values";
import { homeOf } from "canopy-runtime/home";
import { isNotAsLeft } from "canopy-runtime/verify";
import { surveyOnce } from "../console/survey-once.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { textFlag } from "../text-flag.ts";
import { namedLog, type LogFlags } from "../log-flag.ts";
import { problemOf } from "../refuse-unusable.ts";
import type { Io } from "../io.ts";
import { sayFile, settingsFor } from "../settings.ts";
import { tableLines } from "../table.ts";
import { terminalJsonPretty, terminalText } from "../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly engage?: string | undefined;
  readonly release?: string | undefined;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
  readonly auditLog?: string | undefined;
};

const SCOPE = { kind: "parsed", parse: String, optional: true, placeholder: "SCOPE" } as const;

/** The command. */
export const killSwitch: CliCommand = defineCommand<Flags, []>({
  brief: "Stop agents at once, or let them go on; recorded in the log",
  description: [
    "SCOPE is `all`, `tenant:ID` or `agent:AGENT`: its AVID, whole, or its public key or id. While a switch is engaged every decision in its scope is DENY, in each process that decides by this log; approvals don't lift it. Without --engage or --release, the switches that are engaged.",
  ],
  examples: [
    { command: 'canopy kill-switch --engage all --reason "host compromised"', does: "stop everything" },
    { command: "canopy kill-switch", does: "what is stopped, since when, by whom" },
    { command: 'canopy kill-switch --release all --reason "host rebuilt"', does: "let it go on" },
  ],
  exits: [
    [0, "done; or nothing is stopped"],
    [1, "something is stopped"],
    [2, "no such scope, no reason, or no log"],
    [4, "it could not be recorded, or the log is not as this home left it"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      engage: { ...SCOPE, brief: "Stop every decision in SCOPE" },
      release: { ...SCOPE, brief: "Let decisions in SCOPE be made again" },
      reason: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Why, for people; stands in the log",
        placeholder: "TEXT",
      },
      by: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Who does it (default: this user)",
        placeholder: "NAME",
      },
      log: textFlag("The log (default: the one in force)", "LOG"),
      auditLog: textFlag("The same as --log", "LOG"),
    },
  },
  run: async (io, flags) => {
    const resolved = settingsFor(io, { audit_log_path: namedLog(flags.log, flags.auditLog) });
    sayFile(io, resolved, "audit_log_path");
    const { engage, release } = flags;
    if (engage !== undefined && release !== undefined) throw usage("a switch is engaged or released, not both");
    const log = resolved.settings.audit_log_path;
    const named = engage ?? release;
    const scope = named === undefined ? undefined : scopeMeant(named);
    return scope === undefined
      ? show(io, log, flags.json)
      : set(io, log, { ...flags, scope, engaged: engage !== undefined });
  },
});

async function set(
  io: Io,
  log: string,
  { scope, engaged, reason, by, json }: Flags & { readonly scope: string; readonly engaged: boolean },
): Promise<number> {
  if (reason === undefined || reason.trim() === "") throw usage("a reason is missing: expected --reason TEXT");
  // A log that is begun for a stop would stop nobody: no process decides by it.
  if (!existsSync(log)) throw noLog(log);
  if (!engaged && !isStopped(log, scope)) {
    if (json) io.out(`${terminalJsonPretty({ scope, engaged, reason, by: null, entry_hash: null })}\n`);
    else io.out(`${terminalText(scope)} was not stopped: nothing is released\n`);
    return 0;
  }
  // To tell what is stopped needs no engine: it is loaded for what is to be recorded.
  const { createRuntime } = await import("canopy-runtime");
  const runtime = createRuntime({ env: io.env, audit_log_path: log });
  try {
    const who = by ?? userInfo().username;
    const entry_hash = await runtime.setKillSwitch({ scope, engaged, reason, by: who });
    if (json) io.out(`${terminalJsonPretty({ scope, engaged, reason, by: who, entry_hash })}\n`);
    else io.out(`${engaged ? "stopped" : "released"} ${terminalText(scope)}\n`);
    return 0;
  } finally {
    await runtime.close();
  }
}

/** What is stopped can't be read from a log that lacks what this home has seen of it: a stop may be among that. */
function mustBeAsLeft(io: Io, log: string): void {
  if (!isNotAsLeft(log, homeOf(io.env, io.cwd))) return;
  const message = `the log \`${log}\` is not the one that this home left, so what is stopped can't be known`;
  throw new CanopyError("LEDGER_REFUSED", message, {
    at: log,
    fix: "`canopy anchors` shows what is missing, and how to go on; until then every decision by this log is a DENY",
  });
}

function isStopped(log: string, scope: string): boolean {
  return surveyOnce(log)?.switches.some((each) => each.scope === scope) ?? true;
}

function show(io: Io, log: string, json: boolean): number {
  const summary = surveyOnce(log);
  if (summary === null || summary.entries === 0) throw noLog(log);
  mustBeAsLeft(io, log);
  const { switches } = summary;
  if (json) io.out(`${terminalJsonPretty({ log, switches })}\n`);
  else if (switches.length === 0) io.out("nothing is stopped\n");
  else {
    const columns = ["SCOPE", "SINCE", "BY", "WHY"].map((title) => ({ title, least: 8 }));
    const rows = switches.map(({ scope, since, by, reason }) => [scope, since, by, reason]);
    for (const line of tableLines(columns, rows, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : 160 }))
      io.out(`${line}\n`);
  }
  return switches.length === 0 ? 0 : 1;
}

function noLog(log: string): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the log \`${log}\` ${problemOf(log) ?? "has no entry that can be read"}`, {
    at: log,
    fix: "name the log that the agents decide by: --log LOG, or CANOPY_AUDIT_LOG_PATH",
  });
}

function usage(problem: string): CanopyError {
  return new CanopyError("USAGE", problem, {
    fix: 'for example: canopy kill-switch --engage all --reason "host compromised"',
  });
}
