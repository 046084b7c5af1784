// Run records: the leaves of the run list. The list only grows; its RFC 9162 root and its count stand in each
// `checkpoint_meta` entry as `index`.
//
//   leaf data = canonical JSON (RFC 8785) of
//   {"end":16,"first":0,"keys":41,"level":0,"longest_gap_s":3,"newest":"2026-11-23T08:35:45Z","odd":0,
//    "oldest":"2026-11-23T08:35:40Z","resource_key":"<64 hex>"|"mixed"|null,"root":"<64 hex>","undated":0,"unresolved":0}

import { canonicalJson } from "../../core/canonical.ts";
import { isJsonObject, type JsonValue } from "../../core/json.ts";
import { isHash } from "../chain.ts";
import { formatEntryTime, parsePlainTime } from "./entry-time.ts";
import type { Stretch } from "./stretch.ts";

/** What the run list says of one run. Its times are seconds since 1970; as text in its JSON. */
export interface RunRecord extends Omit<Stretch, "last"> {
  /** How often its windows were merged; it says nothing about what the run covers. */
  readonly level: number;
  /** How many keys it has: the size of its tree. */
  readonly keys: number;
  /** Root of its tree, hex. */
  readonly root: string;
}

/** The text of a record that is hashed. */
export function formatRunRecord(record: RunRecord): string {
  const { end, first, keys, level, longest_gap_s, odd, resource_key, root, undated, unresolved } = record;
  const [newest, oldest] = [record.newest, record.oldest].map((time) => (time === null ? null : formatEntryTime(time)));
  const counts = { end, first, keys, level, longest_gap_s, odd, undated, unresolved };
  return canonicalJson({ ...counts, newest, oldest, resource_key, root });
}

/** A record from parsed JSON; null unless it is exactly what `formatRunRecord` writes. */
export function parseRunRecord(value: JsonValue): RunRecord | null {
  if (!isJsonObject(value)) return null;
  const count = (name: string): number => countOf(value[name]);
  const { resource_key, root, newest, oldest } = value;
  const known = resource_key === null || resource_key === "mixed" || isHash(resource_key);
  if (!known || !isHash(root)) return null;
  const record: RunRecord = {
    first: count("first"),
    end: count("end"),
    keys: count("keys"),
    level: count("level"),
    longest_gap_s: count("longest_gap_s"),
    odd: count("odd"),
    undated: count("undated"),
    unresolved: count("unresolved"),
    newest: typeof newest === "string" ? parsePlainTime(newest) : null,
    oldest: typeof oldest === "string" ? parsePlainTime(oldest) : null,
    resource_key,
    root,
  };
  return sound(record) && formatRunRecord(record) === canonicalOrEmpty(value) ? record : null;
}

function sound(record: RunRecord): boolean {
  const { first, end, keys, undated, odd, unresolved, newest, oldest } = record;
  const counts = [first, end, keys, record.level, record.longest_gap_s, undated, odd, unresolved];
  if (counts.some((value) => value < 0) || first >= end) return false;
  if (Math.max(undated, odd, unresolved) > end - first) return false;
  // Without a time for each entry the record has none for all; with any, the oldest is not after the newest.
  if (oldest === null || newest === null) return oldest === newest && undated === end - first;
  return oldest <= newest && undated < end - first;
}

function countOf(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0) ? value : -1;
}

function canonicalOrEmpty(value: JsonValue): string {
  try {
    return canonicalJson(value);
  } catch {
    return "";
  }
}
