// The runtime that the top-level functions use: built from the environment, once, when it is first needed.

import type { GivenContext } from "../core/agent-context.ts";
import type { Decision } from "./decision.ts";
import { createRuntime, type CallOptions, type Runtime } from "./create-runtime.ts";
import type { IncidentReport, OpenedIncident } from "./incident.ts";

let shared: Runtime | null = null;

/**
 * The process's own runtime.
 *
 * @throws {CanopyError} `INVALID_CONFIG`, `POLICY_UNREADABLE`, `INVALID_POLICY` on first use.
 */
export function defaultRuntime(): Runtime {
  return (shared ??= createRuntime());
}

/**
 * Decide an action before it runs, record the decision, and only then answer.
 *
 * @param agent_ctx who acts and what its owner allows it (docs/agent-context.md); at least `{ public_key }`.
 * @param action_type what kind of action, e.g. `execute_shell`.
 * @param action_payload its arguments, as JSON.
 * @throws {CanopyError} `INVALID_CONTEXT` or `INVALID_ACTION` when there is nothing that can be decided.
 */
export async function authorizeAction(
  agent_ctx: GivenContext,
  action_type: string,
  action_payload: unknown,
  options: CallOptions = {},
): Promise<Decision> {
  return defaultRuntime().authorize(agent_ctx, action_type, action_payload, options);
}

/** Open an incident in the process's own log. Throws as `Runtime.openIncident`. */
export async function openIncident(report: IncidentReport): Promise<OpenedIncident> {
  return defaultRuntime().openIncident(report);
}
