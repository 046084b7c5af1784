// What receivers refused, for an operator: sent again, or given up.

import { setTimeout as sleep } from "node:timers/promises";
import { CanopyError } from "../core/errors.ts";
import { moveRefused, readRefused, refusedPath } from "../sinks/refused-entries.ts";
import { noteEntry } from "../sinks/sink-notes.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths } from "../storage/sidecar.ts";
import type { Environment, Settings } from "./config.ts";
import { openMaintenanceLedger } from "./maintenance-ledger.ts";
import { feedSinks } from "./feed-sinks.ts";

/** Another process that feeds the sink looks for orders several times a second. */
const PATIENCE_MS = 10_000;
const POLL_MS = 50;

/** What became of entries that were sent again. */
export interface ResentEntries {
  /** Entries that were to be sent again. */
  readonly entries: number;
  /** Entries that were refused once more, or by then. */
  readonly set_aside: number;
  /** Entries that still wait for their turn: the receiver is away, or has much to catch up with. */
  readonly to_send_again: number;
}

/**
 * Have what a sink's receiver refused sent again: by this process, or by the one that feeds the sink.
 *
 * @throws {CanopyError} as `feedSinks`.
 */
export async function resendRefused(settings: Settings, env: Environment, name: string): Promise<ResentEntries> {
  const [refused, again] = filesOf(settings, name);
  if (realFileSystem.statusAt(refused) !== null) moveRefused(realFileSystem, refused, again);
  const entries = count(again);
  if (entries > 0) await feedSinks(settings, { env, once: true, only: name, signal: new AbortController().signal });
  const deadline = performance.now() + PATIENCE_MS;
  while (count(again) > 0 && performance.now() < deadline) await sleep(POLL_MS);
  return { entries, set_aside: count(refused), to_send_again: count(again) };
}

/**
 * Give up what a sink's receiver refused: recorded in the log, and kept beside under another name. How many entries.
 *
 * @throws {CanopyError} as `openMaintenanceLedger`.
 */
export async function dismissRefused(settings: Settings, name: string, reason: string): Promise<number> {
  const [refused] = filesOf(settings, name);
  if (readRefused(realFileSystem, refused).length === 0) return 0;
  const { ledger, clock } = await openMaintenanceLedger(settings);
  const kept = refused.replace(/refused$/u, `dismissed-${clock.now()}`);
  try {
    if (!moveRefused(realFileSystem, refused, kept))
      throw new CanopyError("FILE_UNUSABLE", "another dismissal is under way", { fix: "try again in a moment" });
    const seqs = readRefused(realFileSystem, kept).map(({ seq }) => seq);
    const from_seq = seqs.reduce((least, seq) => Math.min(least, seq), Infinity);
    const to_seq = seqs.reduce((most, seq) => Math.max(most, seq), 0);
    const note = { event: "sink_dismissed", sink: name, from_seq, to_seq, entries: seqs.length } as const;
    await ledger.append({ entry: noteEntry({ ...note, dismissed_reason: reason }, clock.now()) }).catch((error) => {
      // What the log doesn't tell of is not given up.
      moveRefused(realFileSystem, kept, refused);
      throw error;
    });
    return seqs.length;
  } finally {
    await ledger.close();
  }
}

function count(path: string): number {
  return readRefused(realFileSystem, path).length;
}

function filesOf({ audit_log_path, home }: Settings, name: string): readonly [refused: string, again: string] {
  const paths = logPaths(realFileSystem, audit_log_path, home);
  return [refusedPath(paths, name, "refused"), refusedPath(paths, name, "again")];
}
