// Anchors, for commands: what they keep of a log, held against it.

export { knownFromAnchor, type KnownFromAnchor, type Verifier } from "./known-from-anchor.ts";
