// Anchors, for commands: how they stand, and what they keep of a log, held against it.

export { anchorReport, type AnchorReport, type AnchorStatus } from "./anchor-status.ts";
export { knownFromAnchor, type KnownFromAnchor, type Verifier } from "./known-from-anchor.ts";
