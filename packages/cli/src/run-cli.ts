// From words on a command line to an exit code.

import { run } from "@stricli/core";
import { createApp } from "./app.ts";
import { commandCalled, withMeantCommand } from "./commands/index.ts";
import type { CliCommand } from "./define-command.ts";
import { endOnInterrupt, processIo, type Io } from "./io.ts";

/** Exit code when the words could not be understood. */
const UNUSABLE = 2;

/** Run the words of this process and set its exit code. */
export async function runProcess(words: readonly string[]): Promise<void> {
  endOnInterrupt();
  process.exitCode = await runCli(words, processIo());
}

/**
 * Run a command.
 *
 * @param typed the words after `canopy`.
 * @returns the exit code.
 */
export async function runCli(typed: readonly string[], io: Io): Promise<number> {
  const words = withMeantCommand(typed);
  const loaded = new Map<string, CliCommand>();
  const called = commandCalled(words);
  if (called !== null) loaded.set(called.path, await called.entry.load());
  let exit = 0;
  const streams: { exitCode: number | string | null } = { exitCode: null };
  const stdout = { write: io.out, ...(io.outStyle.color ? { getColorDepth: () => 4 } : {}) };
  const { env } = io;
  const context = {
    process: Object.assign(streams, { stdout, stderr: { write: io.err }, env }),
    io,
    setExit: (code: number): void => {
      exit = code;
    },
  };
  await run(createApp(loaded), words, context);
  return streams.exitCode === 0 ? exit : UNUSABLE;
}
