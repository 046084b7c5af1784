// Entries that the ledger writes about itself.

import type { EntryDraft } from "../ledger/ports.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";

/** A clock's reading as entries carry it: RFC 3339, whole seconds. */
export function timestampOf(ms: number): string {
  return entryTimestamp(new Date(ms).toISOString());
}

/** The members that every entry has, for an entry of the ledger's own. */
export function systemEntry(event: string, timestamp: string, reason: string): EntryDraft {
  return {
    event,
    timestamp,
    reason,
    avid: "",
    action_type: "ledger",
    decision: "RECORD",
    severity: "low",
    layers: {},
    witness: null,
  };
}
