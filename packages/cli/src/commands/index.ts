// Every command, in the order of the help. Only names and one-liners stand here; a command's own file is loaded when
// it is called (or when its help or a completion is asked for).

import type { CliCommand } from "../define-command.ts";

/** A command that can be called. */
export interface CommandEntry {
  readonly name: string;
  readonly brief: string;
  readonly load: () => Promise<CliCommand>;
}

/** The commands of the binary. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "lint-policy",
    brief: "Check policy files: syntax, names, patterns, dead rules",
    load: async () => (await import("./lint-policy.ts")).lintPolicyCommand,
  },
  {
    name: "completions",
    brief: "Print a completion script for bash, zsh or fish",
    load: async () => (await import("./completions.ts")).completions,
  },
];
