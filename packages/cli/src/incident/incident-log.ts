// The log that an incident command is about, and the runtime that writes to it.

import { createRuntime, type Runtime } from "canopy-runtime";
import { CanopyError } from "canopy-runtime/errors";
import { userInfo } from "node:os";
import type { Io } from "../io.ts";
import { refuseStream, sayFile, settingsFor } from "../settings.ts";

/** A text flag that may be left out. */
export interface TextFlag {
  readonly kind: "parsed";
  readonly parse: (text: string) => string;
  readonly optional: true;
  readonly brief: string;
  readonly placeholder: string;
}

/** Make a text flag. */
export function textFlag(brief: string, placeholder: string): TextFlag {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder };
}

/** The path of a log: as given, else the one in force, which is then said on standard error. */
export function logPath(io: Io, given: string | undefined): string {
  refuseStream(given);
  const resolved = settingsFor(io, { audit_log_path: given });
  sayFile(io, resolved, "audit_log_path");
  return resolved.settings.audit_log_path;
}

/** Use the runtime of a log, and close it. */
export async function withRuntime<T>(io: Io, log: string, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = createRuntime({ env: io.env, audit_log_path: log });
  try {
    return await use(runtime);
  } finally {
    await runtime.close();
  }
}

/** Who says so: as given, else the user of this process. */
export function authorName(given: string | undefined): string {
  if (given !== undefined) return given;
  try {
    return userInfo().username;
  } catch {
    // No account for this uid, as in many containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** A flag that must be given. Throws `USAGE`. */
export function required(value: string | undefined, flag: string): string {
  if (value !== undefined && value !== "") return value;
  throw new CanopyError("USAGE", `${flag} is missing`, { fix: "`--help` shows the flags with examples" });
}
