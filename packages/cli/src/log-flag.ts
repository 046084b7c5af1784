// The log that a command is about, named by a word or by `--log`, alike in every command.

import { CanopyError } from "canopy-runtime/errors";
import { refuseStream } from "./settings.ts";
import { textFlag, type TextFlag } from "./text-flag.ts";

/** The flag, as given. */
export type LogFlags = { readonly log?: string };

/** The flag's definition, where the log is a word too. */
export const LOG_FLAGS: { readonly log: TextFlag } = { log: textFlag("The log, in place of the word", "LOG") };

/** The log's word, where a command takes it last. */
export const LOG_WORD: {
  readonly brief: string;
  readonly placeholder: string;
  readonly parse: (text: string) => string;
  readonly optional: true;
} = { brief: "The log (default: the one in force)", placeholder: "LOG", parse: String, optional: true };

/**
 * The log that is named, in whichever way; undefined for the one in force.
 *
 * @throws {CanopyError} `USAGE` when two are named, or `-`.
 */
export function namedLog(one: string | undefined, other: string | undefined): string | undefined {
  if (one !== undefined && other !== undefined && one !== other) {
    throw new CanopyError("USAGE", `two logs are named, \`${one}\` and \`${other}\`: expected one`, {
      fix: "name it once, by a word or by --log",
    });
  }
  const path = one ?? other;
  refuseStream(path);
  return path;
}
