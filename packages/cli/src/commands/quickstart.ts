// `canopy quickstart`: see it work. A scripted agent with real tools in a scratch folder, its log, and a flipped byte.

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EXIT } from "canopy-runtime/errors";
import { defineCommand, JSON_FLAG, type CliCommand } from "../define-command.ts";
import { textFlag } from "../text-flag.ts";
import { namedLog, type LogFlags } from "../log-flag.ts";
import type { Io } from "../io.ts";
import { runAgent } from "../quickstart/agent.ts";
import { checkEvidence } from "../quickstart/evidence.ts";
import { loopOf } from "../quickstart/frameworks.ts";
import { openQuickstart } from "../quickstart/open.ts";
import { createStage } from "../quickstart/stage.ts";
import { showClosing, showOpening } from "../quickstart/titles.ts";
import { terminalJsonPretty } from "../terminal-text.ts";

type Flags = LogFlags & {
  readonly json: boolean;
  readonly framework: string;
  readonly auditLogPath?: string;
  readonly safePath?: readonly string[];
};

/** The command. */
export const quickstart: CliCommand = defineCommand<Flags, []>({
  brief: "See it work: a scripted agent, a real shell, a real log",
  description: [
    "A scripted agent gets tools that really run a shell and write files, in a scratch folder that is removed at the end. One call runs, a destructive one is blocked, one needs an approval: yours on a terminal, else a scripted approver's, and it says so. Then the log is verified, a byte is flipped in a copy, and the verification names the line.",
    "--framework langchain does the same with the real LangChain.js agent loop and its own fake model, offline.",
  ],
  examples: [
    { command: "canopy quickstart", does: "the whole story in a few seconds" },
    { command: "canopy quickstart --framework langchain", does: "inside LangChain.js" },
    { command: "canopy quickstart --audit-log-path ./audit.log", does: "keep the log here" },
  ],
  exits: [
    [0, "every step ended as it should"],
    [1, "a step did not"],
    [2, "it could not be done, such as an unknown framework"],
    [4, "the log could not be written"],
  ],
  parameters: {
    flags: {
      framework: {
        kind: "parsed",
        parse: String,
        default: "vanilla",
        brief: "vanilla or langchain; others say what they need",
        placeholder: "NAME",
      },
      log: textFlag("The log, to keep or go on with (default: a new one in a new temporary folder)", "LOG"),
      auditLogPath: textFlag("The same as --log", "LOG"),
      safePath: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        brief: "A further folder the agent may write to",
        placeholder: "DIR",
      },
      json: JSON_FLAG,
    },
  },
  run: async (io, flags) => {
    const loop = await loopOf(flags.framework);
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "canopy-quickstart-")));
    // Also when it is interrupted: the exit handler runs then, a `finally` would not.
    const clean = (): void => rmSync(folder, { recursive: true, force: true });
    process.once("exit", clean);
    try {
      return await play(io, { flags, loop, folder });
    } finally {
      clean();
      process.off("exit", clean);
    }
  },
});

/** How the four steps end when all is well. */
const ENDS_WELL = "ran,ran,refused,ran";

interface Play {
  readonly flags: Flags;
  readonly loop: Awaited<ReturnType<typeof loopOf>>;
  readonly folder: string;
}

async function play(io: Io, { flags, loop, folder }: Play): Promise<number> {
  const { runtime, log, home } = await openQuickstart(io, namedLog(flags.log, flags.auditLogPath));
  const agent_ctx = {
    public_key: "quickstart-agent",
    trace_id: `quickstart-${Date.now().toString(36)}`,
    safe_paths: [folder, ...(flags.safePath ?? []).map((path) => resolve(io.cwd, path))],
  };
  const stage = createStage({ io, runtime, agent_ctx, folder, silent: flags.json });
  if (!flags.json) showOpening(io, { framework: flags.framework, folder, log });
  try {
    await runAgent(loop, { io, runtime, place: { folder, env: io.env }, agent_ctx, watcher: stage.watcher });
  } finally {
    await runtime.close();
  }
  const evidence = await checkEvidence(log, join(folder, "tampered.log"), agent_ctx.trace_id);
  const ends = stage.reports.map(({ outcome }) => outcome);
  const ok = ends.join() === ENDS_WELL && evidence.intact && evidence.found;
  if (flags.json) {
    io.out(`${terminalJsonPretty({ ok, framework: flags.framework, log, home, steps: stage.reports, evidence })}\n`);
  } else await showClosing(io, { log, ends, evidence });
  return ok ? EXIT.yes : EXIT.no;
}
