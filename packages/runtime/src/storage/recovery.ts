// Opening a log: is it the one we left, and how does it end?
//
// Two heads say how it was left: one in the sidecar, one under CANOPY_HOME. Both were written after a sync, so the log
// must reach them. What lies after the home's is verified: its chain, and the MACs of its batches. An end of it that is
// bad, torn, or that no MAC covers is cut off into the sidecar. What lies before is not read: a log of any size opens in
// constant time.
//
// INVARIANT: nothing that somebody wrote who can only write where the log stands is ever followed. The head beside the log
// is such: it tells what the log must reach, never what is vouched for.

import type { LogPoint } from "./log-point.ts";
import { dirname } from "node:path";
import { counted } from "../core/counted.ts";
import { CanopyError } from "../core/errors.ts";
import { hasBatchMac, type BatchMac } from "./batch-mac.ts";
import { GENESIS } from "../ledger/chain.ts";
import type { Head, HeadFile } from "./head-file.ts";
import type { FileSystem } from "./file-system.ts";
import { headOfId, headText } from "./known-head.ts";
import { logIdOf } from "./log-id.ts";
import type { LogFile, Tail, TornTail } from "./log-file.ts";
import { firstLine, lineEndingAt } from "./log-search.ts";
import { hashOfLine, tryParseEntry } from "./parse-entry.ts";
import { segmentPath, syncFolderNames, type LogPaths } from "./sidecar.ts";
import { verifyFile, type FileVerification } from "./verify-file.ts";

/** What recovery works with. Everything happens under the log's lock. */
export interface RecoveryInput {
  readonly fs: FileSystem;
  readonly paths: LogPaths;
  readonly log: LogFile;
  readonly home: HeadFile;
  readonly synced: HeadFile;
  readonly continueForeign: boolean;
  /** Makes or reads the id of a log that has no entry of ours yet. */
  readonly freshId: () => string;
  /** The MAC of the batches of the log of that id. */
  readonly macOf: (logId: string) => BatchMac;
}

/** How the log was found. */
export interface Recovered {
  readonly logId: string;
  /** Where the part begins that was not known to be durable. */
  readonly durable: { readonly bytes: number; readonly seq: number };
  /** The same for records, which may belong to an older segment: a rotation syncs the lines of others, not their records. */
  readonly recordsFrom: LogPoint;
  readonly torn: TornTail | null;
  /** Set when a log was taken over that the heads don't vouch for. */
  readonly takenOver: { readonly entries: number; readonly head: string; readonly expected: Head | null } | null;
}

/**
 * Check the log against its heads and set its tail.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when it is not the log that was left, with the first bad line.
 */
export function recoverLog(input: RecoveryInput): Recovered {
  const head = input.home.read();
  if (head === null) {
    if (input.log.size() === 0) return startNew(input);
    if (!input.continueForeign) throw foreign(input);
    return takeOver(input, null);
  }
  const problem = checkHead(input, head) ?? checkKey(input, head);
  if (problem === null) return resume(input, head);
  if (!input.continueForeign) throw problem;
  return takeOver(input, head);
}

function startNew(input: RecoveryInput): Recovered {
  const logId = input.freshId();
  // From here on the log is known to this home: its first entry may not be the first anyone hears of it.
  input.home.settle({ log_id: logId, segment: 1, bytes: 0, seq: 0, hash: GENESIS });
  syncFolderNames(input.fs, input.paths, dirname(input.home.path));
  return { logId, durable: { bytes: 0, seq: 0 }, recordsFrom: { segment: 1, offset: 0 }, torn: null, takenOver: null };
}

/** How a log is opened in spite of what is wrong with it. */
const CONTINUE = "run `canopy authorize --continue` once (`continue_log` in code), which is recorded";

/** Heads are kept by the path of their log: there is none for this one. */
function foreign({ fs, paths, home }: RecoveryInput): CanopyError {
  const logId = logIdOf(fs, paths.log);
  const elsewhere = logId === null ? null : headOfId(fs, dirname(home.path), logId);
  const how =
    "to go on with it here: check it with `canopy verify`, then decide once with --continue, which is recorded";
  const at = `${paths.log}:1`;
  if (elsewhere !== null) {
    const entries = counted(elsewhere.seq, "entry", "entries");
    const message = `the log \`${paths.log}\` was moved or copied: this home knows it, with ${entries}, under another path only`;
    return new CanopyError("LEDGER_REFUSED", message, { at, fix: `use it where it was; ${how}` });
  }
  const why = logId === null ? "its last line is no entry of Canopy's" : `no head by that path, nor by its id ${logId}`;
  const message = `nothing in this home says how the log \`${paths.log}\` was left: ${why}`;
  return new CanopyError("LEDGER_REFUSED", message, {
    at,
    fix: `use the home that wrote it (CANOPY_HOME), or name another log; ${how}`,
  });
}

