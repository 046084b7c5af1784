// The policy layer: the integrator's own rules, as YAML.

export {
  compileInSteps,
  compilePolicy,
  readPolicyValues,
  type CompiledPolicy,
  type CompileOptions,
} from "./compile.ts";
export { engineInputs, type EngineQuestion } from "./engines/engine-input.ts";
export type { CedarSource, EngineSource, PinnedFile, RegoSource, RemoteSource } from "./engines/engine-source.ts";
export type { ExternalAnswer, ExternalFacts } from "./engines/external-answer.ts";
export { failed, readEngineAnswer, stricterAnswer, verdict } from "./engines/read-engine-answer.ts";
export type { IncludeAnswer, IncludedFile, IncludeRequest, ResolveInclude } from "./include.ts";
export { formatPolicy, type FormatResult } from "./format.ts";
export { lockIncludes, type IncludeName, type LockedInclude, type LockedPolicy } from "./lock.ts";
export { PROBLEM_HELP } from "./problem-help.ts";
export { lintPolicy, type LintMessage, type LintOptions } from "./lint.ts";
export type { Located, LocatedEntry } from "./parse.ts";
export { ProblemList, type Problem, type ProblemCode } from "./problem.ts";
export { isPolicyPackName, POLICY_PACK_NAMES, policyPack, type PolicyPackName } from "./packs/index.ts";
