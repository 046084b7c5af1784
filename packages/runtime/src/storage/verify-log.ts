// Verifying a whole log: its segments in order, each chain from its bytes, against whatever is known from outside.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { ChainVerifier, type ChainState, type VisitedEntry } from "../ledger/verify.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { nodeChainHost } from "./chain-host.ts";
import { realFileSystem, type FileSystem } from "./file-system.ts";
import { AnchorCheck, type Anchor } from "./given-head.ts";
import { headText, knownAt, standingAt } from "./known-head.ts";
import { logIdOf } from "./log-id.ts";
import { readHead, type Head } from "./head-file.ts";
import { CheckpointAudit, leavesInTiles, treeBefore } from "./checkpoint-audit.ts";
import type { CheckpointResult, KnownCheckpoint } from "./checkpoint-audit.ts";
import { newestOfEach, type Disagreement } from "./disagreement.ts";
import { headPath } from "./head-path.ts";
import { lineEndingAt } from "./log-search.ts";
import { hashOfLine } from "./parse-entry.ts";
import { firstIndex, isOurs, logOf, segmentFiles, type SegmentFile } from "./segment-files.ts";
import { logPathsOf } from "./sidecar.ts";
import {
  earlier,
  lineFailure,
  tornNote,
  type ExpectedForm,
  type Failing,
  type VerifyFailure,
} from "./verify-verdict.ts";
import type { AuditResult, SignatureAudit, KeyLookup } from "./signature-audit.ts";
import { TileFiles } from "./tlog/tile-files.ts";
import { rememberedCheckpoints } from "./anchors/remembered-checkpoints.ts";

export type { Anchor } from "./given-head.ts";
export type { Disagreement } from "./disagreement.ts";

/** How a log is verified. */
export interface VerifyOptions {
  /** CANOPY_HOME: its head of this log, if it has one, is an anchor. */
  readonly home?: string;
  readonly anchor?: Anchor;
  /** Checkpoints of the log that are kept elsewhere, their signatures checked. */
  readonly checkpoints?: readonly KnownCheckpoint[];
  /** Verify batch signatures, with the key of each id; null for an unknown key. */
  readonly signatures?: KeyLookup;
  /**
   * Also read every line of ours strictly (members sorted and unique). Default: when the log is at most 64 MiB;
   * above that the hash over the stored bytes is checked alone, which is as fast as SHA-256.
   */
  readonly strict?: boolean;
  /** Told from time to time how many of how many bytes were judged. */
  readonly progress?: (bytes: number, total: number) => void;
}

/** What `canopy verify --json` prints. */
export interface VerifyResult {
  readonly path: string;
  readonly valid: boolean;
  /** Good entries, over all segments. */
  readonly entries: number;
  /** Physical line, from 1, in the file named by `segment`, or in `path` when that is null. */
  readonly first_bad_line: number | null;
  readonly segment: string | null;
  readonly failure: VerifyFailure | null;
  /** With `checkpoint` and `shrunk` by the tree: the entries among which the first one differs; else null. */
  readonly within: { readonly first: number; readonly last: number } | null;
  /** How each checkpoint was found that the log was held against, in order of size. */
  readonly checkpoints: readonly CheckpointResult[];
  /** What is kept of the log and says otherwise: for each anchor, and its head and its checkpoints each, the newest. */
  readonly disagreements: readonly Disagreement[];
  /** `entry_hash` of the last good entry. */
  readonly head: string | null;
  readonly warnings: readonly string[];
  readonly anchored: boolean;
  /** Batches that hold, by keys that are known, and the entries in them; the id of a key that isn't known, or null. */
  readonly signatures:
    | "not checked"
    | { readonly batches: number; readonly entries: number; readonly unknown_key: string | null };
}

interface Run {
  readonly fs: FileSystem;
  readonly path: string;
  readonly options: VerifyOptions;
  readonly strict: boolean;
  readonly audit: SignatureAudit | null;
  readonly anchor: AnchorCheck | null;
  readonly tree: CheckpointAudit | null;
  /** Whether a checkpoint is kept elsewhere. */
  readonly isAnchored: boolean;
  /** Whether each line must be spelled as our writer does: the log is ours, and known from outside. */
  readonly isExact: boolean;
  readonly warnings: string[];
  /** What heads say otherwise. */
  readonly against: Disagreement[];
  /** Told how many more bytes were judged. */
  readonly judged: (bytes: number) => void;
}

const STRICT_UP_TO_BYTES = 67_108_864;
const YIELD_EVERY_BYTES = 16_777_216;

