// Conditions in CEL: compiled when a policy loads, evaluated for each action. What others use of this folder.

export { compileCel, type CelCondition, type CelOptions, type CelRefusal, type CelResult } from "./condition.ts";
export type { CelTrace } from "./explain.ts";
export type { CelParameter, CelParameters } from "./parameters.ts";
export { celAmount, celJson } from "./value-out.ts";
export { celView, type CelInput, type CelView } from "./view.ts";
