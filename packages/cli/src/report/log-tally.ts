// What a log's entries come to, counted as they go by: memory grows with the names in the log, not with its length.

import type { LedgerEntry } from "canopy-runtime/log-reader";
import { rulesOf, valuesOf } from "../audit/entry-groups.ts";
import { textOf } from "../value-text.ts";
import { SecretFree } from "./secret-free.ts";

/** The three answers. */
export interface Verdicts {
  allow: number;
  deny: number;
  ask: number;
}

/** A named count of decisions. */
export interface NamedVerdicts extends Verdicts {
  readonly name: string;
  last: string;
}

/** What an approver answered. */
export interface ApproverCount {
  readonly name: string;
  granted: number;
  rejected: number;
}

/** How tools ended. */
export interface Results {
  started: number;
  ok: number;
  error: number;
  unknown: number;
}

/** Names that are counted each; those that come later are counted together. */
const MOST_NAMES = 50_000;
/** What names beyond that are counted under. */
const OTHERS = "(others)";

/** Counts of a log's entries, in whatever order they are fed. */
export class LogTally {
  readonly #clean = new SecretFree();
  /** Entries of any kind. */
  entries = 0;
  /** Decisions: `authorize_action` and requests that were refused as no requests. */
  readonly decisions: Verdicts = { allow: 0, deny: 0, ask: 0 };
  /** Requests that could not be decided. */
  refused = 0;
  readonly results: Results = { started: 0, ok: 0, error: 0, unknown: 0 };
  readonly agents: NamedCounts = new NamedCounts(this.#clean);
  readonly actions: NamedCounts = new NamedCounts(this.#clean);
  /** By rule, decisions in which it spoke. */
  readonly rules: NamedCounts = new NamedCounts(this.#clean);
  /** By rule, decisions that were not allowed and whose strictest finding was its. */
  readonly blockers: NamedCounts = new NamedCounts(this.#clean);
  readonly severities: NamedCounts = new NamedCounts(this.#clean);
  readonly hours: NamedCounts = new NamedCounts(this.#clean);
  readonly approvers: Map<string, ApproverCount> = new Map();
  readonly events: Map<string, number> = new Map();
  first: string | null = null;
  last: string | null = null;
  /** Identities: decisions for agents that proved their key, and all that say. */
  readonly identities = { proven: 0, asserted: 0 };
  /** Decisions that name the policy they were made by. */
  withPolicy = 0;
  /** The `key_id`s that signed. */
  readonly keys: Set<string> = new Set();
  readonly policies: Set<string> = new Set();

  /** Count an entry. Cost: constant. */
  add(entry: LedgerEntry): void {
    const at = textOf(entry.timestamp);
    this.entries += 1;
    if (at !== "" && (this.first === null || at < this.first)) this.first = at;
    if (at !== "" && (this.last === null || at > this.last)) this.last = at;
    const event = this.#clean.text(entry.event);
    this.events.set(event, (this.events.get(event) ?? 0) + 1);
    switch (entry.event) {
      case "authorize_action":
      case "authorize_refused":
        this.#decision(entry, at);
        break;
      case "approval_granted":
      case "approval_rejected":
        this.#approval(entry);
        break;
      case "tool_start":
        this.results.started += 1;
        break;
      case "tool_result":
        this.#result(entry);
        break;
      default:
    }
  }

  /** How many entries there were of an event. */
  count(event: string): number {
    return this.events.get(event) ?? 0;
  }

  #decision(entry: LedgerEntry, at: string): void {
    const verdict = textOf(entry["decision"]);
    addVerdict(this.decisions, verdict);
    if (entry.event === "authorize_refused") this.refused += 1;
    else this.#who(entry, verdict, at);
    for (const rule of rulesOf(entry)) this.rules.add(rule, verdict, at);
    const blocker = verdict === "ALLOW" ? null : (blockerOf(entry) ?? textOf(entry["reason"]));
    if (blocker !== null) this.blockers.add(blocker, verdict, at);
    for (const hour of valuesOf(entry, "hour")) this.hours.add(hour, verdict, at);
    this.severities.add(textOf(entry["severity"]), verdict, at);
  }

  #who(entry: LedgerEntry, verdict: string, at: string): void {
    this.agents.add(textOf(entry["avid"]), verdict, at);
    this.actions.add(textOf(entry["action_type"]), verdict, at);
    if (entry["identity"] === "proven") this.identities.proven += 1;
    else this.identities.asserted += 1;
    const policy = entry["policy_snapshot"];
    const hash = typeof policy === "object" && policy !== null ? textOf(Reflect.get(policy, "policy_hash")) : "";
    if (hash !== "") {
      this.withPolicy += 1;
      if (this.policies.size < MOST_NAMES) this.policies.add(hash);
    }
    const key = textOf(entry["key_id"]);
    if (key !== "" && this.keys.size < MOST_NAMES) this.keys.add(key);
  }

  #approval(entry: LedgerEntry): void {
    const named = valuesOf(entry, "approver");
    for (const raw of named.length === 0 ? ["(not named)"] : named) {
      const name = this.#clean.text(raw);
      const known = this.approvers.get(name) ?? { name, granted: 0, rejected: 0 };
      if (entry.event === "approval_granted") known.granted += 1;
      else known.rejected += 1;
      if (this.approvers.size < MOST_NAMES) this.approvers.set(name, known);
    }
  }

  #result(entry: LedgerEntry): void {
    if (entry["outcome"] === "unknown") this.results.unknown += 1;
    else if (entry["ok"] === true) this.results.ok += 1;
    else if (entry["ok"] === false || entry["outcome"] === "error") this.results.error += 1;
    else this.results.unknown += 1;
  }
}

/** Verdicts by name, secrets taken out of it. */
export class NamedCounts {
  readonly #counts = new Map<string, NamedVerdicts>();
  readonly #clean: SecretFree;

  constructor(clean: SecretFree) {
    this.#clean = clean;
  }

  /** Count a verdict. */
  add(wanted: string, verdict: string, at: string): void {
    let known = this.#counts.get(wanted);
    if (known === undefined) {
      const name = this.#counts.size < MOST_NAMES ? this.#clean.text(wanted) : OTHERS;
      known = this.#counts.get(name) ?? { name, allow: 0, deny: 0, ask: 0, last: at };
      this.#counts.set(name, known);
    }
    if (at > known.last) known.last = at;
    addVerdict(known, verdict);
  }

  /** The counts of a name; null when it never came. */
  get(name: string): NamedVerdicts | null {
    return this.#counts.get(name) ?? null;
  }

  /** How many names there are. */
  get size(): number {
    return this.#counts.size;
  }

  /** The names with most decisions first. */
  largest(): readonly NamedVerdicts[] {
    return [...this.#counts.values()].toSorted((a, b) => sum(b) - sum(a) || (a.name < b.name ? -1 : 1));
  }

  /** In the order of the names. */
  inOrder(): readonly NamedVerdicts[] {
    return [...this.#counts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** All decisions of a count. */
export function sum({ allow, deny, ask }: Verdicts): number {
  return allow + deny + ask;
}

function addVerdict(verdicts: Verdicts, verdict: string): void {
  if (verdict === "ALLOW") verdicts.allow += 1;
  else if (verdict === "DENY") verdicts.deny += 1;
  else if (verdict === "REQUIRE_APPROVAL") verdicts.ask += 1;
}

/** The rule whose finding decided: of those that say what was decided, the first. */
export function blockerOf(entry: LedgerEntry): string | null {
  const findings = entry["findings"];
  if (!Array.isArray(findings)) return null;
  for (const finding of findings) {
    if (typeof finding !== "object" || finding === null) continue;
    if (Reflect.get(finding, "decision") === entry["decision"]) return textOf(Reflect.get(finding, "rule_ref")) || null;
  }
  return null;
}