/**
 * Verify a log with all its segments.
 *
 * Cost: one pass; memory stays at a few MiB at any size.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the file is missing, empty, or not a regular file.
 */
export async function verifyLog(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const fs = realFileSystem;
  const real = readableLog(fs, path, options.home);
  if (fs.statusAt(real)?.size === 0 && !isKnown(fs, real, options)) throw unusable(path, "is empty");
  const warnings: string[] = [];
  const files = segmentFiles(fs, real, warnings);
  const total = files.reduce((sum, file) => sum + (fs.statusAt(file.path)?.size ?? 0), 0);
  const strict = options.strict ?? total <= STRICT_UP_TO_BYTES;
  const audit = options.signatures === undefined ? null : await openAudit(fs, real, files, options.signatures);
  try {
    const anchor = options.anchor === undefined ? null : new AnchorCheck(options.anchor);
    const known = [...(options.checkpoints ?? []), ...ownCheckpoints(fs, real, options)];
    const tree = known.length === 0 ? null : openTreeAudit(fs, real, files, known);
    if (tree === null && known.length > 0) cannotCompare(real, options, warnings);
    const isAnchored = tree !== null && known.some(({ isBeside }) => isBeside !== true);
    const isExact = (tree !== null || anchor !== null) && isOurs(files);
    let done = 0;
    const judged = (bytes: number): void => {
      done += bytes;
      options.progress?.(done, total);
    };
    return await verifyFiles(
      { fs, path: real, options, strict, audit, anchor, tree, isAnchored, isExact, warnings, against: [], judged },
      files,
    );
  } finally {
    audit?.close();
  }
}

// Loaded only when signatures are asked for: a plain verification starts without the signer's machinery.
async function openAudit(
  fs: FileSystem,
  path: string,
  files: readonly SegmentFile[],
  keys: KeyLookup,
): Promise<SignatureAudit> {
  const { SignatureAudit } = await import("./signature-audit.ts");
  const proofs = join(`${logOf(path)}.d`, "proofs.jsonl");
  return new SignatureAudit(fs, proofs, keys, { logId: logIdOf(fs, path) ?? "", firstSeq: files[0]?.first?.seq ?? 1 });
}

async function verifyFiles(run: Run, files: readonly SegmentFile[]): Promise<VerifyResult> {
  const { fs, path, options, warnings } = run;
  const homeHead = readHomeHead(fs, path, options);
  let entries = 0;
  let head: string | null = null;
  let bad: Failing | null = null;
  let last: { readonly state: ChainState; readonly name: string | null } | null = null;
  for (const file of files) {
    const broken = last === null ? null : linkFailure(last.state, file.first);
    const state: ChainState = broken === null || last === null ? await verifySegment(run, file) : last.state;
    last = { state, name: file.name };
    bad = broken;
    if (bad !== null) break;
    entries += state.entries;
    if (state.entries > 0) head = state.head;
    const kept = homeHead === null ? null : headFailure(run, file, homeHead, state);
    bad = lineFailure(state, formOf(run, file)) ?? kept;
    if (bad !== null) break;
  }
  const given = last === null ? null : (run.anchor?.failure(last.state) ?? null);
  if (given !== null && run.anchor !== null) run.against.push(run.anchor.disagreement());
  bad ??= given;
  const differs = run.tree?.finish() ?? null;
  const read = { entries, base: firstIndex(files), lines: last?.state.lines ?? 0, segment: last?.name ?? null };
  bad = earlier(bad, differs, read);
  if (entries === 0) bad ??= emptied(run, homeHead);
  const audited = bad === null ? run.audit?.finish(grew(fs, path, last?.state ?? null)) : undefined;
  const unknown = audited?.unknown ?? null;
  const badSeq = audited?.bad_seq ?? null;
  if (badSeq !== null) {
    bad = { failure: "signature", line: Math.max(1, badSeq - (files.at(-1)?.first?.seq ?? 1) + 1) };
  }
  warnings.push(...tornNote(last?.state ?? null, bad));
  const checkpoints = run.tree?.results() ?? [];
  const anchored = homeHead !== null || options.anchor !== undefined || run.isAnchored;
  warnings.push(...limits(anchored, run, unknown === null ? (audited?.unsigned ?? 0) : 0));
  if (audited?.abandoned) warnings.push(abandonedText(audited.abandoned));
  if (unknown !== null) warnings.push(`batches are signed by a key that this home doesn't have: ${unknown.key_id}`);
  return {
    path,
    valid: bad === null,
    entries,
    first_bad_line: bad?.line ?? null,
    segment: bad === null ? null : (bad.segment ?? last?.name ?? null),
    failure: bad?.failure ?? null,
    within: bad?.within ?? null,
    checkpoints,
    disagreements: newestOfEach([...run.against, ...(run.tree?.disagreements() ?? [])]),
    head,
    warnings,
    anchored,
    signatures:
      run.audit === null
        ? "not checked"
        : { batches: run.audit.batches, entries: run.audit.covered, unknown_key: unknown?.key_id ?? null },
  };
}

