// What a decision's record says that was asked and known: all that evaluating it again needs.

import type { Facts } from "../../core/facts.ts";
import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";

/** A recorded request with its facts. */
export interface RecordedRequest {
  /** Hex, 32 bytes: the key of commitments and salted hashes. */
  readonly salt: string;
  readonly action_digest: string;
  readonly action_type: JsonValue;
  readonly action_payload: JsonValue;
  readonly cwd: string | null;
  readonly agent_ctx: JsonObject;
  readonly facts: Facts;
  readonly findings: readonly JsonValue[];
  /** When a decision that was made again was recorded; null for a first decision, which is as old as its facts. */
  readonly at_ms: number | null;
}

const SALT = /^[0-9a-f]{64}$/;

/** Take a record apart; null when it doesn't hold what a replay needs. */
export function parseRecordedRequest(content: JsonObject): RecordedRequest | null {
  const { salt, action_digest, action_type, action_payload, cwd = null, agent_ctx, facts, findings, at_ms } = content;
  if (typeof salt !== "string" || !SALT.test(salt) || typeof action_digest !== "string") return null;
  if (action_type === undefined || action_payload === undefined || !isJsonObject(agent_ctx)) return null;
  if (!isFacts(facts) || !isJsonList(findings)) return null;
  if (cwd !== null && typeof cwd !== "string") return null;
  const at = isInstant(at_ms) ? at_ms : null;
  return { salt, action_digest, action_type, action_payload, cwd, agent_ctx, facts, findings, at_ms: at };
}

// The record is authenticated, so its facts are as they were written; what is asked is whether they are facts at all.
function isFacts(value: unknown): value is Facts {
  if (!isMembers(value) || !isInstant(value["now_ms"])) return false;
  const { kill_switch, surroundings } = value;
  if (kill_switch !== null && !isMembers(kill_switch)) return false;
  if (!isMembers(surroundings) || !isMembers(surroundings["links"])) return false;
  const { cwd, home, governance } = surroundings;
  return isTextOrNull(cwd) && isTextOrNull(home) && Array.isArray(governance);
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

/** The latest time that a date can hold, in milliseconds since 1970. */
const LATEST_MS = 8_640_000_000_000_000;

function isInstant(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= LATEST_MS;
}
