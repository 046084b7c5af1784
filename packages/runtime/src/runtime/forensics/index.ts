// canopy-runtime/forensics: incidents, timelines and coverage of a log.

export { makeBundle, type BundleRequest, type MadeBundle } from "./make-bundle.ts";
export { PayloadExcerpts, type ExcerptCounts } from "./payload-excerpts.ts";
export { readHistory, readCoverage, listIncidents, selectEntries, type History } from "./read-history.ts";
export {
  INCIDENT_STATES,
  parseIncidentState,
  type Incident,
  type IncidentState,
} from "../../forensics/incident-state.ts";
export type { Coverage, CoverageFault } from "../../forensics/coverage.ts";
export { selectionText, type Selection } from "../../forensics/selection.ts";
export type { Timeline, TimelineAgent, TimelineSummary } from "../../forensics/timeline.ts";
export type { RowMark, TimelineRow } from "../../forensics/timeline-row.ts";
export { clippedText, markupText, visibleLine } from "../../forensics/markup-text.ts";
export { timelineSvg } from "../../forensics/timeline-svg.ts";
