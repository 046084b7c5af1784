// The quickstart's runtime and log. Unless a log is named, every run has a new one in a folder of its own: what earlier
// runs left, or other users of the machine, can't be in its way, and nothing grows.

import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRuntime, type Runtime } from "canopy-runtime";
import type { Io } from "../io.ts";

/** What the quickstart runs on. */
export interface QuickstartRuntime {
  readonly runtime: Runtime;
  readonly log: string;
  readonly home: string;
}

/**
 * Open the runtime. A named log belongs to this user's home; without CANOPY_HOME, the unnamed one has a home beside it.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` or `LEDGER_UNAVAILABLE` when there is no log to record in.
 */
export async function openQuickstart(io: Io, named: string | undefined): Promise<QuickstartRuntime> {
  if (named !== undefined) return opened(io, resolve(io.cwd, named), null);
  const kept = realpathSync(mkdtempSync(join(tmpdir(), "canopy-quickstart-log-")));
  const ownHome = (io.env["CANOPY_HOME"] ?? "") === "" ? join(kept, "home") : null;
  return opened(io, join(kept, "audit.log"), ownHome);
}

async function opened(io: Io, log: string, home: string | null): Promise<QuickstartRuntime> {
  const runtime = createRuntime({ env: io.env, audit_log_path: log, ...(home === null ? {} : { home }) });
  try {
    await runtime.open();
  } catch (error) {
    await runtime.close();
    throw error;
  }
  return { runtime, log, home: runtime.settings.home };
}
