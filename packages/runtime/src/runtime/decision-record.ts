// What was kept, encrypted, beside a decision's entry: read back for begin, attest and reauthorize.

import { CanopyError } from "../core/errors.ts";
import type { DecideRequest } from "../core/decide.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { Ledger } from "../ledger/ports.ts";

/** The members of a decision's record that execution needs. */
export interface DecisionRecord {
  /** Hex; the key of the commitments of payload and result. */
  readonly salt: string;
  readonly action_digest: string;
  readonly action_type: JsonValue;
  /** As it was asked for. */
  readonly action_payload: JsonValue;
  /** What runs: the payload as the policy edited it, or as it was asked for. */
  readonly decided_payload: JsonValue;
  readonly cwd: string | null;
  readonly agent_ctx: JsonValue;
  /** Where it was decided that the action would run: whoever approves it may be elsewhere. */
  readonly place: { readonly cwd: string | null; readonly home: string | null };
  readonly findings: readonly JsonObject[];
}

const ID = /^[0-9a-f]{64}$/;

/**
 * An authorization id from outside. Nothing is trimmed or folded: an id is one text.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION`.
 */
export function parseAuthorizationId(input: unknown): string {
  if (typeof input === "string" && ID.test(input)) return input;
  throw new CanopyError("UNKNOWN_AUTHORIZATION", "an authorization_id must be 64 lower-case hex digits", {
    fix: "give the authorization_id of a decision that was recorded in this log",
  });
}

/**
 * The record of a decision.
 *
 * Cost: one look-up and one decryption in the payload store.
 *
 * @throws {CanopyError} `UNKNOWN_AUTHORIZATION` when the log has no such decision; `NOT_ALLOWED` when its record was erased.
 */
export async function readDecisionRecord(ledger: Ledger, authorization_id: string): Promise<DecisionRecord> {
  const content = await ledger.readRecord(authorization_id);
  const record = content === null ? null : parseRecord(content);
  if (record !== null) return record;
  const history = await ledger.historyOf(authorization_id);
  if (!history.some((entry) => entry.entry_hash === authorization_id && entry.event === "authorize_action")) {
    throw new CanopyError("UNKNOWN_AUTHORIZATION", "this log knows no authorization of that id");
  }
  throw new CanopyError("NOT_ALLOWED", "the record of the decision is gone, so what was decided can't be shown", {
    fix: "authorize the action again",
  });
}

/** The request that a record is of. */
export function recordedRequest({ agent_ctx, action_type, action_payload, cwd }: DecisionRecord): DecideRequest {
  return { agent_ctx, action_type, action_payload, cwd };
}

function parseRecord(content: JsonObject): DecisionRecord | null {
  const { salt, action_digest, action_type, action_payload, cwd, agent_ctx, findings } = content;
  if (typeof salt !== "string" || typeof action_digest !== "string" || !Array.isArray(findings)) return null;
  if (action_type === undefined || action_payload === undefined || agent_ctx === undefined) return null;
  const list: readonly JsonValue[] = findings;
  return {
    salt,
    action_digest,
    action_type,
    action_payload,
    decided_payload: content["edited_payload"] ?? action_payload,
    agent_ctx,
    cwd: textOrNull(cwd),
    place: parsePlace(content["facts"]),
    findings: list.filter(isJsonObject),
  };
}

function parsePlace(facts: JsonValue | undefined): DecisionRecord["place"] {
  const surroundings = isJsonObject(facts) ? facts["surroundings"] : undefined;
  if (!isJsonObject(surroundings)) return { cwd: null, home: null };
  return { cwd: textOrNull(surroundings["cwd"]), home: textOrNull(surroundings["home"]) };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
