export type { Effect, EffectKind, EffectNamed } from "./effect.ts";
export { NO_SURROUNDINGS, type Surroundings } from "./surroundings.ts";
