// Idempotency keys: a request that is sent twice is decided once.
//
// The key is scoped to tenant and agent. A repeat with the same digest gets the same authorization, with the expiry it
// had; another digest under the same key is a conflict. Which is which is judged under the lock of the log.

import { createHash } from "node:crypto";
import { decideUnderstood, effectsIn, type Engine, type UnderstoodRequest } from "../core/decide.ts";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonValue } from "../core/json.ts";
import type { Decision } from "./decision.ts";
import { parseRecordedRequest } from "./replay/recorded-request.ts";
import type { AppendRequest, Ledger, LedgerEntry } from "../ledger/ports.ts";

const MAX_KEY_LENGTH = 256;

/**
 * The id under which entries of one idempotency key are found: 64 hex digits.
 *
 * @throws {CanopyError} `INVALID_REQUEST` for an empty or over-long key.
 */
export function requestId(key: string, tenant_id: string | null, avid: string): string {
  if (key === "" || key.length > MAX_KEY_LENGTH) {
    throw new CanopyError("INVALID_REQUEST", `an idempotency key must have 1 to ${MAX_KEY_LENGTH} characters`);
  }
  // It separates the parts below: inside one, two tenants or agents could come to the same id.
  if (key.includes("\0")) throw new CanopyError("INVALID_REQUEST", "an idempotency key must not hold a NUL");
  const parts = ["canopy-request-v1", tenant_id ?? "", avid, key];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

/** The guard of a first append under a request id: there must be none before it, else `IDEMPOTENCY_CONFLICT`. */
export function firstOfRequest(request_id: string): NonNullable<AppendRequest["guard"]> {
  return {
    authorization_id: request_id,
    check: (history) => {
      if (history.some((entry) => isDecisionOf(entry, request_id))) {
        throw conflict("this idempotency key was used by another call at the same time");
      }
    },
  };
}

/**
 * The decision that was made under a request id, or null when there is none yet.
 *
 * It is derived anew from the recorded facts, and given only when that comes to what the log says.
 *
 * @throws {CanopyError} `IDEMPOTENCY_CONFLICT` when it was about another action, can no longer be shown to be about
 *   this one, or was made under rules or a policy that are no longer in force.
 */
export async function earlierDecision(
  request_id: string,
  understood: UnderstoodRequest,
  { ledger, engine }: { readonly ledger: Ledger; readonly engine: Engine },
): Promise<Decision | null> {
  const history = await ledger.historyOf(request_id);
  const entry = history.find((candidate) => isDecisionOf(candidate, request_id));
  if (entry === undefined) return null;
  const record = await ledger.readRecord(entry.entry_hash);
  // Where the policy edited the payload, the digest that was decided is not the one that was asked for.
  if ((record?.["asked_digest"] ?? record?.["action_digest"]) !== understood.action.digest || record === null) {
    throw conflict("this idempotency key was used for another action");
  }
  const facts = parseRecordedRequest(record)?.facts ?? null;
  const evaluation =
    facts === null ? null : decideUnderstood(understood, effectsIn(understood, facts.surroundings), facts, engine);
  if (evaluation === null || evaluation.decision !== entry["decision"] || !sameRules(entry, evaluation)) {
    throw conflict("this idempotency key was used under other rules or another policy");
  }
  // The first call may still be waiting for its sync.
  await ledger.settled(entry);
  return {
    ...evaluation,
    authorization_id: entry.entry_hash,
    witness: null,
    expires_at: textOf(entry["expires_at"]),
    approval_expires_at: textOf(entry["approval_expires_at"]),
  };
}

function isDecisionOf(entry: LedgerEntry, request_id: string): boolean {
  return entry.event === "authorize_action" && entry["request_id"] === request_id;
}

function sameRules(entry: LedgerEntry, evaluation: Pick<Decision, "policy_snapshot">): boolean {
  const snapshot = entry["policy_snapshot"];
  if (!isJsonObject(snapshot)) return false;
  const { policy_hash, rules_hash } = evaluation.policy_snapshot;
  return snapshot["policy_hash"] === policy_hash && snapshot["rules_hash"] === rules_hash;
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function conflict(message: string): CanopyError {
  return new CanopyError("IDEMPOTENCY_CONFLICT", message, { fix: "use a new key for a new request" });
}
