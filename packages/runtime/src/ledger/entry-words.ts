// The words that entries have in `event`, `decision` and `action_type`: docs/ledger-format.md lists them with their meaning.

/** Every event that Canopy writes. */
export const ENTRY_EVENTS: readonly string[] = [
  "authorize_action",
  "authorize_refused",
  "approval_granted",
  "approval_rejected",
  "approval_skipped",
  "reauthorized",
  "tool_start",
  "tool_result",
  "identity_proven",
  "kill_switch",
  "incident_event",
  "log_rotated",
  "log_continued",
  "ledger_recovery",
  "key_rotated",
  "records_erased",
  "checkpoint_meta",
  "checkpoint_failed",
  "anchor_unreachable",
  "anchor_reached",
  "anchor_conflict",
  "rollback_accepted",
  "records_expired",
  "import_begun",
  "import_finished",
  "imported_entry",
  "sink_behind",
  "sink_recovered",
  "sink_gap",
  "sink_refused",
  "sink_dismissed",
  "policy_activated",
  "policy_rejected",
];

/** Every `decision`: verdicts, and the words of entries that decide nothing. */
export const ENTRY_DECISIONS: readonly string[] = [
  "ALLOW",
  "DENY",
  "REQUIRE_APPROVAL",
  "APPROVED",
  "REJECTED",
  "SKIP",
  "BEGIN",
  "RESULT",
  "PROVEN",
  "ENGAGED",
  "RELEASED",
  "INCIDENT",
  "RECORD",
  "ACTIVATED",
];

/** The `action_type` of entries that are about no action of an agent. */
export const ENTRY_TYPES: readonly string[] = ["ledger", "policy", "identity", "kill_switch", "incident"];
