// A timeline as a document for programs. docs/incidents.md describes it.

import type { AnchorReport } from "canopy-runtime/anchors";
import type { JsonObject } from "canopy-runtime/json";
import { withoutSecrets } from "../export/without-secrets.ts";
import type { ShownHistory } from "./timeline-view.ts";

/** What is exported: what is shown, and when it was made. */
export interface ExportedHistory extends ShownHistory {
  /** RFC 3339. */
  readonly made_at: string;
}

/** The same without secrets: what people wrote into incidents and reasons may hold some. The log keeps them. */
export function exportable<Exported extends ExportedHistory>(history: Exported): Exported {
  const { timeline, incidents } = history;
  const rows = withoutSecrets(timeline.rows);
  return { ...history, timeline: { ...timeline, rows }, incidents: withoutSecrets(incidents) };
}

/** The document. */
export function historyDocument(history: ExportedHistory): Readonly<Record<string, unknown>> {
  const { verification, timeline, incidents, selection, made_at, log_id, payloads, vouched } = history;
  const { path, valid, entries, failure, first_bad_line, segment, head, anchored, signatures, warnings } = verification;
  return {
    canopy_incident: 1,
    made_at,
    log: path,
    log_id,
    selection: { ...selection } satisfies JsonObject,
    chain: { valid, entries, failure, first_bad_line, segment, head, anchored, signatures, warnings },
    vouched: "problem" in vouched ? vouched : vouchedDocument(vouched.report),
    cannot_see_ungoverned_calls: true,
    incidents,
    payloads,
    summary: timeline.summary,
    agents: timeline.agents,
    rows: timeline.rows,
  };
}

/** What vouches for a log, for programs. */
export function vouchedDocument({ origin, checkpoint, problem, cosigned, anchors }: AnchorReport): JsonLike {
  return { origin, checkpoint, checkpoint_problem: problem, cosigned, anchors };
}

type JsonLike = Readonly<Record<string, unknown>>;
