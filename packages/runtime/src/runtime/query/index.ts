// canopy-runtime/log-query: questions in CEL about a log's entries.

export { EntryCondition, type Answer } from "./entry-condition.ts";
export { EntryRecords, type MissingDetails } from "./entry-details.ts";
export { ruleRefs, type EntryDetails } from "./entry-environment.ts";
