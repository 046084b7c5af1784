// Anchors, for commands: how they stand, and what they keep of a log, held against it.

export { anchorReport, type AnchorReport, type AnchorSettings, type AnchorStatus } from "./anchor-status.ts";
export type { CheckpointState, CosignedState } from "./log-chain.ts";
export { knownFromAnchor, type KnownFromAnchor, type Verifier } from "./known-from-anchor.ts";