function formOf({ isExact, tree }: Run, file: SegmentFile): ExpectedForm {
  return { isExact, isWhole: file.name !== null || tree?.isWholeKept() === true };
}

function abandonedText({ batches, seq }: NonNullable<AuditResult["abandoned"]>): string {
  const are = batches === 1 ? "signed batch is" : "signed batches are";
  return `${batches} ${are} of entries that the log no longer has: entry ${seq} says that this was accepted`;
}

function limits(anchored: boolean, run: Run, unsigned: number): readonly string[] {
  const notes: string[] = [];
  if (!anchored) notes.push("no anchor was given: a log that was rewritten as a whole, or cut at its end, looks valid");
  if (run.audit === null) notes.push("signatures: not checked");
  if (unsigned > 0) notes.push(`the last ${unsigned} entries are in no signed batch`);
  if (!run.strict) notes.push("lines were checked by their hash alone, not read one by one");
  return notes;
}

async function verifySegment(run: Run, file: SegmentFile): Promise<ChainState> {
  const { fs, audit, anchor, tree } = run;
  const visit = (entry: VisitedEntry): void => {
    anchor?.saw(entry.hash);
    audit?.saw(entry.hash, entry.line);
    tree?.saw(entry.line, { segment: file.name, line: entry.number });
  };
  const needsVisit = audit !== null || anchor !== null || tree !== null;
  const verifier = new ChainVerifier(nodeChainHost, { strict: run.strict, ...(needsVisit ? { visit } : {}) });
  const fd = fs.open(file.path, "read");
  try {
    let sinceYield = 0;
    for (let at = 0; ;) {
      const got = fs.read(fd, verifier.room(), at);
      if (got === 0 || !verifier.filled(got)) break;
      at += got;
      sinceYield += got;
      if (sinceYield > YIELD_EVERY_BYTES) {
        run.judged(sinceYield);
        sinceYield = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } finally {
    fs.close(fd);
  }
  return verifier.end();
}

/** How a segment fails to follow the one before it, or null. */
function linkFailure(previous: ChainState, first: LedgerEntry | null): Failing | null {
  const follows =
    first?.event === "log_rotated" &&
    first["previous_head"] === previous.head &&
    first["previous_entries"] === previous.entries;
  return follows ? null : { failure: "segment", line: 1 };
}

/** Of a log without entries: the home knows of some, maybe of a segment that an emptied file can't name. Else throws. */
function emptied(run: Run, head: Head | null): Failing {
  if (head === null || head.seq === 0) throw unusable(run.path, "has no entries");
  run.against.push({ ...AT_HOME, ...keptHead(run, head), log_hash: null });
  return { failure: "shrunk", line: 1 };
}

const AT_HOME = { anchor: "home", kind: "head" } as const;

function keptHead({ options, path }: Run, { seq, hash }: Head): Pick<Disagreement, "place" | "entries" | "hash"> {
  return { place: options.home === undefined ? "home" : headPath(options.home, path), entries: seq, hash };
}

/** How a file falls short of the head that a home keeps of it, or null. Cost: constant, when it does not. */
function headFailure(run: Run, file: SegmentFile, head: Head, state: ChainState): Failing | null {
  const { fs, against } = run;
  const segment = file.first?.event === "log_rotated" ? file.first["segment"] : 1;
  if (head.segment !== segment || head.bytes === 0) return null;
  const fd = fs.open(file.path, "read");
  try {
    const isShort = fs.statusOf(fd).size < head.bytes;
    const found = isShort ? null : lineEndingAt(fs, fd, head.bytes);
    const log_hash = found === null ? null : hashOfLine(found.line);
    if (log_hash === head.hash) return null;
    against.push({ ...AT_HOME, ...keptHead(run, head), log_hash });
    if (isShort) return { failure: "shrunk", line: state.lines + 1 };
    const line = head.seq - (file.first?.seq ?? 1) + 1;
    return { failure: "checkpoint", line: Math.min(Math.max(1, line), state.lines) };
  } finally {
    fs.close(fd);
  }
}

function readHomeHead(fs: FileSystem, path: string, options: VerifyOptions): Head | null {
  return options.home === undefined ? null : readHead(fs, headPath(options.home, path));
}

/** What this home remembers of the log's checkpoints. */
function ownCheckpoints(fs: FileSystem, path: string, { home }: VerifyOptions): readonly KnownCheckpoint[] {
  const logId = logIdOf(fs, path) ?? knownAt(fs, home, path)?.log_id ?? "";
  return home === undefined ? [] : rememberedCheckpoints(fs, home, logId);
}

function openTreeAudit(
  fs: FileSystem,
  path: string,
  files: readonly SegmentFile[],
  known: readonly KnownCheckpoint[],
): CheckpointAudit | null {
  const tiles = new TileFiles(fs, logPathsOf(logOf(path)).tlog);
  const leaves = leavesInTiles(tiles, Math.max(...known.map(({ size }) => size)));
  const before = treeBefore(firstIndex(files), tiles);
  return before === null ? null : new CheckpointAudit(known, before, leaves);
}

/** The log's first lines are gone, and so are the tiles that knew them. */
function cannotCompare(path: string, { checkpoints = [] }: VerifyOptions, warnings: string[]): void {
  if (checkpoints.length > 0)
    throw unusable(path, "lacks its first segments, so no checkpoint can be compared with it");
  warnings.push("the first segments are missing, so the log was not compared with this home's checkpoints of it");
}

/** Whether the file grew while it was verified. */
function grew(fs: FileSystem, path: string, last: ChainState | null): boolean {
  return last !== null && (fs.statusAt(path)?.size ?? 0) > last.bytes;
}

/** Whether something says that an empty log had entries. */
function isKnown(fs: FileSystem, path: string, { home, anchor, checkpoints = [] }: VerifyOptions): boolean {
  return knownAt(fs, home, path) !== null || anchor !== undefined || checkpoints.length > 0;
}

/** What a home knows of a log that is missing or empty, in words; null: nothing, so that none need have been there. */
export function lostLogText(path: string, home: string): string | null {
  if ((realFileSystem.statusAt(path)?.size ?? 0) > 0) return null;
  const known = knownAt(realFileSystem, home, path);
  return known === null ? null : `it was emptied or removed: ${headText(known)}`;
}

/** Whether a log is not the one that a home left, so that what it doesn't say may be missing. Cost: two lines are read. */
export function isNotAsLeft(path: string, home: string): boolean {
  return (standingAt(realFileSystem, home, path) ?? "consistent") !== "consistent";
}

/**
 * The real path of a log that can be read and has something in it. With a home, what that knows of one that is missing or
 * empty is told.
 *
 * @throws {CanopyError} `FILE_UNUSABLE`.
 */
export function usableLog(fs: FileSystem, path: string, home?: string): string {
  const real = readableLog(fs, path, home);
  if (fs.statusAt(real)?.size !== 0) return real;
  const known = knownAt(fs, home, real);
  throw known === null ? unusable(path, "is empty") : lost(path, `was emptied: ${headText(known)}`);
}

function readableLog(fs: FileSystem, path: string, home: string | undefined): string {
  let real: string;
  try {
    real = process.getBuiltinModule("node:fs").realpathSync.native(path);
  } catch (error) {
    const known = knownAt(fs, home, path);
    const why = "is missing or can't be reached";
    throw known === null ? unusable(path, why, error) : lost(path, `${why}; ${headText(known)}`, error);
  }
  const status = fs.statusAt(real);
  if (status?.kind !== "file") throw unusable(path, "is not a regular file");
  try {
    fs.close(fs.open(real, "read"));
  } catch (error) {
    throw unusable(path, "can't be read", error);
  }
  return real;
}

function lost(path: string, why: string, cause?: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the log \`${path}\` ${why}`, {
    at: path,
    fix: "restore it from a copy; `canopy anchors` shows what is kept of it",
    ...(cause === undefined ? {} : { cause }),
  });
}

function unusable(path: string, why: string, cause?: unknown): CanopyError {
  return new CanopyError("FILE_UNUSABLE", `the log \`${path}\` ${why}: expected a log with at least one entry`, {
    at: path,
    fix: "check the path; `canopy config` shows which log is in force",
    ...(cause === undefined ? {} : { cause }),
  });
}
