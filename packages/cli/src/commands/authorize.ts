// `canopy authorize`: decide one request and record it. The exit code is the verdict.

import { createRuntime, type Decision } from "canopy-runtime";
import { resolve } from "node:path";
import { CanopyError, errorText, EXIT } from "canopy-runtime/errors";
import type { JsonValue } from "canopy-runtime/json";
import { parseStrictJson } from "canopy-runtime/strict-json";
import { decisionLines } from "../decision-view.ts";
import { defineCommand, JSON_FLAG, POLICY_FLAG, type CliCommand } from "../define-command.ts";
import { textFlag } from "../text-flag.ts";
import { namedLog, type LogFlags } from "../log-flag.ts";
import type { Io } from "../io.ts";
import { policyFlag, policyText } from "../policy-choice.ts";
import { readWhole } from "../read-input.ts";
import { parseRequest } from "../request-document.ts";
import { consoleCommand, sayFile, settingsFor } from "../settings.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly actionType?: string;
  readonly payload: string;
  readonly agentCtx: string;
  readonly policy?: string;
  readonly auditLogPath?: string;
  readonly cwd?: string;
  readonly continue: boolean;
};

const LIMIT_BYTES = 16_777_216;

interface Asked {
  readonly agent_ctx: JsonValue;
  readonly action_type: JsonValue;
  readonly action_payload: JsonValue;
  readonly policy: string | undefined;
  readonly cwd: string | undefined;
}

/** The command. */
export const authorize: CliCommand = defineCommand<Flags, [(string | undefined)?]>({
  brief: "Decide one request and record the decision",
  description: [
    "Decides one action and records it durably before answering. The request comes from the flags, or as one JSON document from a file or, with -, from standard input. It runs nothing.",
  ],
  examples: [
    {
      command: `canopy authorize --action-type shell --payload '{"command":"ls"}'`,
      does: "allowed: exit 0",
    },
    {
      command: `canopy authorize --action-type shell --payload '{"command":"rm -rf /"}'`,
      does: "denied: exit 1",
    },
    {
      command: `canopy authorize --action-type transfer_funds --payload '{"amount":250}'`,
      does: "a person has to approve: exit 3",
    },
    { command: "canopy authorize - --json < request.json", does: "a request document, the decision as JSON" },
  ],
  exits: [
    [0, "ALLOW"],
    [1, "DENY"],
    [2, "the request could not be decided"],
    [3, "REQUIRE_APPROVAL"],
    [4, "the decision could not be recorded, so nothing may run"],
  ],
  parameters: {
    flags: {
      actionType: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "What the agent wants to do: shell, modify_file, send_email, …",
        placeholder: "TYPE",
      },
      payload: { kind: "parsed", parse: String, default: "{}", brief: "The action's arguments", placeholder: "JSON" },
      agentCtx: {
        kind: "parsed",
        parse: String,
        default: '{"public_key":"canopy-cli"}',
        brief: "Who the agent is, and what its owner allows it",
        placeholder: "JSON",
      },
      policy: POLICY_FLAG,
      log: textFlag("The log to record in (default: the one in force)", "LOG"),
      auditLogPath: textFlag("The same as --log", "LOG"),
      cwd: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The folder it would run in (default: this one)",
        placeholder: "DIR",
      },
      continue: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Go on in a log that other software began",
      },
      json: JSON_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A request document instead of flags; - for standard input",
          placeholder: "FILE",
          parse: String,
          optional: true,
        },
      ],
    },
  },
  run: async (io, flags, path) => {
    const asked = await requestOf(io, flags, path);
    const resolved = settingsFor(io, { audit_log_path: namedLog(flags.log, flags.auditLogPath) });
    sayFile(io, resolved, "audit_log_path");
    if (asked.policy === undefined && flags.policy === undefined) sayFile(io, resolved, "policy_file");
    const runtime = createRuntime({
      env: io.env,
      audit_log_path: resolved.settings.audit_log_path,
      continue_log: flags.continue,
      ...(asked.policy === undefined ? policyFlag(flags.policy, io.cwd) : policyText(asked.policy)),
    });
    try {
      const { agent_ctx, action_type, action_payload, cwd } = asked;
      const options = cwd === undefined ? {} : { cwd };
      const decision = await runtime.authorize(agent_ctx, typeText(action_type), action_payload, options);
      show(io, decision, flags.json, consoleCommand(io, resolved));
      return exitOf(decision);
    } finally {
      await runtime.close();
    }
  },
});

async function requestOf(io: Io, flags: Flags, path: string | undefined): Promise<Asked> {
  if (path !== undefined) {
    if (flags.actionType === undefined) return parseRequest(await readWhole(path, io, LIMIT_BYTES));
    throw new CanopyError("USAGE", "a request document and --action-type can't be given together", {
      fix: "name one of them",
    });
  }
  if (flags.actionType === undefined) {
    throw new CanopyError("USAGE", "there is nothing to decide", {
      fix: `give --action-type and --payload, or a request document as FILE or -`,
    });
  }
  return {
    agent_ctx: parseFlag("--agent-ctx", flags.agentCtx),
    action_type: flags.actionType,
    action_payload: parseFlag("--payload", flags.payload),
    policy: undefined,
    cwd: flags.cwd === undefined ? undefined : resolve(io.cwd, flags.cwd),
  };
}

function typeText(action_type: JsonValue): string {
  if (typeof action_type === "string") return action_type;
  throw new CanopyError("INVALID_REQUEST", "`action_type` must be a string");
}

function parseFlag(name: string, text: string): JsonValue {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new CanopyError("USAGE", `${name}: ${errorText(error)}`, {
      fix: `quote it for your shell: ${name} '{"command":"ls"}'`,
      cause: error,
    });
  }
}

function show(io: Io, decision: Decision, json: boolean, console: string): void {
  if (json) {
    io.out(`${terminalJsonPretty(decision)}\n`);
    return;
  }
  const { columns } = io;
  for (const line of decisionLines(decision, { style: io.outStyle, columns, console })) io.out(`${line}\n`);
}

function exitOf(decision: Decision): number {
  if (decision.authorization_id === null) return EXIT.unavailable;
  switch (decision.decision) {
    case "ALLOW":
      return EXIT.yes;
    case "DENY":
      return EXIT.no;
    case "REQUIRE_APPROVAL":
      return EXIT.approval_required;
    default:
      return decision.decision satisfies never;
  }
}
