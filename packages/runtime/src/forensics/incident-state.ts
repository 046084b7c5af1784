// The life of an incident, told by its `incident_event` entries alone:
//
//   opened ─► open ─► contained ─► resolved ─► closed
//              ▲          │            │          │
//              └──────────┴── reopen ──┴──────────┘
//
// Forward, steps may be left out: a false alarm goes from open to closed. Backwards only to `open`. A state that is
// reached already isn't reached again: what is added then is a note. An incident of canopy-runtime 0.4.2 has one entry
// without a state, which opens it; a further one without a state says nothing new about where it stands.
//
// Reading is total: whatever the entries hold, each known id has one state, and steps that can't be taken are counted.

import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { textOf, textsOf } from "./entry-members.ts";

/** Where an incident stands. */
export type IncidentState = "open" | "contained" | "resolved" | "closed";

/** The states, in the order of an incident's life. */
export const INCIDENT_STATES: readonly IncidentState[] = ["open", "contained", "resolved", "closed"];

/** A step that was taken. */
export interface IncidentStep extends JsonObject {
  readonly state: IncidentState;
  /** The entry's `timestamp`, as it stands. */
  readonly at: string;
  readonly by: string;
  readonly entry_hash: string;
}

/** Something that was noted. */
export interface IncidentNote extends JsonObject {
  readonly text: string;
  readonly at: string;
  readonly by: string;
  readonly entry_hash: string;
}

/** An incident, as its entries tell it. Texts are as recorded: make them safe before showing them. */
export interface Incident {
  readonly incident_id: string;
  readonly state: IncidentState;
  readonly severity: string;
  readonly description: string;
  readonly reporter: string;
  readonly avid: string;
  readonly trace_id: string;
  readonly tenant_id: string;
  readonly opened_at: string;
  readonly updated_at: string;
  readonly steps: readonly IncidentStep[];
  readonly notes: readonly IncidentNote[];
  /** Authorization ids and addresses, each once, in the order they came. */
  readonly links: readonly string[];
  readonly related_authorization_ids: readonly string[];
  /** How many entries it has. */
  readonly entries: number;
  /** Entries that ask for a step that can't be taken; they change nothing. */
  readonly refused: number;
}

/** Whether an incident can go from one state to another. `from` is null before it is opened. */
export function canStep(from: IncidentState | null, to: IncidentState): boolean {
  if (from === null) return to === "open";
  return to === "open" ? from !== "open" : INCIDENT_STATES.indexOf(to) > INCIDENT_STATES.indexOf(from);
}

/** Read a state; null for any other text. */
export function parseIncidentState(value: unknown): IncidentState | null {
  return INCIDENT_STATES.find((state) => state === value) ?? null;
}

/**
 * Whether an update may be recorded.
 *
 * @throws {CanopyError} `UNKNOWN_INCIDENT` when nothing opened it; `NOT_ALLOWED` when the step can't be taken.
 */
export function checkUpdate(incident: Incident | null, to: IncidentState | null): void {
  if (incident === null) {
    throw new CanopyError("UNKNOWN_INCIDENT", "this log knows no incident of that id", {
      fix: "`canopy incident list` shows the incidents of a log",
    });
  }
  if (to === null || canStep(incident.state, to)) return;
  const next = INCIDENT_STATES.filter((state) => canStep(incident.state, state));
  throw new CanopyError("NOT_ALLOWED", `the incident is ${incident.state}: it can't become ${to}`, {
    fix: `give one of ${next.join(", ")}, or a note alone`,
  });
}

/** Gathers incidents from entries, in the log's order. Entries of other events pass by. */
export class IncidentFold {
  readonly #incidents = new Map<string, Gathered>();

  /** Take an entry into account. Cost: constant, and linear in what the entry holds. */
  add(entry: JsonObject): void {
    if (entry["event"] !== "incident_event") return;
    const id = textOf(entry, "incident_id");
    if (id === "") return;
    const known = this.#incidents.get(id);
    if (known === undefined) this.#incidents.set(id, opened(entry));
    else update(known, entry);
  }

  /** An incident as it stands now; null when nothing opened it. */
  get(incident_id: string): Incident | null {
    const gathered = this.#incidents.get(incident_id);
    return gathered === undefined ? null : incidentOf(incident_id, gathered);
  }

  /** All incidents, in the order in which they were opened. */
  all(): readonly Incident[] {
    return [...this.#incidents].map(([id, gathered]) => incidentOf(id, gathered));
  }
}

/** What is known of an incident so far; grows with each entry. */
interface Gathered {
  readonly first: JsonObject;
  state: IncidentState;
  updated_at: string;
  entries: number;
  refused: number;
  readonly steps: IncidentStep[];
  readonly notes: IncidentNote[];
  readonly links: Set<string>;
  readonly related: Set<string>;
}

// The first entry of an id opens it, whatever it says: an incident that somebody reported must not go unseen because
// the entry is odd. What is odd is counted.
function opened(first: JsonObject): Gathered {
  const { at, by, entry_hash } = authorship(first);
  const gathered: Gathered = {
    first,
    state: "open",
    updated_at: at,
    entries: 1,
    refused: first["state"] === undefined || first["state"] === "open" ? 0 : 1,
    steps: [{ state: "open", at, by, entry_hash }],
    notes: [],
    links: new Set(),
    related: new Set(),
  };
  addWords(gathered, first);
  return gathered;
}

function update(gathered: Gathered, entry: JsonObject): void {
  const authored = authorship(entry);
  const to = parseIncidentState(entry["state"]);
  gathered.entries += 1;
  gathered.updated_at = authored.at;
  if (to !== null && canStep(gathered.state, to)) {
    gathered.state = to;
    gathered.steps.push({ state: to, ...authored });
  } else if (entry["state"] !== undefined) gathered.refused += 1;
  addWords(gathered, entry);
}

function addWords({ notes, links, related }: Gathered, entry: JsonObject): void {
  const text = textOf(entry, "note");
  if (text !== "") notes.push({ text, ...authorship(entry) });
  for (const link of textsOf(entry, "links")) links.add(link);
  for (const id of textsOf(entry, "related_authorization_ids")) related.add(id);
}

function authorship(entry: JsonObject): { readonly at: string; readonly by: string; readonly entry_hash: string } {
  const by = textOf(entry, "by") || textOf(entry, "reporter");
  return { at: textOf(entry, "timestamp"), by, entry_hash: textOf(entry, "entry_hash") };
}

function incidentOf(incident_id: string, gathered: Gathered): Incident {
  const { first, state, updated_at, entries, refused } = gathered;
  return {
    incident_id,
    state,
    severity: textOf(first, "severity"),
    description: textOf(first, "description"),
    reporter: textOf(first, "reporter"),
    avid: textOf(first, "avid"),
    trace_id: textOf(first, "trace_id"),
    tenant_id: textOf(first, "tenant_id"),
    opened_at: textOf(first, "timestamp"),
    updated_at,
    steps: [...gathered.steps],
    notes: [...gathered.notes],
    links: [...gathered.links],
    related_authorization_ids: [...gathered.related],
    entries,
    refused,
  };
}

/** The authorization ids that an incident names: what is related to it, and those among its links. */
export function authorizationsOf({ related_authorization_ids, links }: Incident): readonly string[] {
  return [...new Set([...related_authorization_ids, ...links])].filter((id) => /^[0-9a-f]{64}$/.test(id));
}
