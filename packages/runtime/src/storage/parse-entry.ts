// Lines of our own log, parsed. They were verified or written by us; anything else is refused.

import { CanopyError } from "../core/errors.ts";
import { entryHash, isHash } from "../ledger/chain.ts";
import { readForeign } from "../ledger/foreign-json.ts";
import type { EntryDraft, LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";

/**
 * Parse a line.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when it is not an entry.
 */
export function parseEntry(line: string): LedgerEntry {
  const entry = tryParseEntry(line);
  if (entry === null) {
    throw new CanopyError("LEDGER_REFUSED", "a line of the log is not an entry of ours", {
      fix: "keep the file as evidence; `canopy verify` names the line",
    });
  }
  return entry;
}

/** Parse a line, or null when it is not an entry of ours. */
export function tryParseEntry(line: string): LedgerEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : null;
  } catch {
    return null;
  }
}

/** The members of a line of any writer's, or null when it is no JSON object. */
export function tryParseAnyEntry(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? Object.assign(Object.create(null), value) : null;
  } catch {
    return null;
  }
}

/** What an entry belongs to: the authorization it follows up, or for a decision the request it answers; else null. */
export function relatedId(entry: EntryDraft): string | null {
  const { authorization_id, request_id } = entry;
  if (typeof authorization_id === "string") return authorization_id;
  return typeof request_id === "string" ? request_id : null;
}

/** The `entry_hash` of any chained line, ours or foreign; null when it has none or the line's own hash doesn't hold. */
export function hashOfLine(line: string): string | null {
  const entry = readForeign(line);
  if (typeof entry === "string" || entry.canonical === null || entry.prev_hash === null) return null;
  return entryHash(entry.prev_hash, entry.canonical, sha256Hex) === entry.entry_hash ? entry.entry_hash : null;
}

function isEntry(value: unknown): value is LedgerEntry {
  if (typeof value !== "object" || value === null) return false;
  const { seq, log_id, event, prev_hash, entry_hash }: Partial<Record<string, unknown>> = { ...value };
  const named = typeof log_id === "string" && typeof event === "string";
  return named && Number.isSafeInteger(seq) && isHash(prev_hash) && isHash(entry_hash);
}
