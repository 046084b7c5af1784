// The classes of differences from 0.4.2: by a property of the case and of our decision, never by a case's name.
// docs/deviations.md says for each what differs and why ours is right.
import { BUILT_IN_DEVIATIONS } from "./deviations-built-in.mjs";
import { POLICY_DEVIATIONS } from "./deviations-policy.mjs";

/** In order; the first class that covers a difference counts it. */
export const DEVIATIONS = [...POLICY_DEVIATIONS, ...BUILT_IN_DEVIATIONS];
