// canopy-runtime/entry-names: what a log calls things, for commands that are asked about them by other names.

export { nearestWord } from "../core/policy/suggest.ts";
export { registeredTypes } from "../core/action-types.ts";
export { recordedType, type RecordedType } from "../core/normalize.ts";
export { typeKey } from "../core/policy/type-name.ts";
export { ENTRY_DECISIONS, ENTRY_EVENTS, ENTRY_TYPES } from "../ledger/entry-words.ts";
