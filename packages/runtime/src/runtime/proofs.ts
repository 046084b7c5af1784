// Index proofs, for commands: made over a log, verified, audited.

export { auditorKey, cosignAudited, type AuditorKey } from "./index-auditor.ts";
export { resourceName } from "../core/effects/effect-resources.ts";
export { claimText, limitsOf, type ProofLimit } from "../ledger/entry-index/describe-proof.ts";
export { formatEntryTime } from "../ledger/entry-index/entry-time.ts";
export { statementJson, type NamedResource } from "../ledger/entry-index/index-proof.ts";
export type { Statement } from "../ledger/entry-index/statement.ts";
export type { FoundProof, IndexProofResult } from "../ledger/entry-index/verify-index-proof.ts";
export { auditIndex, type IndexAudit } from "../storage/entry-index/audit-index.ts";
export { proveOverLog, type LogProof } from "../storage/entry-index/prove-log.ts";
export { checkIndexProof, isIndexProof } from "./check-index-proof.ts";
export { namedResource } from "./named-resource.ts";
