// The log opened for work on the log itself, by an operator: no policy is read, activated or asked.

import { CanopyError } from "../core/errors.ts";
import { openFileLedger, type FileLedger } from "../storage/file-ledger.ts";
import { existsSync } from "node:fs";
import type { Settings } from "./config.ts";
import { homeAnchors } from "./home-anchors.ts";
import { homeTlog } from "./home-tlog.ts";
import type { Clock } from "../ledger/ports.ts";
import { openSigner } from "./signer.ts";
import { createSteadyClock } from "./steady-clock.ts";

/** An open log, and what works on it. */
export interface MaintenanceLedger {
  readonly ledger: FileLedger;
  readonly clock: Clock;
  readonly key_id: string;
}

/**
 * Open the log in force. Close its `ledger`.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when there is no log: none is made; else as `openFileLedger`.
 */
export async function openMaintenanceLedger(settings: Settings): Promise<MaintenanceLedger> {
  const path = settings.audit_log_path;
  if (!existsSync(path)) {
    throw new CanopyError("FILE_UNUSABLE", `there is no log \`${path}\``, {
      fix: "name the log of a runtime that has run",
    });
  }
  const signer = openSigner(settings.home);
  const clock = createSteadyClock();
  const ledger = await openFileLedger({
    path,
    home: settings.home,
    durability: settings.durability,
    rotateBytes: settings.rotate_bytes,
    retentionDays: settings.retention_days,
    ...homeTlog(settings),
    ...homeAnchors(settings, null),
    signer,
    clock,
  });
  return { ledger, clock, key_id: signer.key_id };
}
