// The policy layer: the integrator's own rules, as YAML.

export {
  compileInSteps,
  compilePolicy,
  readPolicyValues,
  type CompiledPolicy,
  type CompileOptions,
} from "./compile.ts";
export type { IncludeAnswer, IncludedFile, IncludeRequest, ResolveInclude } from "./include.ts";
export { lintPolicy, type LintMessage } from "./lint.ts";
export type { Located, LocatedEntry } from "./parse.ts";
export { ProblemList, type Problem, type ProblemCode } from "./problem.ts";
export { isPolicyPackName, policyPack, type PolicyPackName } from "./packs/index.ts";
