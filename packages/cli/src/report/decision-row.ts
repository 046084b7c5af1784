// A decision with what became of it, as a row of a report: the log is read from its end, so what followed a decision is
// known when the decision comes.

import type { LedgerEntry } from "canopy-runtime/log-reader";
import { rulesOf, valuesOf } from "../audit/entry-groups.ts";
import { blockerOf } from "./log-tally.ts";
import { SecretFree } from "./secret-free.ts";
import { textOf } from "../value-text.ts";

/** One decision. Texts hold no secrets; else they are raw: make them inert where they are written. */
export interface DecisionRow {
  readonly seq: number;
  readonly time: Date | string;
  readonly agent: string;
  readonly identity: string;
  readonly action: string;
  readonly decision: string;
  readonly severity: string;
  readonly reason: string;
  /** The rule that decided, when it was not allowed. */
  readonly blocked_by: string;
  readonly rules: string;
  readonly effects: string;
  /** `approved by …`, `rejected by …`, `skipped`, or empty. */
  readonly approval: string;
  /** `ok`, `error`, `unknown`, `started` (and nothing more), or empty. */
  readonly result: string;
  readonly trace_id: string;
  readonly authorization_id: string;
}

/** The members of a row in the order of a table's columns, with their titles and widths in characters. */
export const ROW_COLUMNS: readonly {
  readonly member: keyof DecisionRow;
  readonly title: string;
  readonly width: number;
}[] = [
  { member: "seq", title: "Entry", width: 10 },
  { member: "time", title: "Time (UTC)", width: 20 },
  { member: "agent", title: "Agent", width: 24 },
  { member: "identity", title: "Identity", width: 10 },
  { member: "action", title: "Action", width: 22 },
  { member: "decision", title: "Decision", width: 18 },
  { member: "severity", title: "Severity", width: 10 },
  { member: "reason", title: "Reason", width: 44 },
  { member: "blocked_by", title: "Blocked by", width: 24 },
  { member: "rules", title: "Rules", width: 28 },
  { member: "effects", title: "Effects", width: 28 },
  { member: "approval", title: "Approval", width: 22 },
  { member: "result", title: "Result", width: 10 },
  { member: "trace_id", title: "Trace", width: 22 },
  { member: "authorization_id", title: "Authorization", width: 30 },
];

interface Followed {
  approval: string;
  result: string;
}

/** What followed decisions that have not come yet is remembered for so many. */
const MOST_OPEN = 100_000;

/** Makes rows of the entries of a log, fed from its end. */
export class DecisionRows {
  readonly #followed = new Map<string, Followed>();
  readonly #clean = new SecretFree();

  /** The row of a decision; null for an entry that is none, which is remembered where it belongs to one. */
  take(entry: LedgerEntry): DecisionRow | null {
    if (entry.event === "authorize_action" || entry.event === "authorize_refused") return this.#row(entry);
    const id = textOf(entry["authorization_id"]);
    if (id !== "") this.#follow(id, entry);
    return null;
  }

  // From the end: the first result that comes is the newest.
  #follow(id: string, entry: LedgerEntry): void {
    const known = this.#followed.get(id) ?? { approval: "", result: "" };
    switch (entry.event) {
      case "approval_granted":
      case "approval_rejected":
        known.approval ||= approvalText(entry);
        break;
      case "approval_skipped":
        known.approval ||= "skipped";
        break;
      case "tool_result":
        known.result ||= resultText(entry);
        break;
      case "tool_start":
        known.result ||= "started";
        break;
      default:
        return;
    }
    this.#followed.set(id, known);
    if (this.#followed.size <= MOST_OPEN) return;
    const [oldest] = this.#followed.keys();
    if (oldest !== undefined) this.#followed.delete(oldest);
  }

  #row(entry: LedgerEntry): DecisionRow {
    const id = entry.entry_hash;
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    const text = (raw: string): string => this.#clean.text(raw);
    return {
      seq: entry.seq,
      time: timeOf(textOf(entry.timestamp)),
      agent: text(textOf(entry["avid"])),
      identity: text(textOf(entry["identity"])),
      action: text(textOf(entry["action_type"])),
      decision: text(textOf(entry["decision"])),
      severity: text(textOf(entry["severity"])),
      reason: text(textOf(entry["reason"])),
      blocked_by: entry["decision"] === "ALLOW" ? "" : text(blockerOf(entry) ?? ""),
      rules: text(rulesOf(entry).join(", ")),
      effects: text(valuesOf(entry, "effect").join(", ")),
      approval: text(followed?.approval ?? ""),
      result: followed?.result ?? "",
      trace_id: text(textOf(entry["trace_id"])),
      authorization_id: id,
    };
  }
}

function approvalText(entry: LedgerEntry): string {
  const by = valuesOf(entry, "approver").join(", ");
  const what = entry.event === "approval_granted" ? "approved" : "rejected";
  return by === "" ? what : `${what} by ${by}`;
}

function resultText(entry: LedgerEntry): string {
  if (entry["outcome"] === "unknown") return "unknown";
  if (entry["ok"] === true) return "ok";
  return entry["ok"] === false || entry["outcome"] === "error" ? "error" : "unknown";
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/u;

/** The instant that a timestamp says; what is no time stays the text that it is. */
export function timeOf(text: string): Date | string {
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? text : new Date(ms);
}
