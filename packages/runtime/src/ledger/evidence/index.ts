// What a verifier in a browser, or any other host without Node, needs to check a bundle. Everything here is pure.

export type { BundleLine, RunningHash } from "./bundle-lines.ts";
export type { BundleTools, BundleVerdict } from "./bundle-verdict.ts";
export { checkIndexProof } from "./check-index-proof.ts";
export { BundleVerifier } from "./verify-bundle.ts";
export { CanopyError } from "../../core/errors.ts";
export type { VerifySignature } from "../../identity/possession.ts";
export { parseTrustPolicy, trustKeys, type TrustPolicy } from "../tlog/trust-policy.ts";
export { parseVerifierKey } from "../tlog/verifier-key.ts";
