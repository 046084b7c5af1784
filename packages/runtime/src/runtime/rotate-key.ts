// Rotating a key of a home: recorded in the log, signed by the old key and the new one, and only then put in force.

import { CanopyError } from "../core/errors.ts";
import { openFileLedger } from "../storage/file-ledger.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { lineEndingAt } from "../storage/log-search.ts";
import { tryParseEntry } from "../storage/parse-entry.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { KEY_ROTATED } from "../storage/tlog/key-succession.ts";
import { usableLog } from "../storage/verify-log.ts";
import { originOf } from "../storage/tlog/tlog-options.ts";
import type { Settings } from "./config.ts";
import { homeTlog } from "./home-tlog.ts";
import type { RotatedKeyName } from "./key-store.ts";
import { openSigner, prepareRotation } from "./signer.ts";
import { createSteadyClock } from "./steady-clock.ts";

/** A key that was rotated. */
export interface RotatedKey {
  readonly name: RotatedKeyName;
  readonly old_key_id: string;
  readonly key_id: string;
  /** The entry that says so. */
  readonly entry_hash: string;
  readonly seq: number;
}

/**
 * Rotate a key of this home, and record that in its log. Runtimes that are open go on signing batches with the old
 * signing key until they are opened anew; checkpoints are signed by the new key from the next one on.
 *
 * @throws {CanopyError} as `openFileLedger` and `openKey`; nothing was changed then.
 */
export async function rotateHomeKey(settings: Settings, name: RotatedKeyName): Promise<RotatedKey> {
  const { home, audit_log_path, durability, rotate_bytes, retention_days } = settings;
  const clock = createSteadyClock();
  const ledger = await openFileLedger({
    path: audit_log_path,
    home,
    durability,
    rotateBytes: rotate_bytes,
    retentionDays: retention_days,
    ...homeTlog(settings),
    signer: openSigner(home),
    clock,
  });
  try {
    const now = clock.now();
    const { rotation, old_key_id, key_id, commit } = prepareRotation(home, new Date(now).toISOString(), name);
    const reason = `the ${name} key of this home was rotated; the old and the new key signed it`;
    const { statement, old_signature, new_signature } = rotation;
    const { entry } = await ledger.append({
      entry: {
        ...systemEntry(KEY_ROTATED, timestampOf(now), reason),
        severity: "medium",
        purpose: name,
        old_key_id,
        new_key_id: key_id,
        rotation: { statement: { ...statement }, old_signature, new_signature },
      },
    });
    commit();
    return { name, old_key_id, key_id, entry_hash: entry.entry_hash, seq: entry.seq };
  } finally {
    await ledger.close();
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
  const fd = realFileSystem.open(path, "read");
  try {
    const found = lineEndingAt(realFileSystem, fd, realFileSystem.statusOf(fd).size);
    const entry = found === null ? null : tryParseEntry(found.line);
    if (entry !== null) return originOf(entry.log_id, null);
  } finally {
    realFileSystem.close(fd);
  }
  throw new CanopyError("FILE_UNUSABLE", `the log \`${path}\` does not say which log it is`, {
    fix: "set `log_origin`, or name a log that Canopy wrote with --log",
  });
}
