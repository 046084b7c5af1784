// Opening an incident: an anchored note that something happened, with an id of its own.

import { CanopyError } from "../core/errors.ts";
import type { Severity } from "../core/finding.ts";
import { encodeHex } from "../identity/hex.ts";
import type { Clock, EntryDraft, Ledger, Randomness } from "./ports.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";

/** What is reported. The description and the reporter stand in the log in clear text. */
export interface IncidentReport {
  readonly trace_id: string;
  readonly agent_avid: string;
  readonly description: string;
  /** Default `high`. */
  readonly severity?: Severity;
  /** Decisions that belong to it. */
  readonly related_authorization_ids?: readonly string[];
  readonly reporter?: string;
  readonly tenant_id?: string;
}

/** What recording an incident needs. */
export interface IncidentParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly key_id: string;
}

/** An incident as recorded. */
export interface OpenedIncident {
  /** `inc-` and 24 hex digits, drawn at random: equal texts are different incidents. */
  readonly incident_id: string;
  readonly entry_hash: string;
}

const MAX_DESCRIPTION = 16_384;
const SEVERITIES: ReadonlySet<string> = new Set(["low", "medium", "high", "critical"]);

/**
 * Record an incident.
 *
 * @throws {CanopyError} `INVALID_REQUEST` when the report is not usable; `LEDGER_UNAVAILABLE` when it can't be recorded.
 */
export async function openIncident(report: IncidentReport, parts: IncidentParts): Promise<OpenedIncident> {
  checkReport(report);
  const incident_id = `inc-${encodeHex(parts.randomness.bytes(12))}`;
  const entry: EntryDraft = {
    event: "incident_event",
    timestamp: entryTimestamp(new Date(parts.clock.now()).toISOString()),
    incident_id,
    avid: report.agent_avid,
    trace_id: report.trace_id,
    action_type: "incident",
    decision: "INCIDENT",
    reason: "incident opened",
    severity: report.severity ?? "high",
    layers: {},
    witness: null,
    description: report.description,
    key_id: parts.key_id,
    ...(report.reporter === undefined ? {} : { reporter: report.reporter }),
    ...(report.tenant_id === undefined ? {} : { tenant_id: report.tenant_id }),
    ...(report.related_authorization_ids === undefined
      ? {}
      : { related_authorization_ids: report.related_authorization_ids }),
  };
  const receipt = await parts.ledger.append({ entry });
  return { incident_id, entry_hash: receipt.entry.entry_hash };
}

function checkReport(report: IncidentReport): void {
  const texts = { trace_id: report.trace_id, agent_avid: report.agent_avid, description: report.description };
  for (const [member, value] of Object.entries(texts)) {
    if (typeof value !== "string" || value.trim() === "" || value.length > MAX_DESCRIPTION) {
      throw invalid(`${member} must be a text of 1 to ${MAX_DESCRIPTION} characters`, member);
    }
  }
  if (report.severity !== undefined && !SEVERITIES.has(report.severity)) {
    throw invalid("severity must be low, medium, high or critical", "severity");
  }
  const related = report.related_authorization_ids ?? [];
  if (!Array.isArray(related) || !related.every((id) => typeof id === "string" && /^[0-9a-f]{64}$/.test(id))) {
    throw invalid("related_authorization_ids must be authorization ids", "related_authorization_ids");
  }
}

function invalid(message: string, at: string): CanopyError {
  return new CanopyError("INVALID_REQUEST", `an incident's ${message}`, { at });
}
