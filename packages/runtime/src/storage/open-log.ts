// Opening a log: lock, recovery, and what was found, to be recorded.

import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import type { EntryDraft } from "../ledger/ports.ts";
import type { JsonObject } from "../core/json.ts";
import { recordedConflictError } from "./anchors/anchor-conflict.ts";
import { BatchMac } from "./batch-mac.ts";
import { BatchSigner } from "./batch-signer.ts";
import type { FileLedgerOptions } from "./file-ledger-options.ts";
import { readAt, realFileSystem, type FileSystem } from "./file-system.ts";
import { HeadFile } from "./head-file.ts";
import { headPath } from "./head-path.ts";
import { realHost, type Host } from "./host.ts";
import { toLedgerError } from "./ledger-error.ts";
import { heal, rewriteDoubtful } from "./heal.ts";
import { LogFile, type TornTail } from "./log-file.ts";
import { noIndex, SqliteLogIndex } from "./log-index.ts";
import { LogLock } from "./log-lock.ts";
import { LogState } from "./log-state.ts";
import { hashOfLine, tryParseAnyEntry } from "./parse-entry.ts";
import { parsePayloadRef, PayloadStore, type PayloadRef } from "./payload-store.ts";
import { PoisonMark } from "./poison.ts";
import { readOrCreate } from "./owner-file.ts";
import { findLostRecords } from "./record-loss.ts";
import { recoverLog, type Recovered } from "./recovery.ts";
import { rotate, undoHalfRotation } from "./rotation.ts";
import { logPaths, makeFolder, makeSidecar, type LogPaths } from "./sidecar.ts";
import { SubjectKeys } from "./subject-keys.ts";
import { systemEntry, timestampOf } from "./system-entry.ts";

