// Help: what a command is for, how it is called, its flags, its exit codes, and examples that run. 80 columns.

import type { CliCommand, CommandGroup } from "./define-command.ts";
import type { Style } from "./style.ts";
import { textWidth, wrapText } from "./terminal-text.ts";

/** Widest line of a help text. */
const COLUMNS = 80;

type Parameters = CliCommand["command"]["parameters"];
type Flag = NonNullable<Parameters["flags"]>[string];

/** The line in the list of commands. */
export interface CommandLine {
  readonly name: string;
  readonly brief: string;
}

/** Help of one command; `path` is the words that call it. */
export function commandHelp(path: string, { docs, command }: CliCommand, style: Style): string {
  const { parameters } = command;
  const lines = [`${style.bold("usage")}: canopy ${path}${usageWords(parameters)}`];
  for (const paragraph of docs.description) lines.push("", ...wrapText(paragraph, COLUMNS));
  lines.push(...section("arguments", positionalRows(parameters), style));
  lines.push(...section("flags", [...flagRows(parameters), ...COMMON_ROWS], style));
  lines.push(
    ...section(
      "exit codes",
      docs.exits.map(([code, meaning]) => [String(code), meaning] as const),
      style,
    ),
  );
  lines.push("", style.bold("examples"));
  for (const { command: words, does } of docs.examples) lines.push(`  ${style.dim(`# ${does}`)}`, `  ${words}`);
  return `${lines.join("\n")}\n`;
}

/** Help of commands under one word. */
export function groupHelp({ name, description, commands }: CommandGroup, style: Style): string {
  const lines = [`${style.bold("usage")}: canopy ${name} <command> [flags]`];
  for (const paragraph of description) lines.push("", ...wrapText(paragraph, COLUMNS));
  const rows = commands.map((each) => [each.name, each.brief] as const);
  lines.push(...section("commands", rows, style), ...section("flags", COMMON_ROWS, style));
  lines.push("", `\`canopy ${name} <command> --help\` has examples.`);
  return `${lines.join("\n")}\n`;
}

/** Help of the binary itself. */
export function overviewHelp(commands: readonly CommandLine[], style: Style): string {
  const lines = [
    `${style.bold("usage")}: canopy <command> [flags]`,
    "",
    "Decides before an AI agent acts, and leaves evidence that anyone can check.",
    ...section(
      "commands",
      commands.map(({ name, brief }) => [name, brief] as const),
      style,
    ),
    ...section("flags", COMMON_ROWS, style),
    "",
    "Start with `canopy quickstart`; `canopy <command> --help` has examples.",
  ];
  return `${lines.join("\n")}\n`;
}

const COMMON_ROWS: readonly (readonly [string, string])[] = [
  ["-h, --help", "Print this help"],
  ["    --version", "Print the version"],
];

function section(title: string, rows: readonly (readonly [string, string])[], style: Style): readonly string[] {
  if (rows.length === 0) return [];
  const left = Math.max(...rows.map(([name]) => textWidth(name)));
  const lines = rows.flatMap(([name, text]) => {
    const [first = "", ...more] = wrapText(text, COLUMNS - left - 4);
    const indent = " ".repeat(left + 4);
    return [`  ${name.padEnd(left)}  ${first}`, ...more.map((line) => indent + line)];
  });
  return ["", style.bold(title), ...lines];
}

function usageWords(parameters: Parameters): string {
  const flags = Object.entries(parameters.flags ?? {}).filter(([, flag]) => isRequired(flag));
  const words = flags.map(([name, flag]) => ` --${flagName(name)} ${placeholderOf(flag)}`);
  return `${words.join("")} [flags]${positionalWords(parameters)}`;
}

function positionalWords({ positional }: Parameters): string {
  if (positional === undefined) return "";
  if (positional.kind === "array") {
    const name = positional.parameter.placeholder ?? "ARG";
    return (positional.minimum ?? 0) > 0 ? ` ${name}…` : ` [${name}…]`;
  }
  return positional.parameters
    .map(({ placeholder = "ARG", optional }) => (optional === true ? ` [${placeholder}]` : ` ${placeholder}`))
    .join("");
}

function positionalRows({ positional }: Parameters): readonly (readonly [string, string])[] {
  if (positional === undefined) return [];
  const list = positional.kind === "array" ? [positional.parameter] : positional.parameters;
  return list.map(({ placeholder = "ARG", brief }) => [placeholder, brief] as const);
}

function flagRows(parameters: Parameters): readonly (readonly [string, string])[] {
  const aliases = new Map(Object.entries(parameters.aliases ?? {}).map(([letter, name]) => [name, letter]));
  return Object.entries(parameters.flags ?? {})
    .filter(([, flag]) => !("hidden" in flag && flag.hidden))
    .map(([name, flag]) => {
      const letter = aliases.get(name);
      const short = letter === undefined ? "    " : `-${letter}, `;
      const value = flag.kind === "boolean" || flag.kind === "counter" ? "" : ` ${placeholderOf(flag)}`;
      return [`${short}--${flagName(name)}${value}`, flag.brief + notesOf(flag)] as const;
    });
}

function notesOf(flag: Flag): string {
  const notes: string[] = [];
  if (flag.kind === "enum") notes.push(`one of ${flag.values.join(", ")}`);
  if ("variadic" in flag && flag.variadic === true) notes.push("repeatable");
  if ("default" in flag && typeof flag.default === "string" && flag.default !== "") {
    notes.push(`default ${flag.default}`);
  }
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function placeholderOf(flag: Flag): string {
  return flag.placeholder ?? (flag.kind === "enum" ? "NAME" : "VALUE");
}

function isRequired(flag: Flag): boolean {
  return flag.kind === "parsed" && flag.optional !== true && flag.default === undefined;
}

/** `auditLogPath` as it is written on a command line. */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
