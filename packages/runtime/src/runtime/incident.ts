// Incidents: anchored notes that something happened, each with an id of its own and a state (forensics/incident-state.ts).

import { hash } from "node:crypto";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Severity } from "../core/finding.ts";
import {
  checkUpdate,
  IncidentFold,
  INCIDENT_STATES,
  parseIncidentState,
  type Incident,
  type IncidentState,
} from "../forensics/incident-state.ts";
import { encodeHex } from "../identity/hex.ts";
import { entryTimestamp } from "../ledger/entry-timestamp.ts";
import type { Clock, EntryDraft, Ledger, LedgerEntry, Randomness } from "../ledger/ports.ts";

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
  /** The log's file: a log that continues one of 0.4.2 holds incidents that its ledger doesn't find by itself. */
  readonly log_path?: string;
}

/** An incident as recorded. */
export interface OpenedIncident {
  /** `inc-` and 24 hex digits, drawn at random: equal texts are different incidents. */
  readonly incident_id: string;
  readonly entry_hash: string;
}

/** What is added to an incident; at least one of state, note and links. It stands in the log in clear text. */
export interface IncidentUpdate {
  /** A step that the incident can take now: see `canStep` of forensics/incident-state.ts. */
  readonly state?: IncidentState;
  readonly note?: string;
  /** Authorization ids, and http or https addresses (a ticket, a report). At most 64. */
  readonly links?: readonly string[];
  /** Who says so, for people. */
  readonly by: string;
}

/** An update as recorded. */
export interface UpdatedIncident {
  readonly incident: Incident;
  readonly entry_hash: string;
}

const MAX_DESCRIPTION = 16_384;
const MAX_LINKS = 64;
const MAX_LINK = 2048;
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
    state: "open",
    request_id: historyId(incident_id),
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

/**
 * Record a step, a note or links of an incident. Whether the step can be taken is judged under the ledger's lock.
 *
 * @throws {CanopyError} `INVALID_REQUEST` when the update is not usable; `UNKNOWN_INCIDENT`; `NOT_ALLOWED` when the
 *   incident can't take the step; `LEDGER_UNAVAILABLE`.
 */
export async function updateIncident(
  incident_id: string,
  update: IncidentUpdate,
  parts: IncidentParts,
): Promise<UpdatedIncident> {
  checkIncidentUpdate(incident_id, update);
  const { state = null, note, links = [], by } = update;
  const id = historyId(incident_id);
  const earlier = await entriesBefore(incident_id, await parts.ledger.historyOf(id), parts.log_path);
  const before = foldOf(incident_id, [...earlier, ...(await parts.ledger.historyOf(id))]);
  checkUpdate(before, state);
  const entry: EntryDraft = {
    event: "incident_event",
    timestamp: entryTimestamp(new Date(parts.clock.now()).toISOString()),
    incident_id,
    avid: before?.avid ?? "",
    trace_id: before?.trace_id ?? "",
    action_type: "incident",
    decision: "INCIDENT",
    reason: state === null ? "incident noted" : `incident ${state}`,
    severity: before?.severity ?? "high",
    layers: {},
    witness: null,
    by,
    request_id: id,
    key_id: parts.key_id,
    ...(state === null ? {} : { state }),
    ...(note === undefined ? {} : { note }),
    ...(links.length === 0 ? {} : { links }),
    ...(before === null || before.tenant_id === "" ? {} : { tenant_id: before.tenant_id }),
  };
  const check = (history: readonly LedgerEntry[]): void =>
    checkUpdate(foldOf(incident_id, [...earlier, ...history]), state);
  const receipt = await parts.ledger.append({ entry, guard: { authorization_id: id, check } });
  const incident = foldOf(incident_id, [...earlier, ...(await parts.ledger.historyOf(id))]) ?? before;
  if (incident === null) throw new CanopyError("UNKNOWN_INCIDENT", "this log knows no incident of that id");
  return { incident, entry_hash: receipt.entry.entry_hash };
}

/** The id by which the ledger finds all entries of an incident, which no other entry can carry. */
function historyId(incident_id: string): string {
  return hash("sha256", `canopy-incident-v1\0${incident_id}`, "hex");
}

// One that our ledger opened begins with that; any other was opened by the software that began the log.
async function entriesBefore(
  incident_id: string,
  history: readonly LedgerEntry[],
  log_path: string | undefined,
): Promise<readonly JsonObject[]> {
  if (history[0]?.["state"] === "open" || log_path === undefined) return [];
  const { foreignIncidentEntries } = await import("./forensics/read-history.ts");
  return foreignIncidentEntries(log_path, incident_id);
}

function foldOf(incident_id: string, history: readonly JsonObject[]): Incident | null {
  const fold = new IncidentFold();
  for (const entry of history) fold.add(entry);
  return fold.get(incident_id);
}

const LINK = /^(?:[0-9a-f]{64}|https?:\/\/[^\s\p{C}]+)$/u;

function checkIncidentUpdate(incident_id: unknown, { state, note, links = [], by }: IncidentUpdate): void {
  if (typeof incident_id !== "string" || incident_id === "" || incident_id.length > MAX_LINK) {
    throw invalid("id must be a text", "incident_id");
  }
  if (state !== undefined && parseIncidentState(state) === null) {
    throw invalid(`state must be one of ${INCIDENT_STATES.join(", ")}`, "state");
  }
  if (note !== undefined && !isShortText(note)) {
    throw invalid(`note must be a text of 1 to ${MAX_DESCRIPTION} characters`, "note");
  }
  if (!Array.isArray(links) || links.length > MAX_LINKS || !links.every((link) => isLink(link))) {
    throw invalid(`links must be at most ${MAX_LINKS} authorization ids or http addresses`, "links");
  }
  if (!isShortText(by)) throw invalid("update must say who makes it", "by");
  if (state === undefined && note === undefined && links.length === 0) {
    throw invalid("update must say something: a state, a note or links", "update");
  }
}

function isShortText(text: unknown): boolean {
  return typeof text === "string" && text.trim() !== "" && text.length <= MAX_DESCRIPTION;
}

function isLink(link: unknown): boolean {
  return typeof link === "string" && link.length <= MAX_LINK && LINK.test(link);
}

function checkReport(report: IncidentReport): void {
  const texts = { trace_id: report.trace_id, agent_avid: report.agent_avid, description: report.description };
  for (const [member, value] of Object.entries(texts)) {
    if (!isShortText(value)) {
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
