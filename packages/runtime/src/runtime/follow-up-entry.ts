// The entries that follow a decision: start, result, approvals. Each carries the decision's id and commitment.

import type { JsonObject } from "../core/json.ts";
import type { EntryDraft } from "../ledger/ports.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";

/** The events that follow a decision. */
export type FollowUpEvent =
  | "tool_start"
  | "tool_result"
  | "approval_granted"
  | "approval_rejected"
  | "approval_skipped"
  | "reauthorized";

/** What an event adds to what it takes over from the decision. */
export interface FollowUp extends JsonObject {
  /** `BEGIN`, `RESULT`, `APPROVED`, `REJECTED`, `SKIP`, or a verdict. */
  readonly decision: string;
  readonly reason: string;
}

// Taken over, so that each entry can be found by trace, session and tenant, and read without the decision's own.
const KEPT: readonly string[] = ["avid", "action_type", "payload_commitment", "trace_id", "session_id", "tenant_id"];

/** The draft of an entry that follows the decision `decided`. `now` is RFC 3339 with milliseconds. */
export function followUpEntry(decided: JsonObject, event: FollowUpEvent, now: string, follow: FollowUp): EntryDraft {
  const kept: Record<string, JsonObject[string]> = {};
  for (const member of KEPT) {
    const value = decided[member];
    if (value !== undefined) kept[member] = value;
  }
  return {
    ...kept,
    event,
    timestamp: entryTimestamp(now),
    authorization_id: decided["entry_hash"] ?? null,
    severity: "low",
    layers: {},
    witness: null,
    ...follow,
  };
}
