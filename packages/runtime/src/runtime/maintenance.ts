// Work on a log by its operator, for commands: import, erasure.

export { eraseSubject, type ErasedSubject } from "./erase-subject.ts";
export { exportOriginal, type OriginalLog } from "./export-original.ts";
export { importLog, type ImportedLog, type ImportOptions } from "./import-log.ts";
