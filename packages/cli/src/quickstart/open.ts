// The quickstart's runtime and log. A first run must always work, so a log that an earlier one left, and that can't be
// gone on with (half removed by a clean-up of the temporary folder), is moved aside.

import { rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRuntime, type Runtime } from "canopy-runtime";
import { CanopyError } from "canopy-runtime/errors";
import type { Io } from "../io.ts";

/** The log's name in the temporary folder. */
export const LOG_NAME = "canopy_quickstart_audit.log";
const HOME_NAME = "canopy_quickstart_home";

/** What the quickstart runs on. */
export interface QuickstartRuntime {
  readonly runtime: Runtime;
  readonly log: string;
  readonly home: string;
  /** What a viewer should know about the log. */
  readonly note: string | null;
}

/**
 * Open the runtime. A named log belongs to this user's home; the unnamed one has a home beside it.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` or `LEDGER_UNAVAILABLE` when there is no log to record in.
 */
export async function openQuickstart(io: Io, named: string | undefined, folder: string): Promise<QuickstartRuntime> {
  if (named !== undefined) return opened(io, resolve(io.cwd, named), null);
  const log = join(tmpdir(), LOG_NAME);
  const ownHome = (io.env["CANOPY_HOME"] ?? "") === "" ? join(tmpdir(), HOME_NAME) : null;
  try {
    return await opened(io, log, ownHome);
  } catch (error) {
    if (!(error instanceof CanopyError)) throw error;
    return startAnew(io, { log, ownHome, folder, problem: error.message });
  }
}

interface Refused {
  readonly log: string;
  readonly ownHome: string | null;
  readonly folder: string;
  readonly problem: string;
}

async function startAnew(io: Io, { log, ownHome, folder, problem }: Refused): Promise<QuickstartRuntime> {
  if (ownHome !== null && (await movedAside([log, `${log}.d`, ownHome]))) {
    const begun = await opened(io, log, ownHome);
    return { ...begun, note: `the log of an earlier run was moved to ${log}.old: ${problem}` };
  }
  const begun = await opened(io, `${folder}.log`, ownHome === null ? null : `${folder}.home`);
  return { ...begun, note: `${log} can't be gone on with: ${problem}` };
}

async function movedAside(paths: readonly string[]): Promise<boolean> {
  try {
    for (const path of paths) {
      await rm(`${path}.old`, { recursive: true, force: true });
      await rename(path, `${path}.old`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
    return true;
  } catch {
    return false;
  }
}

async function opened(io: Io, log: string, home: string | null): Promise<QuickstartRuntime> {
  const runtime = createRuntime({ env: io.env, audit_log_path: log, ...(home === null ? {} : { home }) });
  try {
    await runtime.open();
  } catch (error) {
    await runtime.close();
    throw error;
  }
  return { runtime, log, home: runtime.settings.home, note: null };
}
