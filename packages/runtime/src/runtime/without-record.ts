// What a runtime answers without recording it.

import type { GivenContext } from "../core/agent-context.ts";
import { evaluateAsking, evaluateOnly, type AuthorizeRequest } from "./authorize.ts";
import type { CallOptions, Runtime } from "./create-runtime.ts";
import { explainRequest } from "./explain-request.ts";
import type { PolicyHolder } from "./policy-in-force.ts";
import type { Ledger } from "../ledger/ports.ts";

/** What decides and records nothing. `ledger` gives the log once it is open: until then no recorded kill switch is seen. */
export function withoutRecord(
  holder: Pick<PolicyHolder, "current">,
  ensureOpen: () => void,
  ledger: () => Ledger | undefined,
): Pick<Runtime, "evaluate" | "evaluateAsync" | "explain"> {
  return {
    evaluate(agent_ctx, action_type, action_payload, options = {}) {
      ensureOpen();
      const asked = requestOf(agent_ctx, action_type, action_payload, options);
      return evaluateOnly(asked, holder.current.parts, ledger());
    },
    async evaluateAsync(agent_ctx, action_type, action_payload, options = {}) {
      ensureOpen();
      const asked = requestOf(agent_ctx, action_type, action_payload, options);
      return (await evaluateAsking(asked, holder.current.parts, null)).evaluation;
    },
    explain(agent_ctx, action_type, action_payload, options = {}) {
      ensureOpen();
      return explainRequest(requestOf(agent_ctx, action_type, action_payload, options), holder.current);
    },
  };
}

/** A call as one request. */
export function requestOf(
  agent_ctx: GivenContext,
  action_type: unknown,
  action_payload: unknown,
  options: CallOptions,
): AuthorizeRequest {
  const { cwd = null, idempotency_key = null } = options;
  return { agent_ctx, action_type, action_payload, cwd, idempotency_key };
}
