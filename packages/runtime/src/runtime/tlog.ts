// The tree over a log, for commands: read, copied, proven from, and what was proven checked.

export { checkIncluded, isTlogProof, trustFrom, type IncludedCheck, type TrustSource } from "./check-included.ts";
export { proveIncluded, type IncludedProof } from "../storage/tlog/prove-included.ts";
export { TlogReader, type TlogReaderOptions } from "../storage/tlog/tlog-reader.ts";
export { writeStaticCopy, type StaticCopy } from "../storage/tlog/static-copy.ts";
