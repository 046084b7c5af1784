// What a report is made of: the log verified in one pass, then read once from its end, and counted as it goes by.

import type { AnchorSettings } from "canopy-runtime/anchors";
import { homeSignatureChecks } from "canopy-runtime/keys";
import { LogReader, type EntryFilter, type LedgerEntry, type UnusableLine } from "canopy-runtime/log-reader";
import { verifyLog, type VerifyResult } from "canopy-runtime/verify";
import { askAnchors, keptCheckpoints, type Vouched } from "../vouched.ts";
import { DecisionRows, type DecisionRow } from "./decision-row.ts";
import { LogTally } from "./log-tally.ts";

/** Which part of a log a report is about. */
export interface ReportScope {
  /** The newest so many decisions, and what came after the oldest of them; null for all. */
  readonly last: number | null;
  readonly since_ms: number | null;
  readonly until_ms: number | null;
}

/** A report's numbers. */
export interface ReportData {
  readonly path: string;
  readonly made_at: string;
  readonly scope: ReportScope;
  readonly verification: VerifyResult;
  /** The checkpoint beside the log and what its anchors keep; or why nobody could be asked. */
  readonly vouched: Vouched;
  readonly tally: LogTally;
  /** Entries of another writer (0.4.2) that were counted too. */
  readonly foreign: number;
  /** Lines that are not as they were written, and were left out. */
  readonly changed: number;
  /** The newest decisions, newest first: at most as many as were asked to be kept. */
  readonly newest: readonly DecisionRow[];
}

/** How a report is made. */
export interface ReportOptions {
  /** Whose keys are trusted, and where the log's anchors are. */
  readonly settings: Omit<AnchorSettings, "audit_log_path">;
  readonly scope: ReportScope;
  /** How many decisions are kept for being shown. */
  readonly keep: number;
  readonly now: Date;
  /** Told of every decision, newest first. */
  readonly row?: (row: DecisionRow) => void;
  readonly progress?: (text: string) => void;
}

/**
 * Read a log for a report.
 *
 * Cost: two passes; memory grows with the names in the log, not with its length.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log is missing, empty or not a regular file.
 */
export async function readReport(path: string, options: ReportOptions): Promise<ReportData> {
  const { settings, scope, keep, now, progress } = options;
  const { home } = settings;
  const percent = (what: string) => (done: number, total: number) =>
    progress?.(`${what} ${Math.floor((100 * done) / Math.max(1, total))} %`);
  const vouched = await askAnchors({ ...settings, audit_log_path: path });
  const verification = await verifyLog(path, {
    home,
    checkpoints: keptCheckpoints(vouched),
    signatures: homeSignatureChecks(home),
    progress: percent("verifying"),
  });
  const counted = count(path, scope, {
    progress: percent("counting"),
    row: options.row,
    keep,
  });
  return { path: verification.path, made_at: now.toISOString(), scope, verification, vouched, ...counted };
}

interface Counting {
  readonly progress: (done: number, total: number) => void;
  readonly row: ReportOptions["row"];
  readonly keep: number;
}

type Counted = Pick<ReportData, "tally" | "foreign" | "changed" | "newest">;

function count(path: string, scope: ReportScope, { progress, row: told, keep }: Counting): Counted {
  const tally = new LogTally();
  const rows = new DecisionRows();
  const newest: DecisionRow[] = [];
  const skipped = { foreign: 0, changed: 0 };
  let decisions = 0;
  const take = (entry: LedgerEntry): void => {
    if (scope.last !== null && decisions >= scope.last) return;
    tally.add(entry);
    const row = rows.take(entry);
    if (row === null) return;
    decisions += 1;
    if (newest.length < keep) newest.push(row);
    told?.(row);
  };
  const unusable = (line: UnusableLine): void => {
    // The verdict on the chain, which stands above, says so.
    if (line.problem === "unfinished") return;
    const entry = line.problem === "foreign" ? foreignEntry(line.line) : null;
    if (entry === null) skipped.changed += 1;
    else if (isInTime(entry, scope)) {
      skipped.foreign += 1;
      take(entry);
    }
  };
  // A report speaks of the whole log: what an index leaves out must not be missing from it.
  const reader = LogReader.open(path, { unusable, progress, scan: true });
  try {
    for (const entry of reader.query(filterOf(scope), "backward")) {
      if (scope.last !== null && decisions >= scope.last) break;
      take(entry);
    }
  } finally {
    reader.close();
  }
  return { tally, newest, ...skipped };
}

function filterOf({ since_ms, until_ms }: ReportScope): EntryFilter {
  return { ...(since_ms === null ? {} : { from_ms: since_ms }), ...(until_ms === null ? {} : { to_ms: until_ms }) };
}

// An entry of 0.4.2 has the members that reports ask for, but no number of its own.
function foreignEntry(line: Buffer): LedgerEntry | null {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const event = "event" in value && typeof value.event === "string" ? value.event : "authorize_action";
    const timestamp = "timestamp" in value && typeof value.timestamp === "string" ? value.timestamp : "";
    const hash = "entry_hash" in value && typeof value.entry_hash === "string" ? value.entry_hash : "";
    return { ...value, event, timestamp, entry_hash: hash, prev_hash: "", log_id: "", seq: 0 };
  } catch {
    return null;
  }
}

function isInTime({ timestamp }: LedgerEntry, { since_ms, until_ms }: ReportScope): boolean {
  if (since_ms === null && until_ms === null) return true;
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(at)) return false;
  return (since_ms === null || at + 999 >= since_ms) && (until_ms === null || at < until_ms);
}
