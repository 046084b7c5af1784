// What a log says as a whole, gathered line by line: from the newest to the oldest as the log is read backwards, and at
// the other end as lines are written. Pure. Bounded: of agents, traces and incidents the newest are kept.

import { entryFacts, isMembers, textOf, type EntryFacts } from "./entry-facts.ts";

/** Verdicts, counted. */
export interface VerdictCounts {
  readonly allow: number;
  readonly deny: number;
  readonly ask: number;
}

/** An agent, as the log shows it. */
export interface AgentRow extends VerdictCounts {
  readonly avid: string;
  readonly identity: string;
  readonly tenant_id: string;
  /** Timestamp of its newest entry. */
  readonly last: string;
  readonly last_action: string;
}

/** A trace, as the log shows it. */
export interface TraceRow extends VerdictCounts {
  readonly trace_id: string;
  readonly entries: number;
  readonly agents: number;
  readonly first: string;
  readonly last: string;
}

/** An incident, as its newest entry leaves it. */
export interface IncidentRow {
  readonly incident_id: string;
  readonly state: string;
  readonly severity: string;
  readonly description: string;
  readonly trace_id: string;
  readonly avid: string;
  readonly opened: string;
  readonly line: number;
}

/** A decision that waits for an approval, as far as the log says. */
export interface PendingRow {
  readonly authorization_id: string;
  readonly line: number;
  readonly avid: string;
  readonly action_type: string;
  readonly severity: string;
  readonly reason: string;
  readonly asked: string;
  /** RFC 3339, or empty. */
  readonly until: string;
}

/** A kill switch whose newest entry engages it. */
export interface SwitchRow {
  readonly scope: string;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
}

/** The whole. */
export interface SurveySummary {
  readonly entries: number;
  readonly unreadable: number;
  readonly counts: VerdictCounts;
  /** The beginning of the log has been reached. */
  readonly complete: boolean;
  /** Newest first. */
  readonly agents: readonly AgentRow[];
  readonly traces: readonly TraceRow[];
  readonly incidents: readonly IncidentRow[];
  readonly pending: readonly PendingRow[];
  readonly switches: readonly SwitchRow[];
  /** Rules that denied most. */
  readonly blockers: readonly (readonly [reason: string, count: number])[];
  readonly newest: string;
  /** The newest activation of a policy; null: none was found yet. */
  readonly policy: ActivePolicy | null;
  /** The newest entry that precedes a checkpoint; null: none was found yet. */
  readonly beat: { readonly at: string; readonly idle: boolean } | null;
}

/** A policy, as its activation tells. */
export interface ActivePolicy {
  readonly policy_hash: string;
  /** Empty when it is of no file. */
  readonly policy_file: string;
  readonly since: string;
}

/** Which end of the log a line was learnt at. */
export type LearntAt = "newer" | "older";

const MOST_KEPT = 4096;
const MOST_GIVEN = 500;
const MOST_BLOCKERS = 8;

interface Mutable<Row> {
  row: Row;
  readonly agents: Set<string>;
}

/** Gathers. */
export class LogSurvey {
  #entries = 0;
  #unreadable = 0;
  #counts = NONE;
  #newest = "";
  #policy: SurveySummary["policy"] = null;
  #beat: SurveySummary["beat"] = null;
  readonly #agents = new Map<string, AgentRow>();
  readonly #traces = new Map<string, Mutable<TraceRow>>();
  readonly #incidents = new Map<string, IncidentRow>();
  readonly #pending = new Map<string, PendingRow>();
  readonly #answered = new Set<string>();
  readonly #switches = new Map<string, SwitchRow | null>();
  readonly #blockers = new Map<string, number>();
  /** The beginning of the log was reached. */
  complete = false;

