// A report as one JSON document.

import type { ComplianceView } from "./compliance/compliance-view.ts";
import { vouchedDocument } from "../incident/history-document.ts";
import type { ReportData } from "./report-data.ts";
import { scopeText } from "./report-tables.ts";
import { timeBars } from "./time-bars.ts";

/** The document: numbers as numbers, texts as recorded. */
export function reportDocument(data: ReportData, compliance: ComplianceView | null): unknown {
  const { tally, verification, foreign, changed, path, made_at, newest } = data;
  const { entries, first, last, decisions, refused, results } = tally;
  const { valid, failure, first_bad_line, segment, head, anchored, signatures, warnings } = verification;
  return {
    canopy_report: 1,
    log: path,
    made_at,
    about: scopeText(data),
    chain: { valid, entries: verification.entries, failure, first_bad_line, segment, head },
    anchored,
    signatures,
    warnings,
    vouched: "problem" in data.vouched ? data.vouched : vouchedDocument(data.vouched.report),
    left_out: { changed },
    foreign,
    entries,
    first,
    last,
    decisions: { ...decisions, refused },
    approvals: { granted: tally.count("approval_granted"), rejected: tally.count("approval_rejected") },
    results,
    over_time: timeBars(tally.hours),
    agents: tally.agents.largest(),
    actions: tally.actions.largest(),
    rules: tally.rules.largest(),
    top_blockers: tally.blockers.largest(),
    approvers: [...tally.approvers.values()],
    events: Object.fromEntries([...tally.events].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    newest,
    ...(compliance === null ? {} : { compliance }),
  };
}
