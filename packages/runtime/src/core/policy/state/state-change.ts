// What an entry changes in history. Of all the events only these matter:
//
//   authorize_action ALLOW, reauthorized ALLOW    reserve     what its deltas say, until `expires_at`
//   tool_start                                    begin       it stands
//   tool_result                                   settle      "error" gives it back; anything else, unknown too, keeps it
//   approval_rejected, approval_skipped           void        never begun: given back
//
// A DENY adds nothing; nor does REQUIRE_APPROVAL, until `reauthorized` says ALLOW.

import type { JsonObject, JsonValue } from "../../json.ts";
import { parseEntryDeltas, type EntryDelta } from "./entry-deltas.ts";
import { parseEntryTime } from "./entry-time.ts";
import { scopeKeysOf, type ScopeKeys } from "./scope.ts";

/** What an entry changes. `id` is the authorization's. */
export type StateChange =
  | {
      readonly kind: "reserve";
      readonly id: string;
      readonly keys: ScopeKeys;
      readonly deltas: readonly EntryDelta[];
      /** How long the permission holds, from the entry's time. */
      readonly hold_ms: number;
    }
  /** `deltas`: those of the decision again, so that a start counts even where its reservation has lapsed. */
  | { readonly kind: "begin"; readonly id: string; readonly keys: ScopeKeys; readonly deltas: readonly EntryDelta[] }
  | { readonly kind: "settle"; readonly id: string; readonly failed: boolean }
  | { readonly kind: "void"; readonly id: string };

/**
 * What an entry changes in history; null when nothing. Cost: linear in its deltas.
 *
 * @throws {CanopyError} `INVALID_ENTRY` when its deltas can't be read.
 */
export function stateChangeOf(entry: JsonObject): StateChange | null {
  switch (entry["event"]) {
    case "authorize_action":
      return reservation(entry, entry["entry_hash"]);
    case "reauthorized":
      return reservation(entry, entry["authorization_id"]);
    case "tool_start":
      return withId(entry, (id) => ({
        kind: "begin",
        id,
        keys: scopeKeysOfEntry(entry),
        deltas: parseEntryDeltas(entry["counter_deltas"]),
      }));
    case "tool_result":
      return withId(entry, (id) => ({ kind: "settle", id, failed: entry["outcome"] === "error" }));
    case "approval_rejected":
    case "approval_skipped":
      return withId(entry, (id) => ({ kind: "void", id }));
    default:
      return null;
  }
}

function reservation(entry: JsonObject, id: JsonValue | undefined): StateChange | null {
  if (entry["decision"] !== "ALLOW" || entry["counter_deltas"] === undefined || typeof id !== "string") return null;
  const deltas = parseEntryDeltas(entry["counter_deltas"]);
  const until = parseEntryTime(entry["expires_at"]);
  const from = parseEntryTime(entry["timestamp"]);
  // Without an end it would never lapse: nothing is freed that might still be begun.
  const hold_ms = until === null || from === null ? Infinity : Math.max(0, until.to_ms - from.from_ms);
  return { kind: "reserve", id, keys: scopeKeysOfEntry(entry), deltas, hold_ms };
}

function withId(entry: JsonObject, change: (id: string) => StateChange): StateChange | null {
  const id = entry["authorization_id"];
  return typeof id === "string" ? change(id) : null;
}

/** The scopes that an entry belongs to. */
export function scopeKeysOfEntry(entry: JsonObject): ScopeKeys {
  return scopeKeysOf({
    avid: text(entry["avid"]) ?? "",
    session_id: text(entry["session_id"]),
    trace_id: text(entry["trace_id"]),
    tenant_id: text(entry["tenant_id"]),
  });
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