/** A log that is open and whose end is known. */
export interface OpenedLog {
  readonly state: LogState;
  readonly keys: SubjectKeys;
  /** Entries about what was found or mended; they are taken from here as they are recorded. */
  readonly notes: EntryDraft[];
  /** Makes the log ready for a batch: heals, rotates. Under the lock, log followed. */
  readonly beforeWrite: () => void;
  /** Notes what this process found while it followed others and has not noted yet. */
  readonly noteFound: () => void;
  /** Put back what the home knew of a log that was taken over, when nothing of that is recorded yet. Before `close`. */
  readonly undoTakeOver: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const DEFAULT_ROTATE_BYTES = 1_073_741_824;
const DEFAULT_RETENTION_DAYS = 90;
const DEFAULT_LOCK_TIMEOUT_MS = 10_000;
const HEAL_AGAIN_AFTER_MS = 50;
const TAIL_SEARCH_BYTES = 1_048_576;
const MAX_RESIGNED = 4096;

/** Open a log. Throws as `openFileLedger`. */
export async function openLog(options: FileLedgerOptions): Promise<OpenedLog> {
  const fs = options.fileSystem ?? realFileSystem;
  const host = options.host ?? realHost;
  const paths = logPaths(fs, options.path, options.home);
  makeSidecar(fs, paths);
  makeFolder(fs, join(options.home, "heads"));
  makeFolder(fs, dirname(paths.index));
  const lock = await LogLock.open(fs, paths.lock, options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS, host);
  const held: Closable[] = [];
  try {
    await lock.acquire();
    return openUnderLock(options, { fs, host, paths, lock, held });
  } catch (error) {
    // A log that can't be opened now may be tried again and again.
    for (const part of held) part.close();
    lock.close();
    throw unavailable(paths, error);
  }
}

interface Locked {
  readonly fs: FileSystem;
  readonly host: Host;
  readonly paths: LogPaths;
  readonly lock: LogLock;
  /** Gets what has been opened. */
  readonly held: Closable[];
}

interface Closable {
  readonly close: () => unknown;
}

function openUnderLock(options: FileLedgerOptions, { fs, host, paths, lock, held }: Locked): OpenedLog {
  const hold = <Part extends Closable>(part: Part): Part => {
    held.push(part);
    return part;
  };
  undoHalfRotation(fs, paths);
  const log = hold(new LogFile(fs, paths, host));
  const home = hold(new HeadFile(fs, headPath(options.home, paths.log)));
  const synced = hold(new HeadFile(fs, paths.synced));
  const keys = hold(new SubjectKeys(fs, paths.payloads, options.home, host));
  const freshId = (): string => readOrCreate(fs, paths.logId, () => newLogId(options), host.bytes).toString("latin1");
  const recovered = recoverLog({
    fs,
    paths,
    log,
    home,
    synced,
    continueForeign: options.continueForeign ?? false,
    freshId,
    macOf: (logId) => new BatchMac(keys.batchKey(logId)),
  });
  const { logId } = recovered;
  const payloads = hold(new PayloadStore(fs, paths.payloads, keys, { logId, bytes: host.bytes }));
  const proofs = hold(new BatchSigner(fs, paths.proofs, options.signer));
  const poison = new PoisonMark(fs, paths.poisoned, host);
  const index = hold(options.index === false ? noIndex : new SqliteLogIndex(fs, paths, logId, () => state.log.segment));
  const resourceKey = keys.resourceKeys(logId);
  const mac = new BatchMac(keys.batchKey(logId));
  const parts = { fs, host, paths, logId, lock, payloads, proofs, home, synced, poison, index, mac, resourceKey };
  const state: LogState = new LogState(parts, log);
  const notes = findings(state, recovered, options);
  lock.release();
  return {
    state,
    keys,
    notes,
    ...preparer(state, notes, options),
    undoTakeOver: () => undoTakeOver(state, recovered.takenOver),
    close: () => closeAll(state, keys),
  };
}

/** Mends what recovery left to be mended, and says what was found. */
function findings(state: LogState, recovered: Recovered, options: FileLedgerOptions): EntryDraft[] {
  const timestamp = timestampOf(options.clock.now());
  const notes: EntryDraft[] = [];
  if (recovered.takenOver !== null) {
    notes.push({
      ...systemEntry("log_continued", timestamp, "a log that this home had not left so was continued on request"),
      severity: "high",
      ...takenOverMembers(state, recovered.takenOver, options),
    });
  }
  const mended = mend(state, recovered, options);
  if (Object.keys(mended).length > 0) {
    const reason = "the log was not closed cleanly; what was found is listed here";
    notes.push({ ...systemEntry("ledger_recovery", timestamp, reason), severity: severityOf(mended), ...mended });
  }
  const expired = expire(state, options);
  if (expired.length > 0) {
    const reason = "encrypted records reached the end of their retention and were deleted";
    notes.push({ ...systemEntry("records_expired", timestamp, reason), days: expired });
  }
  return notes;
}

async function undoTakeOver({ parts, log }: LogState, takenOver: Recovered["takenOver"]): Promise<void> {
  if (takenOver === null) return;
  const { fs, home, lock } = parts;
  await lock.acquire();
  try {
    // An entry after it, of this process or another, says what was done.
    const now = home.read();
    if (log.tail.hash !== takenOver.head || now?.hash !== takenOver.head) return;
    if (takenOver.expected === null) fs.unlink(home.path);
    else home.reset(takenOver.expected);
  } finally {
    lock.release();
  }
}

function takenOverMembers(
  { parts }: LogState,
  { entries, head, expected }: NonNullable<Recovered["takenOver"]>,
  { anchors }: FileLedgerOptions,
): JsonObject {
  const reason = anchors?.accepted?.reason;
  return {
    continued_entries: entries,
    continued_head: head,
    expected_head: expected === null ? null : { ...expected },
    proofs_bytes: parts.fs.statusAt(parts.paths.proofs)?.size ?? 0,
    ...(reason === undefined ? {} : { accepted_reason: reason }),
  };
}

function mend(
  state: LogState,
  recovered: Recovered,
  { durability }: FileLedgerOptions,
): Omit<EntryDraft, "event" | "timestamp"> {
  const { payloads, poison } = state.parts;
  const wasPoisoned = poison.isSet();
  // A process whose sync failed may have ended before it could say so; the next sync would succeed without what was lost.
  const isDoubtful = durability !== "none" && state.log.tail.bytes > recovered.durable.bytes;
  if (wasPoisoned) heal(state);
  else if (isDoubtful) rewriteDoubtful(state);
  const newest = newestRef(state);
  const orphaned = newest === null ? 0 : payloads.eraseOrphans(newest);
  const lost = findLostRecords(state, recovered.recordsFrom);
  const signed = recovered.takenOver === null ? signTail(state) : null;
  return {
    ...cutMembers(recovered.torn),
    ...(wasPoisoned ? { failed_sync: true } : {}),
    ...(orphaned === 0 ? {} : { orphaned_record_bytes: orphaned }),
    ...(lost.length === 0 ? {} : { payload_lost: lost }),
    ...(signed === null ? {} : { unsigned_tail: signed }),
  };
}

/** What a recovery entry says of an end that was cut off: torn bytes, or whole entries that this home didn't write. */
function cutMembers(torn: TornTail | null): JsonObject {
  if (torn === null) return {};
  const { bytes, kept, file, entries } = torn;
  const saved = kept === bytes ? { bytes, file } : { bytes, kept_bytes: kept, file };
  return entries === 0 ? { torn_tail: saved } : { unvouched_tail: { entries, ...saved } };
}

function severityOf(mended: JsonObject): string {
  return mended["unvouched_tail"] === undefined ? "medium" : "high";
}

/** Sign the entries at the end that no kept batch covers; earlier gaps are covered by later roots, through the chain. */
function signTail(state: LogState): { first_seq: number; entries: number } | null {
  const { proofs, logId, fs } = state.parts;
  const { tail, fd } = state.log;
  const missing = Math.min(tail.seq - proofs.signedThrough(tail.seq), MAX_RESIGNED);
  if (missing <= 0) return null;
  let length = TAIL_SEARCH_BYTES;
  for (;;) {
    const from = Math.max(0, tail.bytes - length);
    const lines = readAt(fs, fd, from, tail.bytes - from)
      .toString("utf8")
      .split("\n")
      .slice(from > 0 ? 1 : 0, -1);
    if (lines.length >= missing || from === 0) {
      const hashes = chainedHashes(lines.slice(-missing), tail.hash);
      if (hashes === null) throw changedTail(state);
      const first_seq = tail.seq - hashes.length + 1;
      proofs.sign(logId, first_seq, hashes, true);
      return { first_seq, entries: hashes.length };
    }
    length *= 4;
  }
}

/** The hashes of lines that follow from one another and end in that one; null when they don't: nothing is signed of them. */
function chainedHashes(lines: readonly string[], end: string): readonly string[] | null {
  const hashes: string[] = [];
  for (const line of lines.filter((text) => text.trim() !== "")) {
    const hash = hashOfLine(line);
    const before = hashes.at(-1);
    if (hash === null || (before !== undefined && tryParseAnyEntry(line)?.["prev_hash"] !== before)) return null;
    hashes.push(hash);
  }
  return hashes.at(-1) === end ? hashes : null;
}

function changedTail({ log }: LogState): CanopyError {
  return new CanopyError(
    "LEDGER_REFUSED",
    `entries at the end of the log \`${log.path}\` were changed after they were written`,
    {
      fix: "keep the file as evidence: `canopy verify` names the line; then restore the log from a copy",
    },
  );
}

/**
 * The newest `payload_ref` near the end of the log; null when there is none within 1 MiB, or the lines don't lead from it to
 * the end: records behind it are erased, so it must be what was written.
 */
function newestRef(state: LogState): PayloadRef | null {
  const { tail, fd } = state.log;
  const from = Math.max(0, tail.bytes - TAIL_SEARCH_BYTES);
  const bytes = readAt(state.parts.fs, fd, from, tail.bytes - from);
  const lines = bytes
    .toString("utf8")
    .split("\n")
    .slice(from > 0 ? 1 : 0, -1);
  let end = tail.hash;
  for (const line of lines.toReversed()) {
    if (hashOfLine(line) !== end) return null;
    const entry = tryParseAnyEntry(line);
    const text = entry?.["payload_ref"];
    const ref = typeof text === "string" ? parsePayloadRef(text) : null;
    if (ref !== null) return ref;
    end = String(entry?.["prev_hash"]);
  }
  return null;
}

function expire(state: LogState, options: FileLedgerOptions): readonly string[] {
  const days = options.retentionDays === undefined ? DEFAULT_RETENTION_DAYS : options.retentionDays;
  if (days === null) return [];
  const oldest = new Date(options.clock.now() - days * 86_400_000).toISOString().slice(0, 10);
  return state.parts.payloads.expireBefore(oldest);
}

function preparer(
  state: LogState,
  notes: EntryDraft[],
  options: FileLedgerOptions,
): Pick<OpenedLog, "beforeWrite" | "noteFound"> {
  const rotateBytes = options.rotateBytes === undefined ? DEFAULT_ROTATE_BYTES : options.rotateBytes;
  const { host } = state.parts;
  let healedAt = Number.NEGATIVE_INFINITY;
  let rotatable = true;
  const note = (members: Omit<EntryDraft, "event" | "timestamp">): void => {
    const reason = "what is listed here was found and mended while the log was in use";
    const entry = systemEntry("ledger_recovery", timestampOf(options.clock.now()), reason);
    notes.push({ ...entry, severity: severityOf(members), ...members });
  };
  const noteFound = (): void => {
    if (state.torn === null) return;
    note(cutMembers(state.torn));
    state.torn = null;
  };
  const beforeWrite = (): void => {
    if (state.conflict !== null) throw recordedConflictError(state.log.path, state.conflict);
    if (state.parts.poison.isSet() && host.elapsed() - healedAt > HEAL_AGAIN_AFTER_MS) {
      healedAt = host.elapsed();
      heal(state);
      note({ failed_sync: true });
    }
    // Rotating would put what is doubtful out of the reach of healing; the batch is refused.
    if (state.parts.poison.isSet()) return;
    noteFound();
    if (rotateBytes !== null && rotatable && state.log.tail.bytes >= rotateBytes) {
      // A disk that can't take a second name: the log goes on in one file.
      rotatable = rotate(state, timestampOf(options.clock.now()));
    }
    if (state.log.isFresh) state.parts.fs.syncFolder(dirname(state.log.path));
  };
  return { beforeWrite, noteFound };
}

async function closeAll(state: LogState, keys: SubjectKeys): Promise<void> {
  const { index, payloads, proofs, home, synced, lock } = state.parts;
  await index.close();
  keys.close();
  payloads.close();
  proofs.close();
  home.close();
  synced.close();
  state.closeRetired();
  state.log.close();
  lock.close();
}

function newLogId(options: FileLedgerOptions): Buffer {
  return Buffer.from(Buffer.from(options.randomness?.bytes(16) ?? randomBytes(16)).toString("hex"));
}

function unavailable(paths: LogPaths, error: unknown): CanopyError {
  const fix = "see to the disk and the permissions of the log, its sidecar and CANOPY_HOME";
  return toLedgerError(error, `the log \`${paths.log}\` can't be opened`, { fix });
}