  /** Learn of a line. `text` is null for one that is too long. */
  learn(text: string | null, line: number, at: LearntAt): EntryFacts | null {
    this.#entries += 1;
    const facts = text === null ? null : entryFacts(text);
    if (facts === null) {
      this.#unreadable += 1;
      return null;
    }
    if (facts.timestamp > this.#newest) this.#newest = facts.timestamp;
    if (facts.event === "authorize_action") this.#learnDecision(facts, line);
    else this.#learnOther(facts, line, at);
    if (facts.avid !== "" && facts.event !== "kill_switch") this.#learnAgent(facts, at);
    if (facts.trace_id !== "") this.#learnTrace(facts, at);
    return facts;
  }

  /** What is known now. `now` is RFC 3339: what is past its time does not wait any more. */
  summary(now: string): SurveySummary {
    return {
      entries: this.#entries,
      unreadable: this.#unreadable,
      counts: this.#counts,
      complete: this.complete,
      agents: newestFirst([...this.#agents.values()], ({ last }) => last),
      traces: newestFirst(
        [...this.#traces.values()].map(({ row, agents }) => ({ ...row, agents: agents.size })),
        ({ last }) => last,
      ),
      incidents: newestFirst([...this.#incidents.values()], ({ opened }) => opened),
      pending: newestFirst(
        [...this.#pending.values()].filter(({ until }) => until > now),
        ({ asked }) => asked,
      ).toReversed(),
      switches: [...this.#switches.values()].filter((row) => row !== null),
      blockers: [...this.#blockers].sort((left, right) => right[1] - left[1]).slice(0, MOST_BLOCKERS),
      newest: this.#newest,
      policy: this.#policy,
      beat: this.#beat,
    };
  }

  #learnDecision(facts: EntryFacts, line: number): void {
    const { decision, entry_hash: authorization_id, avid, action_type, severity, reason, timestamp } = facts;
    this.#counts = counted(this.#counts, decision);
    if (decision === "DENY") {
      const rule = reason === "" ? "no reason given" : reason.slice(0, 200);
      if (this.#blockers.size < MOST_KEPT || this.#blockers.has(rule)) {
        this.#blockers.set(rule, (this.#blockers.get(rule) ?? 0) + 1);
      }
    }
    if (decision !== "REQUIRE_APPROVAL" || authorization_id === "" || this.#answered.has(authorization_id)) return;
    const until = textOf(facts.members, "approval_expires_at");
    if (until <= this.#newest) return;
    if (this.#pending.size >= MOST_KEPT) prune(this.#pending, ({ until }) => until);
    const row = { authorization_id, line, avid, action_type, severity, reason, asked: timestamp, until };
    this.#pending.set(authorization_id, row);
  }

  #learnOther(facts: EntryFacts, line: number, at: LearntAt): void {
    switch (facts.event) {
      case "approval_granted":
      case "approval_rejected":
      case "approval_skipped":
      case "reauthorized":
        this.#pending.delete(facts.authorization_id);
        if (at === "older" && this.#answered.size < 1_000_000) this.#answered.add(facts.authorization_id);
        return;
      case "kill_switch":
        this.#learnSwitch(facts, at);
        return;
      case "incident_event":
        this.#learnIncident(facts, line, at);
        return;
      case "policy_activated":
        if (at === "newer" || this.#policy === null) this.#policy = activeOf(facts);
        return;
      case "checkpoint_meta":
        if (at === "older" && this.#beat !== null) return;
        this.#beat = { at: facts.timestamp, idle: facts.members["heartbeat"] === true };
        return;
      default:
    }
  }

  // The newest entry of a scope counts, as it does for decisions; anything but a plain `false` engages.
  #learnSwitch({ members, reason, timestamp }: EntryFacts, at: LearntAt): void {
    const scope = textOf(members, "scope") || "all";
    if (at === "older" && this.#switches.has(scope)) return;
    const row = { scope, reason, by: textOf(members, "by"), since: timestamp };
    this.#switches.set(scope, members["engaged"] === false ? null : row);
  }

  #learnIncident({ members, severity, trace_id, avid, timestamp }: EntryFacts, line: number, at: LearntAt): void {
    const incident_id = textOf(members, "incident_id");
    if (incident_id === "") return;
    const state = textOf(members, "state") || "open";
    const description = textOf(members, "description").slice(0, 400);
    const row: IncidentRow = { incident_id, state, severity, description, trace_id, avid, opened: timestamp, line };
    const known = this.#incidents.get(incident_id);
    if (known === undefined) {
      if (roomFor(this.#incidents, at, ({ opened }) => opened)) this.#incidents.set(incident_id, row);
    } else if (at === "newer") this.#incidents.set(incident_id, { ...filled(known, row), state });
    // What was opened first is the incident; what came after only changed it.
    else this.#incidents.set(incident_id, { ...filled(row, known), state: known.state });
  }

  #learnAgent({ avid, identity, tenant_id, timestamp, action_type, event, decision }: EntryFacts, at: LearntAt): void {
    const known = this.#agents.get(avid);
    const row: AgentRow = known ?? { avid, identity, tenant_id, ...NONE, last: timestamp, last_action: action_type };
    const verdicts = event === "authorize_action" ? counted(row, decision) : row;
    const latest = at === "newer" ? { last: timestamp, last_action: action_type || row.last_action } : {};
    const next = {
      ...row,
      identity: row.identity || identity,
      tenant_id: row.tenant_id || tenant_id,
      allow: verdicts.allow,
      deny: verdicts.deny,
      ask: verdicts.ask,
      ...latest,
    };
    if (known !== undefined || roomFor(this.#agents, at, ({ last }) => last)) this.#agents.set(avid, next);
  }

  #learnTrace({ trace_id, timestamp, event, decision, avid }: EntryFacts, at: LearntAt): void {
    const begun = { trace_id, entries: 0, agents: 0, first: timestamp, last: timestamp, ...NONE };
    const known = this.#traces.get(trace_id) ?? { row: begun, agents: new Set<string>() };
    if (known.row.entries === 0) {
      if (!roomFor(this.#traces, at, ({ row }) => row.last)) return;
      this.#traces.set(trace_id, known);
    }
    const verdicts = event === "authorize_action" ? counted(known.row, decision) : known.row;
    known.row = {
      trace_id,
      entries: known.row.entries + 1,
      agents: 0,
      first: at === "older" ? timestamp : known.row.first,
      last: at === "newer" ? timestamp : known.row.last,
      allow: verdicts.allow,
      deny: verdicts.deny,
      ask: verdicts.ask,
    };
    if (avid !== "" && known.agents.size < 100) known.agents.add(avid);
  }
}

const NONE: VerdictCounts = { allow: 0, deny: 0, ask: 0 };

function counted({ allow, deny, ask }: VerdictCounts, decision: string): VerdictCounts {
  switch (decision) {
    case "ALLOW":
      return { allow: allow + 1, deny, ask };
    case "DENY":
      return { allow, deny: deny + 1, ask };
    case "REQUIRE_APPROVAL":
      return { allow, deny, ask: ask + 1 };
    default:
      return { allow, deny, ask };
  }
}

// When there are too many, the newest are kept: what is learnt backwards is older than all that is there.
function roomFor<Row>(map: Map<string, Row>, at: LearntAt, timeOf: (row: Row) => string): boolean {
  if (map.size < MOST_KEPT) return true;
  if (at === "older") return false;
  prune(map, timeOf);
  return true;
}

// A quarter goes at once, so that making room costs little for each row.
function prune<Row>(map: Map<string, Row>, timeOf: (row: Row) => string): void {
  const oldest = [...map].sort(([, left], [, right]) => (timeOf(left) < timeOf(right) ? -1 : 1));
  for (const [key] of oldest.slice(0, MOST_KEPT / 4)) map.delete(key);
}

function activeOf({ members, timestamp }: EntryFacts): ActivePolicy {
  const snapshot = members["policy_snapshot"];
  const policy_file = isMembers(snapshot) ? textOf(snapshot, "policy_file") : "";
  return {
    policy_hash: textOf(members, "policy_hash").slice(0, 80),
    policy_file: policy_file.slice(0, 400),
    since: timestamp,
  };
}

function filled(first: IncidentRow, later: IncidentRow): IncidentRow {
  return {
    ...first,
    severity: first.severity || later.severity,
    description: first.description || later.description,
    trace_id: first.trace_id || later.trace_id,
    avid: first.avid || later.avid,
  };
}

function newestFirst<Row>(rows: Row[], timeOf: (row: Row) => string): readonly Row[] {
  return rows
    .sort((left, right) => (timeOf(left) < timeOf(right) ? 1 : timeOf(left) > timeOf(right) ? -1 : 0))
    .slice(0, MOST_GIVEN);
}

/** Whether a value is a list of JSON objects; for members such as `findings`. */
export function objectList(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isMembers) : [];
}
