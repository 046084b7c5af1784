// canopy-runtime/replay: recorded decisions, made again.

export {
  replayLog,
  type NotReplayable,
  type ReplayedDecision,
  type ReplayOptions,
  type ReplaySummary,
} from "./replay-log.ts";
export type { Difference } from "./first-difference.ts";
export type { DecisionFilter, OtherEntry } from "./read-decisions.ts";
export { agentAvid } from "./agent-avid.ts";
