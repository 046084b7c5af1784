// Decides a case as the packages do, in a fixed place, so that the figures are the same on every machine.
import { decide } from "../../packages/runtime/dist/core/decide.js";
import { createEngine } from "../../packages/runtime/dist/runtime/engine.js";
import { policyPack } from "../../packages/runtime/dist/core/policy/index.js";

/** Where the cases run: a project folder below a home, nothing known to be in force. */
export const PROJECT = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };
/** Nothing known of the place: paths stay relative. */
export const NOWHERE = { cwd: null, home: null, governance: [], links: {} };

const engines = new Map();

/**
 * The evaluation of a case `{agent_ctx, action_type, action_payload, policy}`, or `{error: code}` when it is refused.
 * `policy` is null for the pack `default`, `production`, or a policy's text.
 */
export function decideCase(request, surroundings = PROJECT) {
  try {
    const facts = { now_ms: 0, kill_switch: null, surroundings };
    return decide(
      { agent_ctx: { public_key: "pk-conformance" }, ...request },
      facts,
      engineFor(request.policy ?? null),
    );
  } catch (error) {
    if (typeof error?.code !== "string") throw error;
    return { error: error.code, message: error.message, decision: "ERROR" };
  }
}

function engineFor(policy) {
  const known = engines.get(policy);
  if (known !== undefined) return known;
  const bytes = policy === null || policy === "production" ? policyPack(policy ?? "default") : policy;
  const { engine } = createEngine({ bytes, file: null, source: "argument" });
  engines.set(policy, engine);
  return engine;
}
