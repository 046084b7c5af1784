// The lists that are gathered from the whole log: who acts, in which traces, what happened, what waits, what is stopped.

import { filterWord } from "./entry-filter.ts";
import { cell, listBody, type ListBody, type ViewContext } from "./body.ts";
import { shortAgent } from "./entry-facts.ts";
import type { Span, Tone } from "./frame.ts";
import { shortReason } from "./live-view.ts";
import type { AgentRow, IncidentRow, PendingRow, SwitchRow, TraceRow, VerdictCounts } from "./log-survey.ts";

const WIDE = 96;

/** Agents, the one that acted last first. */
export function agentsBody({ state, data }: ViewContext): ListBody {
  const wide = state.columns >= WIDE;
  const spans = (row: AgentRow): readonly Span[] => [
    cell(wide ? row.avid.slice(0, 30) : shortAgent(row.avid), wide ? 32 : 15),
    cell(row.identity, 11),
    ...countSpans(row),
    cell(timeOf(row.last), wide ? 20 : 9),
    { text: row.last_action },
  ];
  return listBody(data.summary?.agents ?? [], {
    header: [
      cell("AGENT", wide ? 32 : 15),
      cell("IDENTITY", 11),
      ...COUNTS,
      cell("LAST", wide ? 20 : 9),
      { text: "DID" },
    ],
    key: ({ avid }) => avid,
    spans,
    opens: ({ avid }) => ({ view: "live", filter: `agent:=${filterWord(avid)}` }),
    empty: gathering(data.summary?.complete, "No agent has acted yet."),
  });
}

/** Traces, the one with the newest entry first. */
export function tracesBody({ state, data }: ViewContext): ListBody {
  const room = state.columns >= WIDE ? 36 : 18;
  const spans = (row: TraceRow): readonly Span[] => [
    cell(row.trace_id, room),
    cell(String(row.entries), 8),
    cell(String(row.agents), 7),
    ...countSpans(row),
    { text: timeOf(row.last) },
  ];
  return listBody(data.summary?.traces ?? [], {
    header: [cell("TRACE", room), cell("ENTRIES", 8), cell("AGENTS", 7), ...COUNTS, { text: "LAST" }],
    key: ({ trace_id }) => trace_id,
    spans,
    opens: ({ trace_id }) => ({ view: "trace", trace_id }),
    empty: gathering(data.summary?.complete, "No entry names a trace. Give `trace_id` with the agent's context."),
  });
}

/** Incidents, the newest first. */
export function incidentsBody({ state, data }: ViewContext): ListBody {
  const room = state.columns >= WIDE ? 30 : 14;
  const spans = (row: IncidentRow): readonly Span[] => [
    cell(row.incident_id, room),
    cell(row.state, 10, row.state === "open" ? "bad" : "plain"),
    cell(row.severity, 9, severityTone(row.severity)),
    cell(timeOf(row.opened), 9),
    { text: row.description },
  ];
  return listBody(data.summary?.incidents ?? [], {
    header: [cell("INCIDENT", room), cell("STATE", 10), cell("SEVERITY", 9), cell("OPENED", 9), { text: "WHAT" }],
    key: ({ incident_id }) => incident_id,
    spans,
    opens: ({ incident_id }) => ({ view: "incident", incident_id }),
    empty: gathering(data.summary?.complete, "No incident is recorded. `i` on an entry opens one."),
  });
}

/** Decisions that wait for an approval, the one that has waited longest first. */
export function approvalsBody({ state, data }: ViewContext): ListBody {
  const wide = state.columns >= WIDE;
  const spans = (row: PendingRow): readonly Span[] => [
    cell(timeOf(row.asked), 9),
    cell(timeOf(row.until), 9, "caution"),
    cell(row.severity, 9, severityTone(row.severity)),
    cell(row.action_type, wide ? 22 : 16),
    ...(wide ? [cell(shortAgent(row.avid), 15)] : []),
    { text: shortReason(row.reason) },
  ];
  const header = ["ASKED", "UNTIL", "SEVERITY"].map((title) => cell(title, 9));
  return listBody(data.summary?.pending ?? [], {
    header: [...header, cell("ACTION", wide ? 22 : 16), ...(wide ? [cell("AGENT", 15)] : []), { text: "WHY" }],
    key: ({ authorization_id }) => authorization_id,
    spans,
    opens: ({ authorization_id }) => ({ view: "approval", authorization_id }),
    empty: gathering(data.summary?.complete, "Nothing waits for an approval."),
  });
}

/** Kill switches in force. */
export function switchesBody({ state, data }: ViewContext): ListBody {
  const room = state.columns >= WIDE ? 40 : 22;
  const spans = (row: SwitchRow): readonly Span[] => [
    cell("STOPPED", 9, "bad"),
    cell(row.scope, room),
    cell(timeOf(row.since), 9),
    cell(row.by, 12),
    { text: row.reason },
  ];
  return listBody(data.summary?.switches ?? [], {
    header: [cell("STATE", 9), cell("SCOPE", room), cell("SINCE", 9), cell("BY", 12), { text: "WHY" }],
    key: ({ scope }) => scope,
    spans,
    empty: [
      ...gathering(data.summary?.complete, "No kill switch is engaged: decisions are made as the policy says."),
      "",
      "s stops everything; `:stop agent:AVID` or `:stop tenant:ID` less.",
    ],
  });
}

const COUNTS: readonly Span[] = [cell("ALLOW", 7), cell("ASK", 6), cell("DENY", 6)];

function countSpans({ allow, ask, deny }: VerdictCounts): readonly Span[] {
  return [
    cell(String(allow), 7),
    cell(String(ask), 6, ask > 0 ? "caution" : "plain"),
    cell(String(deny), 6, deny > 0 ? "bad" : "plain"),
  ];
}

/** How a severity stands out. */
export function severityTone(severity: string): Tone {
  if (severity === "critical") return "bad";
  return severity === "high" ? "caution" : "plain";
}

/** The time of day of a timestamp. */
function timeOf(timestamp: string): string {
  return timestamp.slice(11, 19);
}

function gathering(complete: boolean | undefined, empty: string): readonly string[] {
  return complete === true ? [empty] : ["Reading the log…"];
}
