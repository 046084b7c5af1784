// A timeline from a log's entries: rows in the log's order, with what only their neighbours tell (durations, missing
// results, silence, clocks that went back, agents that came from agents).
//
// INVARIANT: the order is the log's. Times are what writers said; where they go back, a row says so.

import type { JsonObject } from "../core/json.ts";
import { instantMs, textOf, textsOf } from "./entry-members.ts";
import { gapRow, rowOf, unreadableRow, type DraftRow, type RowMark, type TimelineRow } from "./timeline-row.ts";

/** How a timeline is built. */
export interface TimelineOptions {
  /** Time without an entry, of any agent, from which on it is a row of its own; milliseconds. Default five minutes. */
  readonly silence_ms?: number;
}

/** Agents in the order in which they first appear. */
export interface TimelineAgent {
  readonly avid: string;
  readonly first_ms: number | null;
  readonly last_ms: number | null;
  readonly allowed: number;
  readonly denied: number;
  readonly asked: number;
  /** The agent that spawned one in the same trace before this one first appeared; the log doesn't name the child. */
  readonly spawned_by: string | null;
}

/** Counts over a timeline's rows. */
export interface TimelineSummary {
  /** Rows that are entries. */
  readonly events: number;
  readonly first_ms: number | null;
  readonly last_ms: number | null;
  readonly allowed: number;
  readonly denied: number;
  readonly asked: number;
  readonly approved: number;
  readonly rejected: number;
  readonly started: number;
  readonly failed: number;
  readonly no_result: number;
  readonly never_begun: number;
  readonly past_expiry: number;
  readonly no_authorization: number;
  readonly silences: number;
  readonly clock_went_back: number;
  /** Lines of the whole log that are no entries. */
  readonly unreadable: number;
  readonly records_gone: number;
}

/** A timeline. */
export interface Timeline {
  readonly rows: readonly TimelineRow[];
  readonly agents: readonly TimelineAgent[];
  readonly summary: TimelineSummary;
}

/** What the log says was destroyed: gathered over the whole log before rows are judged by it. */
export interface DestroyedRecords {
  /** The place of the newest erasure of each agent. */
  readonly erased: ReadonlyMap<string, number>;
  /** Days (`2026-01-31`) whose records expired. */
  readonly expired: ReadonlySet<string>;
}

const SILENCE_MS = 300_000;
/** Gaps that are remembered between two rows: a clock that jumps at every entry must not fill the memory. */
const MOST_GAPS = 64;

/** What is known of an entry beside what it says. */
export interface KnownOfEntry {
  readonly index: number;
  readonly marks?: readonly RowMark[];
  readonly payload?: string | null;
}

/** Builds a timeline in one pass over a log: tell of every entry, in order. */
export class TimelineBuilder {
  readonly #silenceMs: number;
  readonly #destroyed: DestroyedRecords | null;
  readonly #rows: DraftRow[] = [];
  readonly #lives = new Map<string, Life>();
  readonly #agents = new Map<string, Lane>();
  readonly #spawns = new Map<string, string>();
  /** Gaps and context since the last row; they count once another row comes. */
  #between: DraftRow[] = [];
  #newestMs: number | null = null;
  #unreadable = 0;

  constructor(options: TimelineOptions = {}, destroyed: DestroyedRecords | null = null) {
    this.#silenceMs = options.silence_ms ?? SILENCE_MS;
    this.#destroyed = destroyed;
  }

  /** How many rows there are so far. */
  get size(): number {
    return this.#rows.length;
  }

