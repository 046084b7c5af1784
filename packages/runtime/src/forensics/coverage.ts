// How complete the enforcement looks from the log alone: what was authorized and never reported, what was reported and
// never authorized, what ran past its time, and when nothing was recorded.
//
// What no log can show: calls that never came to Canopy. That is said always, whatever is found.
//
// Memory: an authorization is held until its result, or until a day of the log's time after it expired. A result that
// comes later still counts as one without a standing authorization.

import type { JsonObject } from "../core/json.ts";
import { entryMs, instantMs, integerOf, textOf } from "./entry-members.ts";

/** What a finding is about. */
export type CoverageFault =
  /** Allowed, and past its time without having been begun. */
  | "authorized_without_result"
  /** Begun, and no result was recorded. */
  | "begun_without_result"
  /** A start or a result for which no standing authorization was recorded. */
  | "result_without_authorization"
  /** A start, or a result that had none, after the authorization had expired. */
  | "executed_past_expiry";

/** One finding. */
export interface CoverageFinding {
  readonly fault: CoverageFault;
  readonly authorization_id: string;
  readonly avid: string;
  readonly action_type: string;
  /** When it was authorized, begun, or reported. */
  readonly timestamp: string;
  readonly seq: number | null;
}

/** A time without entries. */
export interface CoverageGap {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** What was found. */
export interface Coverage {
  readonly entries: number;
  readonly authorized: number;
  readonly executions: number;
  readonly results: number;
  /** Allowed or begun, and not due yet at the log's newest time. */
  readonly pending: number;
  readonly faults: Readonly<Record<CoverageFault, number>>;
  /** The first findings of each fault; `faults` counts all. */
  readonly findings: readonly CoverageFinding[];
  readonly heartbeats: number;
  /** The longest time between two heartbeats, and between two entries; null with fewer than two. */
  readonly longest_heartbeat_gap: CoverageGap | null;
  readonly longest_entry_gap: CoverageGap | null;
  /** Gaps between heartbeats, and between entries, that are longer than what was asked about. */
  readonly heartbeat_gaps: number;
  readonly entry_gaps: number;
  readonly clock_went_back: number;
  readonly first_ms: number | null;
  readonly last_ms: number | null;
  /** Always true: said with every answer. */
  readonly cannot_see_ungoverned_calls: true;
}

/** How coverage is judged. */
export interface CoverageOptions {
  /** A time without heartbeat, or without entry, longer than this counts as a gap; milliseconds. */
  readonly gap_ms?: number;
  /** Findings and counts are of entries from then on; what was authorized before is still known. */
  readonly from_ms?: number;
  /** How many findings of each fault are listed. */
  readonly listed?: number;
}

const GAP_MS = 300_000;
const LISTED = 1000;
const KEEP_MS = 86_400_000;
/** How many authorizations are held at most; more at once are settled early, the oldest first. */
const MOST_HELD = 1_000_000;

interface Held {
  phase: "asked" | "allowed" | "started";
  until_ms: number | null;
  at_ms: number;
  readonly avid: string;
  readonly action_type: string;
  timestamp: string;
  seq: number | null;
}

/** Gathers coverage from a log's entries, in order. */
export class CoverageFold {
  readonly #gapMs: number;
  readonly #fromMs: number;
  readonly #listed: number;
  readonly #held = new Map<string, Held>();
  readonly #findings: CoverageFinding[] = [];
  readonly #faults: Record<CoverageFault, number> = {
    authorized_without_result: 0,
    begun_without_result: 0,
    result_without_authorization: 0,
    executed_past_expiry: 0,
  };
  readonly #counts = { entries: 0, authorized: 0, executions: 0, results: 0, heartbeats: 0, clock_went_back: 0 };
  readonly #silence: Silence;
  readonly #heartbeats: Silence;
  #firstMs: number | null = null;
  #newestMs = -Infinity;
  #lastMs: number | null = null;
  #sweepAt = 65_536;

  constructor(options: CoverageOptions = {}) {
    this.#gapMs = options.gap_ms ?? GAP_MS;
    this.#fromMs = options.from_ms ?? -Infinity;
    this.#listed = options.listed ?? LISTED;
    this.#silence = new Silence(this.#gapMs);
    this.#heartbeats = new Silence(this.#gapMs);
  }

