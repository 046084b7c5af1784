// The scripted agent: it calls its tools in order, as a model would have asked for it. It knows Canopy only through the
// public API: `safeTool` stands before each tool, and what a governed tool throws is the answer the agent gets.

import { CanopyPermissionError, promptForApproval, safeTool, type Runtime } from "canopy-runtime";
import { signVote } from "canopy-runtime/votes";
import type { Io } from "../io.ts";
import { STEPS, TASK, type Step, type ToolName } from "./story.ts";
import { runShell, writeFileTool, type Place } from "./tools.ts";

/** A tool that an agent can call. It answers refusals in words instead of throwing, as a model needs it. */
export interface AgentTool {
  readonly name: ToolName;
  readonly description: string;
  readonly parameters: readonly string[];
  readonly call: (args: Readonly<Record<string, string>>) => Promise<string>;
}

/** How a call ended. */
export type CallEnd =
  | { readonly outcome: "ran"; readonly output: string }
  | { readonly outcome: "refused"; readonly error: CanopyPermissionError }
  | { readonly outcome: "failed"; readonly error: unknown };

/** Told about each call, before and after. */
export interface Watcher {
  readonly before: (tool: ToolName, args: Readonly<Record<string, string>>) => void;
  readonly asked: (approver: string) => void;
  readonly after: (end: CallEnd) => void;
}

/** What the agent is made of. */
export interface AgentParts {
  readonly io: Io;
  readonly runtime: Runtime;
  readonly place: Place;
  readonly agent_ctx: { readonly public_key: string; readonly trace_id: string };
  readonly watcher: Watcher;
}

/** An agent framework's loop over the script. */
export type AgentLoop = (options: {
  readonly task: string;
  readonly script: readonly Pick<Step, "tool" | "args">[];
  readonly tools: readonly AgentTool[];
}) => Promise<unknown>;

/** Run the script in a framework's loop. */
export async function runAgent(loop: AgentLoop, parts: AgentParts): Promise<void> {
  await loop({ task: TASK, script: STEPS, tools: createTools(parts) });
}

/** No framework: the calls one after the other. */
export const vanillaLoop: AgentLoop = async ({ script, tools }) => {
  for (const { tool, args } of script) await tools.find(({ name }) => name === tool)?.call(args);
};

/** What the action types of the tools are called for Canopy. */
export const ACTION_TYPES: Readonly<Record<ToolName, string>> = {
  run_shell: "execute_shell",
  write_file: "modify_file",
};

/** The name that the scripted approver signs with. */
export const SCRIPTED_APPROVER = "scripted approver";

function createTools(parts: AgentParts): readonly AgentTool[] {
  return [
    {
      name: "run_shell",
      description: "Run a command line in a shell.",
      parameters: ["command"],
      call: governed("run_shell", runShell, parts),
    },
    {
      name: "write_file",
      description: "Write a file in the working folder.",
      parameters: ["path", "content"],
      call: governed("write_file", writeFileTool, parts),
    },
  ];
}

type RealTool = (args: Readonly<Record<string, string>>, place: Place) => Promise<string>;

function governed(name: ToolName, tool: RealTool, parts: AgentParts): AgentTool["call"] {
  const { runtime, agent_ctx, place, watcher, io } = parts;
  const safe = safeTool(
    {
      runtime,
      action_type: ACTION_TYPES[name],
      agent_ctx,
      cwd: place.folder,
      on_require_approval: "callback",
      approval_callback: async (request) => {
        const { home } = runtime.settings;
        if (io.interactive) return promptForApproval(request, { home });
        watcher.asked(SCRIPTED_APPROVER);
        return { votes: [signVote(request, "APPROVED", { home, approver: SCRIPTED_APPROVER })] };
      },
    },
    async (args: Readonly<Record<string, string>>) => tool(args, place),
  );
  return async (args) => {
    watcher.before(name, args);
    const end = await endOf(() => safe(args));
    watcher.after(end);
    return answerOf(end);
  };
}

async function endOf(call: () => Promise<string | undefined>): Promise<CallEnd> {
  try {
    return { outcome: "ran", output: (await call()) ?? "" };
  } catch (error) {
    if (error instanceof CanopyPermissionError) return { outcome: "refused", error };
    return { outcome: "failed", error };
  }
}

function answerOf(end: CallEnd): string {
  switch (end.outcome) {
    case "ran":
      return end.output;
    case "refused":
      return `refused by Canopy: ${end.error.reason}`;
    case "failed":
      return `failed: ${end.error instanceof Error ? end.error.message : "unknown error"}`;
    default:
      return end satisfies never;
  }
}
