// What is proved of a policy, and what of every policy.

export { proveCan, type CanAnswer, type Provable } from "./can.ts";
export { proveArticles } from "./constitution-effects.ts";
export { decideCase, proveDecisions, type AbstractLayers, type AnyAction, type ProvedSpace } from "./floor.ts";
