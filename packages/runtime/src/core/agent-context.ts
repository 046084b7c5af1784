// The agent context, parsed at the door: identity, the documented overrides, and everything else for policies.

import { canonicalJson } from "./canonical.ts";
import { CanopyError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/**
 * What the integrator's code says about the agent. In process it is trusted (it is code, not the agent's words).
 * Every override is off unless it is exactly of the documented type.
 */
export interface AgentContext {
  /** The public key, or an opaque string that stands for the agent. */
  readonly public_key: string;
  readonly kill_switch: JsonValue;
  readonly status: JsonValue;
  readonly autonomous_mode: boolean;
  /** A decimal amount in USD, `unlimited`, or null when none is given (then the default holds). */
  readonly spending_limit: number | "unlimited" | null;
  readonly trusted_domains: readonly string[];
  /** Null: none granted. */
  readonly communication_channels: readonly string[] | null;
  readonly bulk_authorized: boolean;
  readonly can_spawn_agents: boolean;
  /** Null when the agent's own permissions are not a list of names. */
  readonly permissions: readonly string[] | null;
  readonly mining_authorized: boolean;
  /** Null: none granted. */
  readonly physical_actions: readonly string[] | null;
  readonly security_testing_authorized: boolean;
  readonly high_compute_authorized: boolean;
  readonly safe_paths: readonly string[];
  readonly environment: string | null;
  readonly trace_id: string | null;
  readonly session_id: string | null;
  readonly tenant_id: string | null;
  /** As received, for policy conditions. */
  readonly raw: JsonObject;
}

/** The documented members of a context, for editors: what each means stands in docs/agent-context.md. */
export interface ContextMembers {
  /** Ed25519 or P-256 public key (PEM, JWK, `did:key`), or any text that names the agent. */
  readonly public_key: string | object;
  /** When given, must be the AVID of that key. */
  readonly avid?: string;
  readonly created_at?: string;
  readonly trace_id?: string;
  readonly session_id?: string;
  readonly tenant_id?: string;
  /** Of the prompt and the answer that led to the request: kept in the encrypted record; the log has one salted hash. */
  readonly prompt_hash?: string;
  readonly prompt_excerpt?: string;
  readonly agent_response_excerpt?: string;
  /** The person for whom the agent acts: a public key, or a name of the setting `approver_names`. */
  readonly requester?: string;
  /** Engaged by anything but absent, `null` or `false`. */
  readonly kill_switch?: unknown;
  /** Engaged by anything but absent, `null`, empty, `active`, `running`, `ok`, `idle`. */
  readonly status?: unknown;
  readonly environment?: string;
  /** The same as `environment`. */
  readonly env?: string;
  /** Folders the agent may write to. */
  readonly safe_paths?: readonly string[];
  readonly autonomous_mode?: boolean;
  /** USD in one action; default 10. */
  readonly spending_limit?: number | "unlimited";
  /** Each with its subdomains. */
  readonly trusted_domains?: readonly string[];
  /** Channels or action types, each by its name. */
  readonly communication_channels?: readonly string[];
  readonly bulk_authorized?: boolean;
  readonly can_spawn_agents?: boolean;
  /** What the agent may do, and at most may pass on to agents that it spawns. */
  readonly permissions?: readonly string[];
  readonly mining_authorized?: boolean;
  /** Action types. */
  readonly physical_actions?: readonly string[];
  readonly security_testing_authorized?: boolean;
  readonly high_compute_authorized?: boolean;
}

/** An agent context as it is given: the documented members, and any others for policies. Checked when it is used. */
export type GivenContext = ContextMembers | JsonValue;

/**
 * Parse an agent context.
 *
 * @throws {CanopyError} `INVALID_CONTEXT` when there is no usable identity, or a member that decides something has a wrong type.
 */
export function parseAgentContext(input: GivenContext): AgentContext {
  if (!isContextObject(input)) throw invalid("agent_ctx must be an object", "agent_ctx");
  // What a polluted prototype claims grants nothing; what it stops (`kill_switch`, `status`) stays stopped.
  const own = ownMembers(input);
  const given = own["public_key"];
  // A JWK may come as an object; its canonical text is what identity parses.
  const key = isJsonObject(given) ? canonicalJson(given) : given;
  if (typeof key !== "string" || key.trim() === "") {
    throw invalid("agent_ctx.public_key must be a non-empty string or a JWK", "agent_ctx.public_key");
  }
  return {
    public_key: key,
    kill_switch: input["kill_switch"] ?? null,
    status: input["status"] ?? null,
    autonomous_mode: own["autonomous_mode"] === true,
    spending_limit: spendingLimit(own["spending_limit"]),
    trusted_domains: names(own["trusted_domains"]) ?? [],
    communication_channels: names(own["communication_channels"]),
    bulk_authorized: own["bulk_authorized"] === true,
    can_spawn_agents: own["can_spawn_agents"] === true,
    permissions: names(own["permissions"]),
    mining_authorized: own["mining_authorized"] === true,
    physical_actions: names(own["physical_actions"]),
    security_testing_authorized: own["security_testing_authorized"] === true,
    high_compute_authorized: own["high_compute_authorized"] === true,
    safe_paths: names(own["safe_paths"]) ?? [],
    environment: text(own, "environment") ?? text(own, "env"),
    trace_id: text(own, "trace_id"),
    session_id: text(own, "session_id"),
    tenant_id: text(own, "tenant_id"),
    raw: input,
  };
}

function ownMembers(input: JsonObject): JsonObject {
  const own: JsonObject = { __proto__: null, ...input };
  return own;
}

function isContextObject(input: GivenContext): input is JsonObject {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function names(value: JsonValue | undefined): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const list: readonly JsonValue[] = value;
  return list.every((item) => typeof item === "string") ? list : null;
}

function spendingLimit(value: JsonValue | undefined): number | "unlimited" | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  // Somebody set a limit that can't be read: less than the default may have been meant.
  return value === "unlimited" ? value : 0;
}

function text(input: JsonObject, member: string): string | null {
  const value = input[member];
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "string") throw invalid(`agent_ctx.${member} must be a string`, `agent_ctx.${member}`);
  return value;
}

function invalid(message: string, at: string): CanopyError {
  return new CanopyError("INVALID_CONTEXT", message, {
    at,
    fix: 'give at least {"public_key": "…"}; the overrides and their types are in docs/agent-context.md',
  });
}
