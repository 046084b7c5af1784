// How an error leaves a command: one line, its place, its fix, its code; and the exit code that belongs to it.

import { CanopyError, ERROR_CODES, EXIT, errorText } from "canopy-runtime/errors";
import type { Io } from "./io.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";

/** An error as a document: what `--json` prints and what `evaluate` answers for a line. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly at?: string;
  readonly fix?: string;
}

/** The document of any thrown value. What we did not foresee is `INTERNAL`. */
export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof CanopyError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.at === null ? {} : { at: error.at }),
      ...(error.fix === null ? {} : { fix: error.fix }),
    };
  }
  const message = errorText(error);
  return { code: "INTERNAL", message: `this should not have happened: ${message}` };
}

/**
 * Tell the error on standard error, and as a document on standard output when JSON was asked for.
 *
 * @returns the exit code that belongs to it.
 */
export function reportError(io: Io, error: unknown, json: boolean): number {
  const document = errorDocument(error);
  const { errStyle: style } = io;
  const told = document.at === undefined || document.message.includes(document.at);
  const at = told ? "" : `${terminalText(document.at)}: `;
  io.err(`${style.bad("error")}: ${at}${terminalText(document.message)} ${style.dim(`[${document.code}]`)}\n`);
  if (document.fix !== undefined) io.err(`${style.bold("fix")}: ${terminalText(document.fix)}\n`);
  if (document.code === "INTERNAL" && error instanceof Error && io.env["CANOPY_DEBUG"] !== undefined) {
    io.err(`${(error.stack ?? "").split("\n").map(terminalText).join("\n")}\n`);
  }
  if (json) io.out(`${terminalJson({ error: document })}\n`);
  return error instanceof CanopyError ? ERROR_CODES[error.code] : EXIT.unusable;
}
