// canopy-runtime/replay: recorded decisions, made again, and made by another policy.

export {
  replayLog,
  type NotReplayable,
  type ReplayedDecision,
  type ReplayOptions,
  type ReplaySummary,
} from "./replay-log.ts";
export type { HistoryChecked } from "./replayed-history.ts";
export type { Difference } from "./first-difference.ts";
export type { DecisionFilter, OtherEntry } from "./read-decisions.ts";
export { simulateLog, type NotSimulated, type SimulatedDecision, type SimulateOptions } from "./simulate-log.ts";
export { FlipTally, type FlipCount, type FlipGroup, type FlipReport } from "./flip-tally.ts";
export { diffLog, type ComparedDecision, type DiffLogOptions } from "./diff-log.ts";
export {
  diffPolicies,
  type DiffCase,
  type DiffedPolicy,
  type DiffGroup,
  type PolicyDiff,
  type RuleChanges,
} from "../diff-policies.ts";
