// canopy-runtime/flag-values: what people's words for an agent, a scope and a length of time mean. Commands that only read
// a log ask for no more than that, and load neither policies nor the engine for it.

export { durationMs } from "../core/policy/duration.ts";
export { agentAvid } from "./agent-avid.ts";
export { scopeMeant } from "./kill-switch.ts";
