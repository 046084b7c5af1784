export { effectsOf, type Effect, type EffectKind, type EffectNamed } from "./effect.ts";
export { NO_SURROUNDINGS, type Surroundings } from "./surroundings.ts";
