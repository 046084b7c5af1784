// The settings a command works with: its flags first, then the environment and the configuration file.

import { resolveSettings, type ResolvedSettings, type Settings } from "canopy-runtime/config";
import { CanopyError } from "canopy-runtime/errors";
import { relative } from "node:path";
import type { Io } from "./io.ts";
import { shellWord } from "./shell-word.ts";
import { terminalText } from "./terminal-text.ts";

/** Resolve settings for a command. Undefined flags count as not given. Throws `INVALID_CONFIG`. */
export function settingsFor(
  io: Io,
  given: { readonly [Name in keyof Settings]?: Settings[Name] | undefined } = {},
): ResolvedSettings {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return resolveSettings(defined, io.env, io.cwd);
}

/** Refuse `-` where a log is named: its segments and its head are found by its path, so it can't be a stream. */
export function refuseStream(path: string | undefined): void {
  if (path !== "-") return;
  throw new CanopyError("USAGE", "`-` is no log: expected the path of a file", {
    fix: "save it to a file first; a log is read together with the segments and the head that belong to its path",
  });
}

/** Say on standard error which file is used and why, when it was not named on the command line. */
export function sayFile(io: Io, resolved: ResolvedSettings, member: "audit_log_path" | "policy_file"): void {
  const path = resolved.settings[member];
  const origin = resolved.origins[member];
  if (origin === "argument" || path === null) return;
  const label = member === "audit_log_path" ? "log" : "policy";
  io.err(`${io.errStyle.dim(`${label}: ${terminalText(path)} (${origin})`)}\n`);
}

/** The words that open the console on this log. */
export function consoleCommand(io: Io, { settings, origins }: ResolvedSettings): string {
  const path = settings.audit_log_path;
  if (origins.audit_log_path !== "argument") return "canopy console";
  const near = relative(io.cwd, path);
  return `canopy console ${shellWord(near.startsWith("..") ? path : near)}`;
}

/** The log that a command works on: the one named, else the one in force, which is then said. Throws `INVALID_CONFIG`, `USAGE`. */
export function logPathFor(io: Io, path: string | undefined): string {
  refuseStream(path);
  const resolved = settingsFor(io, { audit_log_path: path });
  sayFile(io, resolved, "audit_log_path");
  return resolved.settings.audit_log_path;
}