/** Why the log is not the one that this head was taken of, or null when it is. */
function checkHead(input: RecoveryInput, head: Head): CanopyError | null {
  const { log } = input;
  if (head.segment > log.segment) return broken(input, head, "was replaced");
  if (head.segment === log.segment) return checkEnd(input, head, log.fd);
  const path = segmentPath(input.paths, head.segment);
  if (input.fs.statusAt(path) === null) return null;
  const fd = input.fs.open(path, "read");
  try {
    return checkEnd(input, head, fd);
  } finally {
    input.fs.close(fd);
  }
}

function checkEnd(input: RecoveryInput, head: Head, fd: number): CanopyError | null {
  if (input.fs.statusOf(fd).size < head.bytes) return broken(input, head, "shrank");
  if (head.bytes === 0) return null;
  const found = lineEndingAt(input.fs, fd, head.bytes);
  if (found === null || hashOfLine(found.line) !== head.hash) return broken(input, head, "was changed or replaced");
  const entry = tryParseEntry(found.line);
  return entry !== null && entry.log_id !== head.log_id ? broken(input, head, "was replaced") : null;
}

/** Why batches of this log can't be told from forged ones, or null when they can: the key of their MACs is another one. */
function checkKey(input: RecoveryInput, head: Head): CanopyError | null {
  if (head.segment !== input.log.segment || head.bytes === 0) return null;
  const line = lineEndingAt(input.fs, input.log.fd, head.bytes)?.line ?? "";
  const bytes = Buffer.from(line);
  const prev = tryParseEntry(line)?.prev_hash ?? "";
  if (!hasBatchMac(bytes) || input.macOf(head.log_id).isOn(bytes, prev)) return null;
  return new CanopyError(
    "LEDGER_REFUSED",
    "`payload.key` of CANOPY_HOME is not the one that the log was written with",
    {
      at: input.paths.log,
      fix: `restore payload.key from a copy of CANOPY_HOME; to go on without it, ${CONTINUE}`,
    },
  );
}

function broken(input: RecoveryInput, head: Head, how: string): CanopyError {
  const fix = `restore it from a copy; to go on without the lost entries, on the record: canopy ledger accept-rollback ${input.paths.log} --anchor home --reason TEXT`;
  if (input.log.size() === 0) {
    const message = `the log \`${input.paths.log}\` was emptied or removed: ${headText(head)}`;
    return new CanopyError("LEDGER_REFUSED", message, { at: `${input.paths.log}:1`, fix });
  }
  const state = verifyFile(input.fs, input.log.fd, { strict: true });
  const line = state.first_bad_line ?? Math.min(state.lines + 1, Math.max(1, head.seq));
  return new CanopyError("LEDGER_REFUSED", `the log \`${input.paths.log}\` ${how}: line ${line} is not what was left`, {
    at: `${input.paths.log}:${line}`,
    fix,
  });
}

function resume(input: RecoveryInput, home: Head): Recovered {
  const { log } = input;
  // Nothing was promised yet, and whoever began this log may have ended before its names, and its head, were durable.
  if (home.seq === 0) syncFolderNames(input.fs, input.paths, dirname(input.home.path));
  const base = home.segment === log.segment ? tailAt(home) : segmentStart(input);
  const beside = furtherSynced(input, home.log_id, base);
  const isReached = beside === null || checkEnd(input, beside, log.fd) === null;
  if (!isReached && !input.continueForeign) throw notReached(input, beside);
  const synced = isReached ? beside : null;
  log.tail = base;
  const torn = log.follow(input.macOf(home.log_id), null);
  // Whoever rotated the log may have ended before its name was durable; a head must not be of a file that isn't there.
  if (home.segment < log.segment) input.fs.syncFolder(dirname(input.paths.log));
  const isVouched = synced !== null && synced.bytes <= log.tail.bytes;
  const durable = isVouched ? tailAt(synced) : base;
  const head: Head = { log_id: home.log_id, segment: log.segment, ...durable };
  input.home.settle(head);
  // After power loss either may be older. One that names what nobody vouches for is forged: later ones must not yield to it.
  if (!isReached || (synced !== null && !isVouched)) input.synced.reset(head);
  else if (synced === null) settleOlder(input.synced, head);
  const known = home.segment < log.segment ? home : head;
  return {
    logId: home.log_id,
    durable: { bytes: durable.bytes, seq: durable.seq },
    recordsFrom: { segment: known.segment, offset: known.bytes },
    torn,
    takenOver: isReached ? null : { entries: head.seq - seqBeforeSegment(input), head: head.hash, expected: beside },
  };
}

