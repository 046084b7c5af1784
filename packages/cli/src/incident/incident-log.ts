// The runtime of an incident command, and who speaks through it.

import type { Runtime } from "canopy-runtime";
import { CanopyError } from "canopy-runtime/errors";
import { userInfo } from "node:os";
import type { Io } from "../io.ts";

/** Use the runtime of a log, and close it. */
export async function withRuntime<T>(io: Io, log: string, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  // Commands that only read share this file: the engine is loaded for what is to be recorded.
  const { createRuntime } = await import("canopy-runtime");
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
