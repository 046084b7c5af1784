// canopy-runtime: decide before an agent acts, record it, bind what ran to what was decided.

export { CanopyError, ERROR_CODES, EXIT, type ErrorCode } from "./core/errors.ts";
export type { Evaluation, Obligation, PolicySnapshot } from "./core/decision.ts";
export type { ContextMembers, GivenContext } from "./core/agent-context.ts";
export type { Effect, EffectKind } from "./core/effects/effect.ts";
export type { Finding, Layer, Severity, Verdict } from "./core/finding.ts";
export type { JsonObject, JsonValue } from "./core/json.ts";

export { authorizeAction, defaultRuntime, openIncident } from "./runtime/default-runtime.ts";
export { createRuntime, type CallOptions, type Runtime, type RuntimeConfig } from "./runtime/create-runtime.ts";
export type { ExplainedAction, Explanation } from "./runtime/explain-request.ts";
export type { ConditionTrace, RuleTrace, SeenValue } from "./core/policy/explain.ts";
export type { CelTrace } from "./core/policy/cel/index.ts";
export type { PolicyReload } from "./runtime/policy-in-force.ts";
export type { PolicyProblem } from "./runtime/policy-problem.ts";
export type { Decision } from "./runtime/decision.ts";
export { safeTool, type SafeToolOptions } from "./runtime/safe-tool.ts";
export { promptForApproval, type ApprovalRequest, type PromptOptions } from "./runtime/approval-prompt.ts";
export { CanopyPermissionError } from "./runtime/permission-error.ts";
export { resolveSettings, type ResolvedSettings, type Settings } from "./runtime/config.ts";
export type { Outcome } from "./runtime/attest.ts";
export type { KillSwitchChange } from "./runtime/kill-switch.ts";
export type { IncidentReport, IncidentUpdate, OpenedIncident, UpdatedIncident } from "./runtime/incident.ts";

export { verifyWitness } from "./runtime/verify-witness.ts";
export type { WitnessVerification } from "./identity/witness.ts";
export { possessionBytes, type PossessionChallenge } from "./identity/possession.ts";
export { signVote, type VoteOptions } from "./runtime/sign-vote.ts";
export type { Approval, SignedVote, Vote } from "./approvals/vote.ts";
export type { ApprovalCallback, ApprovalMode, EditedArguments } from "./runtime/approval-modes.ts";