  /** Take an entry into account. Cost: constant, amortised. */
  add(entry: JsonObject): void {
    const at = entryMs(entry) ?? this.#lastMs;
    if (at !== null) this.#tick(at, textOf(entry, "event"));
    if (this.#counted(at)) this.#counts.entries += 1;
    this.#step(entry, at ?? 0);
  }

  /** What was found. Ends the gathering. */
  finish(): Coverage {
    let pending = 0;
    for (const [id, held] of this.#held) if (!this.#settle(id, held, this.#newestMs)) pending += 1;
    const { heartbeats, ...counts } = this.#counts;
    return {
      ...counts,
      pending,
      faults: { ...this.#faults },
      findings: this.#findings,
      heartbeats,
      longest_heartbeat_gap: this.#heartbeats.longest,
      longest_entry_gap: this.#silence.longest,
      heartbeat_gaps: this.#heartbeats.gaps,
      entry_gaps: this.#silence.gaps,
      first_ms: this.#firstMs,
      last_ms: this.#lastMs,
      cannot_see_ungoverned_calls: true,
    };
  }

  #tick(at: number, event: string): void {
    const counted = this.#counted(at);
    if (counted && this.#lastMs !== null && at < this.#lastMs) this.#counts.clock_went_back += 1;
    if (counted) {
      this.#firstMs ??= at;
      this.#silence.at(at);
      if (event === "checkpoint_meta") {
        this.#counts.heartbeats += 1;
        this.#heartbeats.at(at);
      }
    }
    this.#lastMs = at;
    this.#newestMs = Math.max(this.#newestMs, at);
  }

  #counted(at: number | null): boolean {
    return at === null || at >= this.#fromMs;
  }

  #step(entry: JsonObject, at: number): void {
    const event = textOf(entry, "event");
    const id = textOf(entry, event === "authorize_action" ? "entry_hash" : "authorization_id");
    if (id === "") return;
    switch (event) {
      case "authorize_action":
        this.#authorized(id, entry, at);
        return;
      case "reauthorized":
      case "approval_granted":
      case "approval_rejected":
      case "approval_skipped":
        this.#answered(id, entry, at);
        return;
      case "tool_start":
        if (this.#counted(at)) this.#counts.executions += 1;
        this.#run(id, entry, at);
        return;
      case "tool_result":
        if (this.#counted(at)) this.#counts.results += 1;
        if (this.#held.get(id)?.phase !== "started") this.#run(id, entry, at);
        this.#held.delete(id);
        return;
      default:
    }
  }

  #authorized(id: string, entry: JsonObject, at: number): void {
    const asked = entry["decision"] === "REQUIRE_APPROVAL";
    if (!asked && entry["decision"] !== "ALLOW") return;
    if (!asked && this.#counted(at)) this.#counts.authorized += 1;
    const held = heldOf(entry, at, asked ? "asked" : "allowed");
    this.#held.set(id, { ...held, until_ms: instantMs(entry, asked ? "approval_expires_at" : "expires_at") });
    if (this.#held.size >= this.#sweepAt) this.#sweep(at);
  }

  #answered(id: string, entry: JsonObject, at: number): void {
    const held = this.#held.get(id);
    if (held === undefined || held.phase === "started") return;
    const again = entry["event"] === "reauthorized";
    if (entry["decision"] !== (again ? "ALLOW" : "APPROVED")) {
      this.#held.delete(id);
      return;
    }
    // In 0.4.2 the answer is all there is; ours is followed by a decision that says until when.
    held.phase = "allowed";
    held.until_ms = again ? instantMs(entry, "expires_at") : null;
    if (again && this.#counted(at)) this.#counts.authorized += 1;
    held.at_ms = at;
    held.timestamp = textOf(entry, "timestamp");
    held.seq = integerOf(entry, "seq");
  }

  #run(id: string, entry: JsonObject, at: number): void {
    const held = this.#held.get(id);
    const standing = held?.phase === "allowed";
    if (!standing) this.#fault("result_without_authorization", id, entry, at);
    else if (held.until_ms !== null && at > held.until_ms) this.#fault("executed_past_expiry", id, entry, at);
    // Held either way, so that a result belongs to its start, and one that is missing is missed.
    this.#held.set(id, heldOf(entry, at, "started"));
    if (this.#held.size >= this.#sweepAt) this.#sweep(at);
  }

  #fault(fault: CoverageFault, authorization_id: string, about: JsonObject, at: number): void {
    if (!this.#counted(at)) return;
    this.#faults[fault] += 1;
    if (this.#faults[fault] > this.#listed) return;
    this.#findings.push({
      fault,
      authorization_id,
      avid: textOf(about, "avid"),
      action_type: textOf(about, "action_type"),
      timestamp: textOf(about, "timestamp"),
      seq: integerOf(about, "seq"),
    });
  }

  /** Judge what is held at a time; true when nothing more is awaited of it. */
  #settle(id: string, held: Held, now_ms: number): boolean {
    const about = { avid: held.avid, action_type: held.action_type, timestamp: held.timestamp, seq: held.seq ?? "" };
    switch (held.phase) {
      case "asked":
        return true;
      case "started":
        this.#fault("begun_without_result", id, about, held.at_ms);
        return true;
      case "allowed":
        if (held.until_ms !== null && now_ms <= held.until_ms) return false;
        this.#fault("authorized_without_result", id, about, held.at_ms);
        return true;
      default:
        return held.phase satisfies never;
    }
  }

  // What is over for a day is settled, so that memory follows the rate of decisions and not the length of the log.
  #sweep(now_ms: number): void {
    for (const [id, held] of this.#held) {
      const over = now_ms - Math.max(held.at_ms, held.until_ms ?? 0) > KEEP_MS;
      if (!over && this.#held.size < MOST_HELD) continue;
      this.#settle(id, held, Infinity);
      this.#held.delete(id);
    }
    this.#sweepAt = Math.max(65_536, 2 * this.#held.size);
  }
}

function heldOf(entry: JsonObject, at_ms: number, phase: Held["phase"]): Held {
  return {
    phase,
    until_ms: null,
    at_ms,
    avid: textOf(entry, "avid"),
    action_type: textOf(entry, "action_type"),
    timestamp: textOf(entry, "timestamp"),
    seq: integerOf(entry, "seq"),
  };
}

/** Times between readings. */
class Silence {
  readonly #gapMs: number;
  #before: number | null = null;
  longest: CoverageGap | null = null;
  gaps = 0;

  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  at(ms: number): void {
    const from = this.#before;
    this.#before = ms;
    if (from === null || ms < from) return;
    if (ms - from > this.#gapMs) this.gaps += 1;
    if (this.longest === null || ms - from > this.longest.to_ms - this.longest.from_ms) {
      this.longest = { from_ms: from, to_ms: ms };
    }
  }
}