/** The head beside the log names what is not there. It has no MAC: a log that was cut looks the same as a head that was forged. */
function notReached({ paths }: RecoveryInput, { seq, bytes }: Head): CanopyError {
  const lacks = `the log \`${paths.log}\` lacks entry ${seq}, which ends at byte ${bytes} by \`${paths.synced}\``;
  const message = `${lacks}: it was cut or changed, or that file was forged`;
  return new CanopyError("LEDGER_REFUSED", message, {
    at: paths.synced,
    fix: `hold the log against a copy or an anchor, and restore it where entries are gone; to go on with it as it is, ${CONTINUE}`,
  });
}

function tailAt({ bytes, seq, hash }: Head): Tail {
  return { bytes, seq, hash };
}

function settleOlder(file: HeadFile, head: Head): void {
  if (head.seq > (file.read()?.seq ?? 0)) file.settle(head);
}

/** The head beside the log when it is further than what the home knows; else null. */
function furtherSynced(input: RecoveryInput, logId: string, base: Tail): Head | null {
  const { log } = input;
  const synced = input.synced.read();
  if (synced === null || synced.log_id !== logId || synced.segment !== log.segment) return null;
  return synced.bytes <= base.bytes ? null : synced;
}

function segmentStart(input: RecoveryInput): Tail {
  return { bytes: 0, seq: seqBeforeSegment(input), hash: GENESIS };
}

function seqBeforeSegment(input: RecoveryInput): number {
  const line = firstLine(input.fs, input.log.fd);
  const first = line === null ? null : tryParseEntry(line);
  return first === null ? 0 : first.seq - 1;
}

/** Take over a log that the heads don't vouch for. Its chain must hold; only a torn end is cut off. */
function takeOver(input: RecoveryInput, expected: Head | null): Recovered {
  const { fs, log } = input;
  const state = verifyFile(fs, log.fd, { strict: true });
  if (state.failure !== null && !isTorn(input, state)) {
    const at = `${input.paths.log}:${state.first_bad_line ?? 1}`;
    const message = `the log \`${input.paths.log}\` does not verify: line ${state.first_bad_line}, ${state.failure}`;
    throw new CanopyError("LEDGER_REFUSED", message, { at, fix: "only a log whose chain holds can be continued" });
  }
  const bytes = state.failure === null ? log.endLine() : state.bytes;
  const last = bytes > 0 ? lineEndingAt(fs, log.fd, bytes) : null;
  const entry = last === null ? null : tryParseEntry(last.line);
  log.tail = { bytes, seq: entry?.seq ?? state.entries, hash: state.head };
  const logId = entry?.log_id ?? input.freshId();
  const torn = log.follow(input.macOf(logId), null);
  const head: Head = { log_id: logId, segment: log.segment, ...log.tail };
  fs.syncNow(log.fd);
  input.home.reset(head);
  input.synced.reset(head);
  const takenOver = { entries: state.entries, head: state.head, expected };
  const recordsFrom = { segment: log.segment, offset: log.tail.bytes };
  return { logId, durable: { bytes: log.tail.bytes, seq: log.tail.seq }, recordsFrom, torn, takenOver };
}

/** Whether the only bad line is an unfinished last one. */
function isTorn(input: RecoveryInput, state: FileVerification): boolean {
  const last = Buffer.alloc(1);
  input.fs.read(input.log.fd, last, input.log.size() - 1);
  return last[0] !== 10 && state.first_bad_line === state.lines && state.at_end;
}
