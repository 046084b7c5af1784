// Rotating a key of a home: recorded in the log, signed by the old key and the new one, and only then put in force.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { KEY_ROTATED } from "../ledger/tlog/rotation-entry.ts";
import { notePlace } from "../storage/anchors/note-place.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logIdOf } from "../storage/log-id.ts";
import { LogLock } from "../storage/log-lock.ts";
import { toLedgerError } from "../storage/ledger-error.ts";
import { logPaths, makeTreeFolder } from "../storage/sidecar.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { TileFiles } from "../storage/tlog/tile-files.ts";
import { originOf } from "../storage/tlog/tlog-options.ts";
import { usableLog } from "../storage/verify-log.ts";
import type { Settings } from "./config.ts";
import { finishRotation } from "./finish-rotation.ts";
import type { PreparedRotation, RotatedKeyName } from "./key-store.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";
import type { EntryDraft } from "../ledger/ports.ts";
import { prepareRotation } from "./signer.ts";

/** A key that was rotated. */
export interface RotatedKey {
  readonly name: RotatedKeyName;
  readonly old_key_id: string;
  readonly key_id: string;
  /** The entry that says so. */
  readonly entry_hash: string;
  readonly seq: number;
}

const LOCK_TIMEOUT_MS = 10_000;

/**
 * Rotate a key of this home, and record that in its log. Runtimes that are open go on signing batches with the old
 * signing key until they are opened anew; checkpoints are signed by the new key from the next one on. A checkpoint key
 * is rotated for this log: those who verify other logs of the home must be given the new key.
 *
 * @throws {CanopyError} as `openMaintenanceLedger` (a log that was rolled back or forked gets no rotation) and `openKey`;
 * `LEDGER_UNAVAILABLE` for what the system refuses beside the log. What was recorded and not put in force by then is
 * finished when the log is opened next.
 */
export async function rotateHomeKey(settings: Settings, name: RotatedKeyName): Promise<RotatedKey> {
  const { home } = settings;
  const { ledger, clock } = await openMaintenanceLedger(settings);
  try {
    const paths = logPaths(realFileSystem, settings.audit_log_path);
    makeTreeFolder(realFileSystem, paths);
    const { tlog } = paths;
    // The first: one rotation of a home at a time. The second: no checkpoint is made between the entry and its effect, so
    // that none over the entry is signed by the key that goes.
    return await held(join(home, "rotation.lock.sqlite"), () =>
      held(join(tlog, "lock.sqlite"), async () => {
        if (name === "checkpoint") finishRotation(settings);
        const origin = name === "checkpoint" ? originOf(ledger.log_id, settings.log_origin) : undefined;
        const at = clock.now();
        const rotatedAt = new Date(at).toISOString();
        const prepared = prepareRotation({ home, name, rotatedAt, ...(origin === undefined ? {} : { origin }) });
        if (name === "checkpoint") keepCheckpoints(new TileFiles(realFileSystem, tlog));
        const { entry } = await ledger.append({ entry: rotationEntry(name, prepared, at) });
        prepared.commit();
        const { old_key_id, key_id } = prepared;
        return { name, old_key_id, key_id, entry_hash: entry.entry_hash, seq: entry.seq };
      }),
    );
  } catch (error) {
    throw notRotated(home, error);
  } finally {
    await ledger.close();
  }
}

function notRotated(home: string, cause: unknown): CanopyError {
  const fix = "see to the disk and the permissions of the log's sidecar and CANOPY_HOME, then try again";
  return toLedgerError(cause, "the key could not be rotated", { fix, at: home });
}

function rotationEntry(name: RotatedKeyName, prepared: PreparedRotation, at: number): EntryDraft {
  const reason = `the ${name} key of this home was rotated; the old and the new key signed it`;
  const { statement, old_signature, new_signature } = prepared.rotation;
  return {
    ...systemEntry(KEY_ROTATED, timestampOf(at), reason),
    severity: "medium",
    purpose: name,
    old_key_id: prepared.old_key_id,
    new_key_id: prepared.key_id,
    rotation: { statement: { ...statement }, old_signature, new_signature },
  };
}

/** Keep the newest checkpoints that the old key signed: the newest of all, and the newest that was cosigned. */
function keepCheckpoints(files: TileFiles): void {
  for (const name of ["cosigned", "checkpoint"]) {
    const note = files.readText(name);
    const place = note === null ? null : notePlace(note);
    if (note === null || place === null) continue;
    const kept = `checkpoints/${place.size}`;
    if (files.readText(kept) === null) files.writeText(kept, note);
  }
}

async function held<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await LogLock.open(realFileSystem, path, LOCK_TIMEOUT_MS);
  try {
    await lock.acquire();
    return await work();
  } finally {
    lock.close();
  }
}

/**
 * The name of a log in checkpoints, as settings and the log itself have it.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log is missing and settings name none, or it has no entry of ours.
 */
export function logOriginOf({ log_origin, audit_log_path }: Pick<Settings, "log_origin" | "audit_log_path">): string {
  if (log_origin !== null) return log_origin;
  const path = usableLog(realFileSystem, audit_log_path);
  const logId = logIdOf(realFileSystem, path);
  if (logId !== null) return originOf(logId, null);
  throw new CanopyError("FILE_UNUSABLE", `the log \`${path}\` does not say which log it is`, {
    fix: "set `log_origin`, or name a log that Canopy wrote with --log",
  });
}
