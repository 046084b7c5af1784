// Which entries a timeline is about: of one trace, agent, incident or time.

import type { JsonObject } from "../core/json.ts";
import { entryMs, textOf } from "./entry-members.ts";
import { authorizationsOf, type Incident } from "./incident-state.ts";

/** What is asked for; all that is given must hold. Nothing given: every entry. */
export interface Selection {
  readonly trace_id?: string;
  readonly incident_id?: string;
  readonly avid?: string;
  readonly tenant_id?: string;
  /** From this time on, milliseconds since 1970. */
  readonly from_ms?: number;
  /** Before this time. */
  readonly to_ms?: number;
}

/** How an entry stands to what is asked for. */
export type Belonging =
  /** It is asked for. */
  | "own"
  /** It isn't, but concerns every agent. */
  | "context"
  | "no";

const CONTEXT: ReadonlySet<string> = new Set([
  "policy_activated",
  "policy_rejected",
  "kill_switch",
  "ledger_recovery",
  "log_continued",
  "records_erased",
  "records_expired",
  "anchor_conflict",
  "anchor_unreachable",
  "rollback_accepted",
  "key_rotated",
]);

/** Sorts entries, given in the log's order. What follows a decision that is asked for is asked for too. */
export class Selector {
  readonly #selection: Selection;
  readonly #incident: Incident | null;
  readonly #named: ReadonlySet<string>;
  readonly #decisions = new Set<string>();

  /** `incident` is that of `selection.incident_id`; null when none is asked for, or there is none. */
  constructor(selection: Selection, incident: Incident | null = null) {
    this.#selection = selection;
    this.#incident = incident;
    this.#named = new Set(incident === null ? [] : authorizationsOf(incident));
  }

  /** How an entry stands. Cost: constant; a decision that is asked for is remembered. */
  judge(entry: JsonObject): Belonging {
    if (!this.#isInTime(entry)) return "no";
    const event = textOf(entry, "event");
    if (this.#isAskedFor(entry)) {
      if (event === "authorize_action") this.#decisions.add(textOf(entry, "entry_hash"));
      return "own";
    }
    return CONTEXT.has(event) ? "context" : "no";
  }

  #isInTime(entry: JsonObject): boolean {
    const { from_ms, to_ms } = this.#selection;
    if (from_ms === undefined && to_ms === undefined) return true;
    const at = entryMs(entry);
    return at !== null && at >= (from_ms ?? -Infinity) && at < (to_ms ?? Infinity);
  }

  #isAskedFor(entry: JsonObject): boolean {
    // An approval of 0.4.2 carries no trace: it is known by the decision that it answers.
    if (this.#decisions.has(textOf(entry, "authorization_id"))) return true;
    const { trace_id, avid, tenant_id, incident_id } = this.#selection;
    if (trace_id !== undefined && entry["trace_id"] !== trace_id) return false;
    if (avid !== undefined && entry["avid"] !== avid) return false;
    if (tenant_id !== undefined && entry["tenant_id"] !== tenant_id) return false;
    return incident_id === undefined || this.#isOfIncident(entry, incident_id);
  }

  #isOfIncident(entry: JsonObject, incident_id: string): boolean {
    if (entry["incident_id"] === incident_id) return true;
    if (this.#incident === null) return false;
    const { trace_id, tenant_id } = this.#incident;
    const sameTenant = tenant_id === "" || textOf(entry, "tenant_id") === tenant_id;
    if (trace_id !== "" && entry["trace_id"] === trace_id && sameTenant) return true;
    return this.#named.has(textOf(entry, "entry_hash")) || this.#named.has(textOf(entry, "authorization_id"));
  }
}

/** Words for what is asked for, as `trace t-1 · since 2026-01-31T00:00:00Z`; `every entry` for nothing. */
export function selectionText(selection: Selection, timeText: (ms: number) => string): string {
  const { trace_id, incident_id, avid, tenant_id, from_ms, to_ms } = selection;
  const parts = [
    incident_id === undefined ? null : `incident ${incident_id}`,
    trace_id === undefined ? null : `trace ${trace_id}`,
    avid === undefined ? null : `agent ${avid}`,
    tenant_id === undefined ? null : `tenant ${tenant_id}`,
    from_ms === undefined ? null : `since ${timeText(from_ms)}`,
    to_ms === undefined ? null : `until ${timeText(to_ms)}`,
  ];
  return parts.filter((part) => part !== null).join(" · ") || "every entry";
}
