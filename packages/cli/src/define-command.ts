// One command: its words, its flags, its examples and what it does. `defineCommand` turns that into what the parser
// runs; help and completions read the same data.

import { buildCommand, type Command, type CommandContext, type TypedCommandParameters } from "@stricli/core";
import type { Io } from "./io.ts";
import { textFlag, type TextFlag } from "./text-flag.ts";

/** What the parser hands to every command. */
export interface CliContext extends CommandContext {
  readonly io: Io;
  readonly setExit: (code: number) => void;
}

/** An example in a help text. */
export interface Example {
  /** The words after `canopy`. */
  readonly command: string;
  readonly does: string;
}

/** Words for people; shown by `--help`. */
export interface CommandDocs {
  readonly brief: string;
  /** Paragraphs; wrapped to 80 columns when shown. */
  readonly description: readonly string[];
  readonly examples: readonly Example[];
  /** What each exit code means for this command. */
  readonly exits: readonly (readonly [code: number, meaning: string])[];
}

/** Flags that every command has. A command's own flags are a type alias: an interface has no index signature. */
export type CommonFlags = { readonly json: boolean } & Readonly<Record<string, unknown>>;

/** The `--json` flag, the same everywhere. */
export const JSON_FLAG = {
  kind: "boolean",
  brief: "Print one JSON document on standard output",
  default: false,
  withNegated: false,
} as const;

/** The `--policy` flag of commands that decide. `policyFlag` (policy-choice.ts) says what its text stands for. */
export const POLICY_FLAG: TextFlag = textFlag("A pack's name or a policy file (default: the one in force)", "POLICY");

/** A command's definition. `run` gives the exit code; what it throws is reported and mapped to one. */
export interface CommandDefinition<Flags extends CommonFlags, Args extends readonly unknown[]> extends CommandDocs {
  readonly parameters: TypedCommandParameters<Flags, Args, CliContext>;
  readonly run: (io: Io, flags: Flags, ...args: Args) => Promise<number>;
}

/** A command as the parser and the help text know it. */
export interface CliCommand {
  readonly docs: CommandDocs;
  readonly command: Command<CliContext>;
}

/** A command that can be called. Its own file is loaded when it is. */
export interface CommandEntry {
  readonly name: string;
  readonly brief: string;
  readonly load: () => Promise<CliCommand>;
}

/** Commands under one word: `canopy policy lint`. */
export interface CommandGroup {
  readonly name: string;
  readonly brief: string;
  /** Paragraphs; wrapped to 80 columns when shown. */
  readonly description: readonly string[];
  readonly commands: readonly CommandEntry[];
  /** The command that is meant when the words name none of them: `canopy incident LOG` is `canopy incident timeline LOG`. */
  readonly otherwise?: string;
}

/** Make a command. */
export function defineCommand<Flags extends CommonFlags, Args extends readonly unknown[]>(
  definition: CommandDefinition<Flags, Args>,
): CliCommand {
  const { run, parameters, ...docs } = definition;
  const command = buildCommand<Flags, Args, CliContext>({
    docs: { brief: docs.brief },
    parameters,
    func: async function (this: CliContext, flags, ...args) {
      try {
        this.setExit(await run(this.io, flags, ...args));
      } catch (error) {
        // Loaded only when something went wrong: most runs never need it.
        const { reportError } = await import("./report-error.ts");
        this.setExit(reportError(this.io, error, flags.json));
      }
    },
  });
  return { docs, command };
}
