// The application the parser runs: the chosen command in full, the others by name only, so that nothing else is loaded.

import {
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  text_en,
  type Application,
  type ApplicationText,
  type Command,
  type RouteMap,
} from "@stricli/core";
import { COMMANDS } from "./commands/index.ts";
import type { CliCommand, CliContext, CommandEntry, CommandGroup } from "./define-command.ts";
import { styleFor } from "./style.ts";
import { terminalText } from "./terminal-text.ts";
import { VERSION } from "./version.ts";

/** Commands in full, by the words that call them (`verify`, `policy lint`). */
export type LoadedCommands = ReadonlyMap<string, CliCommand>;

/** The application with these commands loaded; the others are known by name only. */
export function createApp(loaded: LoadedCommands): Application<CliContext> {
  const routes: Record<string, Command<CliContext> | RouteMap<CliContext>> = {};
  const groups = new Map<RouteMap<CliContext>, CommandGroup>();
  for (const each of COMMANDS) {
    if ("commands" in each) {
      const group = groupRoutes(each, loaded);
      groups.set(group, each);
      routes[each.name] = group;
    } else {
      routes[each.name] = loaded.get(each.name)?.command ?? nameOnly(each);
    }
  }
  const root = buildRouteMap<string, CliContext>({ routes, docs: { brief: "canopy" } });
  return buildApplication<CliContext>(
    root,
    {
      name: "canopy",
      scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
      documentation: { disableAnsiColor: true },
      localization: { text: TEXT },
    },
    {
      help: {
        flag: {
          brief: "Print this help",
          aliases: ["h"],
          global: true,
          defaultForRouteMap: true,
          run: showHelp(loaded, groups),
        },
      },
      version: { flag: { brief: "Print the version", global: true, run: showVersion } },
    },
  );
}

interface FlagContext {
  readonly process: { readonly stdout: Output; readonly env?: Readonly<Record<string, string | undefined>> };
}
type ShowHelp = (
  this: FlagContext,
  app: Application<CliContext>,
  args: { readonly result: { readonly target: unknown } },
) => Promise<void>;

function showHelp(loaded: LoadedCommands, groups: ReadonlyMap<RouteMap<CliContext>, CommandGroup>): ShowHelp {
  return async function (_app, { result: { target } }) {
    const { commandHelp, groupHelp, overviewHelp } = await import("./help-text.ts");
    const { stdout, env = {} } = this.process;
    const style = styleFor(stdout.getColorDepth !== undefined, env);
    const [path, command] = [...loaded].find(([, each]) => each.command === target) ?? [];
    const [, group] = [...groups].find(([route]) => route === target) ?? [];
    if (path !== undefined && command !== undefined) stdout.write(commandHelp(path, command, style));
    else stdout.write(group === undefined ? overviewHelp(COMMANDS, style) : groupHelp(group, style));
  };
}

function groupRoutes({ name, brief, commands }: CommandGroup, loaded: LoadedCommands): RouteMap<CliContext> {
  const routes: Record<string, Command<CliContext>> = {};
  for (const entry of commands) routes[entry.name] = loaded.get(`${name} ${entry.name}`)?.command ?? nameOnly(entry);
  return buildRouteMap<string, CliContext>({ routes, docs: { brief } });
}

function showVersion(this: FlagContext): void {
  this.process.stdout.write(`${VERSION}\n`);
}

interface Output {
  readonly write: (text: string) => void;
  readonly getColorDepth?: unknown;
}

function nameOnly({ brief }: CommandEntry): Command<CliContext> {
  return buildCommand({ docs: { brief }, parameters: {}, func: doNothing });
}

function doNothing(): void {
  // Never called: a command that is run has been loaded.
}

const TEXT: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    usage(`no command \`${terminalText(input)}\``, corrections, "`--help` lists the commands"),
  exceptionWhileParsingArguments: (error) => parsingMessage(error),
};

function parsingMessage(error: unknown): string {
  const fallback = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ArgumentScannerError)) return usage(terminalText(fallback), [], HELP_HINT);
  const message = formatMessageForArgumentScannerError(error, {
    FlagNotFoundError: ({ input, corrections }) =>
      usage(`no flag \`--${terminalText(input)}\``, nearFlags(input, corrections), HELP_HINT),
    AliasNotFoundError: ({ input }) => usage(`no flag \`-${terminalText(input)}\``, [], HELP_HINT),
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, input, exception }) =>
      usage(`${name} can't be \`${terminalText(input)}\`: ${reasonOf(exception)}`, [], HELP_HINT),
    EnumValidationError: ({ externalFlagName, input, values }) =>
      usage(`--${externalFlagName} can't be \`${terminalText(input)}\``, [], `expected one of ${values.join(", ")}`),
    UnsatisfiedFlagError: ({ externalFlagName }) => usage(`--${externalFlagName} needs a value`, [], HELP_HINT),
    UnexpectedPositionalError: ({ input, expectedCount }) =>
      usage(`\`${terminalText(input)}\` is one word too many: expected at most ${expectedCount}`, [], HELP_HINT),
    UnsatisfiedPositionalError: ({ placeholder }) => usage(`${placeholder} is missing`, [], HELP_HINT),
    InvalidNegatedFlagSyntaxError: ({ externalFlagName }) =>
      usage(`--${externalFlagName} takes no value`, [], HELP_HINT),
    UnexpectedFlagError: ({ externalFlagName, input }) =>
      usage(`--${externalFlagName} is given twice, the second time as \`${terminalText(input)}\``, [], HELP_HINT),
  });
  return message.startsWith("error: ") ? message : usage(terminalText(message), [], HELP_HINT);
}

// The parser knows flags by their names in code, and calls `key` near to `quiet`: what begins otherwise was not meant.
function nearFlags(input: string, names: readonly string[]): readonly string[] {
  const begins = input.slice(0, 1).toLowerCase();
  return names
    .filter((name) => name.startsWith(begins))
    .map((name) => `\`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``);
}

const HELP_HINT = "`--help` shows the flags with examples";

function reasonOf(exception: unknown): string {
  return terminalText(exception instanceof Error ? exception.message : String(exception));
}

function usage(problem: string, corrections: readonly string[], otherwise: string): string {
  const hint = corrections.length === 0 ? otherwise : `did you mean ${corrections.join(" or ")}?`;
  return `error: ${problem} [USAGE]\nfix: ${hint}`;
}
