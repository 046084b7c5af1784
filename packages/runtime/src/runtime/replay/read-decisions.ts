// A log read from its first entry to its last, each decision with its record: what replaying and simulating share.

import type { JsonValue } from "../../core/json.ts";
import { KeptRecords, type MissingRecord } from "../../storage/kept-records.ts";
import { realFileSystem } from "../../storage/file-system.ts";
import { tryParseEntry } from "../../storage/parse-entry.ts";
import { segmentFiles } from "../../storage/segment-files.ts";
import { verifiedLines } from "../../storage/verified-lines.ts";
import type { VerifyResult } from "../../storage/verify-log.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import type { RecordedDecision } from "./derive-entry.ts";
import { parseRecordedRequest, type RecordedRequest } from "./recorded-request.ts";

/** Why a decision's record does not tell what was asked. */
export type MissingRequest =
  | MissingRecord
  /** The record lacks the facts: it was written before they were kept for this kind of entry. */
  | "no_facts";

/** What an entry that is no decision is. */
export type OtherEntry =
  /** A request that could not be decided. */
  | "refusals"
  /** What follows a decision: votes, starts, results. */
  | "follow_ups"
  /** The ledger's own notes. */
  | "ledger_notes"
  /** An entry of another writer. */
  | "foreign"
  /** Kill switches, incidents, proofs of identity, activations of policies. */
  | "other";

/** One line of a log. */
export type LogItem =
  /** `meant`: by the filter. */
  | ({ readonly kind: "decision"; readonly meant: boolean } & RecordedDecision)
  | { readonly kind: "unknown"; readonly meant: boolean; readonly entry: LedgerEntry; readonly why: MissingRequest }
  /** A decision that isn't meant, and whose record was not read. */
  | { readonly kind: "passed"; readonly entry: LedgerEntry }
  | { readonly kind: "other"; readonly entry: LedgerEntry | null; readonly other: OtherEntry };

/** Which decisions are meant. Times are milliseconds since 1970. */
export interface DecisionFilter {
  /** From this time on. */
  readonly since?: number;
  /** Before this time. */
  readonly until?: number;
  /** An AVID. */
  readonly agent?: string;
  readonly trace?: string;
}

/** How a log is read. */
export interface ReadOptions {
  readonly kept: KeptRecords;
  readonly filter: DecisionFilter;
  /** Whether records of decisions that aren't meant are read too. */
  readonly all: boolean;
  /** Told from time to time how many characters of the log were read. */
  readonly progress: (read: number) => void;
}

/**
 * The lines of a verified log over all segments, in order.
 *
 * Cost: one pass, and a decryption for each batch; memory stays at a few MiB. Throws the system's error.
 */
export async function* readDecisions(
  verification: VerifyResult,
  options: ReadOptions,
): AsyncGenerator<LogItem, void, void> {
  let read = 0;
  for (const file of segmentFiles(realFileSystem, verification.path, [])) {
    const isUnlinked = verification.failure === "segment" && verification.segment === file.name;
    if (isUnlinked) return;
    const lines = verifiedLines(realFileSystem, file.path);
    for (let next = lines.next(); ; next = lines.next()) {
      if (next.done === true) {
        if (next.value.failure !== null) return;
        break;
      }
      for (const line of next.value) {
        read += line.length + 1;
        yield itemOf(line, options);
      }
      options.progress(read);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function itemOf(line: string, { kept, filter, all }: ReadOptions): LogItem {
  const entry = tryParseEntry(line);
  const other = entry === null ? "foreign" : otherKind(entry);
  if (entry === null || other !== null) return { kind: "other", entry, other: other ?? "foreign" };
  const meant = isMeant(entry, filter);
  if (!meant && !all) return { kind: "passed", entry };
  const request = requestOf(entry, kept);
  if (typeof request === "string") return { kind: "unknown", meant, entry, why: request };
  const resourceKey = (place: string): string => kept.resourceKey(entry.log_id, place);
  return { kind: "decision", meant, entry, line, request, resourceKey };
}

function otherKind(entry: LedgerEntry): OtherEntry | null {
  switch (entry.event) {
    case "authorize_action":
    case "reauthorized":
      return null;
    case "authorize_refused":
      return "refusals";
    case "tool_start":
    case "tool_result":
    case "approval_granted":
    case "approval_rejected":
    case "approval_skipped":
      return "follow_ups";
    default:
      return entry["action_type"] === "ledger" ? "ledger_notes" : "other";
  }
}

function isMeant(entry: LedgerEntry, { since, until, agent, trace }: DecisionFilter): boolean {
  if (agent !== undefined && entry["avid"] !== agent) return false;
  if (trace !== undefined && entry["trace_id"] !== trace) return false;
  if (since === undefined && until === undefined) return true;
  const at = timeOf(entry.timestamp);
  return at >= (since ?? -Infinity) && at < (until ?? Infinity);
}

function timeOf(timestamp: JsonValue): number {
  return typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
}

function requestOf(entry: LedgerEntry, kept: KeptRecords): RecordedRequest | MissingRequest {
  // Before facts were kept for decisions that were made again, such entries had no record at all.
  if (entry.event === "reauthorized" && entry["payload_ref"] === undefined) return "no_facts";
  const record = kept.record(entry);
  if ("missing" in record) return record.missing;
  return parseRecordedRequest(record.content) ?? "no_facts";
}