  /** An entry of the log, shown or not, said this time. Call it before `add` or `context` of the same entry. */
  pass(at_ms: number | null): void {
    if (at_ms === null) return;
    const newest = this.#newestMs;
    if (newest !== null && this.#rows.length > 0 && this.#between.length < MOST_GAPS) {
      if (at_ms < newest) this.#between.push(gapRow("clock", newest, at_ms));
      else if (at_ms - newest >= this.#silenceMs) this.#between.push(gapRow("silence", newest, at_ms));
    }
    this.#newestMs = at_ms;
  }

  /** An entry that is shown, at its place in the log, with the marks and the payload that the caller knows. */
  add(entry: JsonObject, known: KnownOfEntry): void {
    const { index, marks = [], payload = null } = known;
    const row = rowOf(entry, index);
    row.payload = payload;
    row.marks.push(...marks, ...this.#recordMarks(entry, index));
    this.#live(row, entry);
    this.#lane(row);
    this.#rows.push(...this.#between, row);
    this.#between = [];
  }

  /** An entry that concerns everybody: shown if it stands between two that are shown. */
  context(entry: JsonObject, index: number, marks: readonly RowMark[] = []): void {
    const row = rowOf(entry, index);
    row.marks.push(...marks, "context");
    if (this.#rows.length > 0 && this.#between.length < MOST_GAPS) this.#between.push(row);
  }

  /** A line that is no entry: shown as `context` is, since nobody can tell what it was about. */
  unreadable(index: number): void {
    this.#unreadable += 1;
    if (this.#rows.length > 0 && this.#between.length < MOST_GAPS) this.#between.push(unreadableRow(index));
  }

  /** The timeline of what was told. Ends the building. */
  finish(): Timeline {
    for (const life of this.#lives.values()) {
      const mark = missing(life);
      if (mark !== null) life.row.marks.push(mark);
    }
    const agents = [...this.#agents].map(([avid, lane]) => ({ avid, ...lane }));
    return { rows: this.#rows, agents, summary: { ...summaryOf(this.#rows), unreadable: this.#unreadable } };
  }

  #recordMarks(entry: JsonObject, index: number): readonly RowMark[] {
    const ref = textOf(entry, "payload_ref");
    if (ref === "" || this.#destroyed === null) return [];
    const { erased, expired } = this.#destroyed;
    if ((erased.get(textOf(entry, "avid")) ?? -1) > index) return ["record_erased"];
    return expired.has(ref.slice(0, "2026-01-31".length)) ? ["record_expired"] : [];
  }

  #live(row: DraftRow, entry: JsonObject): void {
    if (row.event === "authorize_action") {
      this.#lives.set(row.entry_hash, bornLife(row, entry));
      return;
    }
    const life = this.#lives.get(row.authorization_id);
    if (life === undefined) {
      if (row.kind === "start" || row.kind === "result") row.marks.push("no_authorization");
      return;
    }
    goOn(life, row, entry);
  }

  #lane(row: DraftRow): void {
    if (row.avid === "" || row.kind === "ledger" || row.kind === "incident") return;
    let lane = this.#agents.get(row.avid);
    const parent = this.#spawns.get(placeOf(row)) ?? null;
    if (lane === undefined) {
      const spawned_by = parent === row.avid ? null : parent;
      lane = { first_ms: row.at_ms, last_ms: row.at_ms, allowed: 0, denied: 0, asked: 0, spawned_by };
      this.#agents.set(row.avid, lane);
      if (spawned_by !== null) row.marks.push("spawned_agent");
    }
    lane.last_ms = row.at_ms ?? lane.last_ms;
    count(lane, row);
    if (row.effects.includes("agent.spawn") && row.what !== "DENY") {
      row.marks.push("spawns_agent");
      this.#spawns.set(placeOf(row), row.avid);
    }
  }
}

/** A lane while it is filled. */
interface Lane {
  first_ms: number | null;
  last_ms: number | null;
  allowed: number;
  denied: number;
  asked: number;
  readonly spawned_by: string | null;
}

/** The life of one authorization, as far as the rows tell it. */
interface Life {
  /** The row that is to be marked when what should follow doesn't. */
  row: DraftRow;
  phase: "denied" | "asked" | "approved" | "allowed" | "started" | "ended";
  until_ms: number | null;
  /** When the newest step was taken. */
  at_ms: number | null;
}

function bornLife(row: DraftRow, entry: JsonObject): Life {
  const asked = row.what === "REQUIRE_APPROVAL";
  const phase = asked ? "asked" : row.what === "ALLOW" ? "allowed" : "denied";
  return { row, phase, at_ms: row.at_ms, until_ms: instantMs(entry, asked ? "approval_expires_at" : "expires_at") };
}

function goOn(life: Life, row: DraftRow, entry: JsonObject): void {
  if (row.at_ms !== null && life.at_ms !== null) row.duration_ms = Math.max(0, row.at_ms - life.at_ms);
  life.at_ms = row.at_ms ?? life.at_ms;
  switch (row.event) {
    case "approval_granted":
      if (life.phase === "asked") life.phase = "approved";
      break;
    case "approval_rejected":
    case "approval_skipped":
      if (life.phase !== "started" && life.phase !== "ended") life.phase = "denied";
      break;
    case "reauthorized":
      life.phase = row.what === "ALLOW" ? "allowed" : "denied";
      life.until_ms = instantMs(entry, "expires_at");
      break;
    case "tool_start":
      judgeRun(life, row);
      life.phase = "started";
      break;
    case "tool_result":
      if (life.phase !== "started") judgeRun(life, row);
      life.phase = "ended";
      return;
    default:
      return;
  }
  life.row = row;
}

function judgeRun(life: Life, row: DraftRow): void {
  // In 0.4.2 a human's answer lifts the question without a further decision.
  if (life.phase !== "allowed" && life.phase !== "approved") row.marks.push("no_authorization");
  else if (life.until_ms !== null && row.at_ms !== null && row.at_ms > life.until_ms) row.marks.push("past_expiry");
}

function missing({ phase }: Life): RowMark | null {
  switch (phase) {
    case "allowed":
    case "approved":
      return "never_begun";
    case "asked":
      return "unanswered";
    case "started":
      return "no_result";
    case "denied":
    case "ended":
      return null;
    default:
      return phase satisfies never;
  }
}

function placeOf(row: DraftRow): string {
  return JSON.stringify([row.tenant_id, row.trace_id === "" ? row.session_id : row.trace_id]);
}

function count(lane: Pick<Lane, "allowed" | "denied" | "asked">, row: DraftRow): void {
  if (row.event !== "authorize_action" && row.event !== "authorize_refused") return;
  if (row.what === "ALLOW") lane.allowed += 1;
  else if (row.what === "DENY") lane.denied += 1;
  else if (row.what === "REQUIRE_APPROVAL") lane.asked += 1;
}

function summaryOf(rows: readonly DraftRow[]): Omit<TimelineSummary, "unreadable"> {
  const lane = { allowed: 0, denied: 0, asked: 0 };
  for (const row of rows) count(lane, row);
  const marked = (...marks: readonly RowMark[]): number =>
    rows.filter((row) => row.marks.some((mark) => marks.includes(mark))).length;
  const happened = (what: string): number => rows.filter((row) => row.what === what).length;
  const ofKind = (kind: TimelineRow["kind"]): number => rows.filter((row) => row.kind === kind).length;
  const times = rows.flatMap((row) => (row.index === null || row.at_ms === null ? [] : row.at_ms));
  return {
    events: rows.filter((row) => row.index !== null).length,
    first_ms: times.reduce<number | null>((least, at) => (least === null || at < least ? at : least), null),
    last_ms: times.reduce<number | null>((most, at) => (most === null || at > most ? at : most), null),
    ...lane,
    approved: happened("APPROVED"),
    rejected: happened("REJECTED"),
    started: happened("started"),
    failed: happened("failed"),
    no_result: marked("no_result"),
    never_begun: marked("never_begun"),
    past_expiry: marked("past_expiry"),
    no_authorization: marked("no_authorization"),
    silences: ofKind("silence"),
    clock_went_back: ofKind("clock"),
    records_gone: marked("record_erased", "record_expired"),
  };
}

/** Gathers what a log says was destroyed. */
export class DestroyedRecordsFold implements DestroyedRecords {
  readonly erased: Map<string, number> = new Map();
  readonly expired: Set<string> = new Set();

  add(entry: JsonObject, index: number): void {
    if (entry["event"] === "records_erased") this.erased.set(textOf(entry, "avid"), index);
    else if (entry["event"] === "records_expired") for (const day of textsOf(entry, "days")) this.expired.add(day);
  }
}
