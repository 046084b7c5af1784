// The policy layer: the integrator's own rules, as YAML.

export { compilePolicy, type CompiledPolicy, type CompileOptions } from "./compile.ts";
export { lintPolicy, type LintMessage } from "./lint.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { isPolicyPackName, policyPack, type PolicyPackName } from "./packs/index.ts";
