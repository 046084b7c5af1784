// Which entries of a log are asked for.

import { parseEntryTime } from "../core/policy/state/entry-time.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { relatedId } from "./parse-entry.ts";

/** Every member that is given must hold; times and places in the log are ranges, all else is equality. */
export interface EntryFilter {
  readonly trace_id?: string;
  readonly avid?: string;
  readonly action_type?: string;
  readonly decision?: string;
  readonly event?: string;
  readonly incident_id?: string;
  readonly tenant_id?: string;
  /** The entry of that hash, and those that belong to it. */
  readonly authorization_id?: string;
  /** From this time on, milliseconds since 1970. Entries say the second only: one that may have been written then counts. */
  readonly from_ms?: number;
  /** Before this time. */
  readonly to_ms?: number;
  /** `seq` is greater. */
  readonly after_seq?: number;
  /** `seq` is smaller. */
  readonly before_seq?: number;
}

/** Members that must equal an entry's text. */
export const TEXT_MEMBERS = [
  "trace_id",
  "incident_id",
  "event",
  "decision",
  "avid",
  "action_type",
  "tenant_id",
] as const;

/** Whether an entry is asked for. Cost: constant. */
export function isAskedFor(entry: LedgerEntry, filter: EntryFilter): boolean {
  for (const member of TEXT_MEMBERS) {
    const wanted = filter[member];
    if (wanted !== undefined && entry[member] !== wanted) return false;
  }
  const { authorization_id, after_seq, before_seq } = filter;
  if (authorization_id !== undefined && !belongsTo(entry, authorization_id)) return false;
  if (after_seq !== undefined && entry.seq <= after_seq) return false;
  if (before_seq !== undefined && entry.seq >= before_seq) return false;
  return isInTime(entry, filter);
}

function belongsTo(entry: LedgerEntry, id: string): boolean {
  return entry.entry_hash === id || relatedId(entry) === id;
}

// An entry without a readable time can't be said to be in any range of time.
function isInTime(entry: LedgerEntry, { from_ms, to_ms }: EntryFilter): boolean {
  if (from_ms === undefined && to_ms === undefined) return true;
  const time = parseEntryTime(entry.timestamp);
  if (time === null) return false;
  return (from_ms === undefined || time.to_ms >= from_ms) && (to_ms === undefined || time.from_ms < to_ms);
}

/**
 * Text that stands in the line of every entry that is asked for, so that other lines needn't be parsed; `{` when there
 * is none. Our lines spell text as JSON.stringify does.
 */
export function needleOf(filter: EntryFilter): string {
  if (filter.authorization_id !== undefined) return filter.authorization_id;
  for (const member of TEXT_MEMBERS) {
    const wanted = filter[member];
    if (wanted !== undefined) return `"${member}":${JSON.stringify(wanted)}`;
  }
  return "{";
}
