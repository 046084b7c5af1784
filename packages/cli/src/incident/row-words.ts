// A timeline's rows in words: the same in a terminal, a page, a workbook and a Markdown text.

import type { RowMark, TimelineRow } from "canopy-runtime/forensics";

const MARKS: Readonly<Record<RowMark, string>> = {
  no_result: "no result was recorded",
  never_begun: "never begun, as far as the log shows",
  unanswered: "nobody answered",
  past_expiry: "after the authorization had expired",
  no_authorization: "without a standing authorization",
  record_erased: "its record was erased",
  record_expired: "its record has expired",
  spawns_agent: "spawns an agent",
  spawned_agent: "first entry of an agent after another of this trace had spawned one",
  context: "concerns every agent",
  unverified: "NOT VERIFIED: the chain is broken before or at this line",
};

/** What a row's marks mean, each in a few words. */
export function markWords({ marks }: TimelineRow): readonly string[] {
  return marks.map((mark) => MARKS[mark]);
}

/** Whether a row is one to look at first. */
export function isRemarkable({ marks, kind, what }: TimelineRow): boolean {
  const wrong = marks.some((mark) => WRONG.has(mark));
  return wrong || kind === "clock" || kind === "unreadable" || what === "DENY" || what === "failed";
}

const WRONG: ReadonlySet<RowMark> = new Set(["no_result", "past_expiry", "no_authorization", "unverified"]);

/** Everything a row has to say beside its columns: why, who, which rules, what is odd. */
export function detailText(row: TimelineRow): string {
  // The verdict stands in a column of its own: a reason that only names the rule is left to the rules.
  const same = `: ${row.what}`;
  const rules = row.rules.map((rule) => (rule.endsWith(same) ? rule.slice(0, -same.length) : rule));
  const isNamed = rules.some((rule) => row.reason === `${row.what} by ${rule}`);
  const parts = [
    EXPECTED.has(row.reason) || isNamed ? "" : row.reason,
    row.by.length === 0 ? "" : `by ${row.by.join(", ")}`,
    rules.length === 0 ? "" : `${isNamed ? "by " : ""}${rules.join(", ")}`,
    row.effects.length === 0 ? "" : `effects: ${row.effects.join(", ")}`,
    row.related.length === 0 ? "" : `about: ${row.related.join(", ")}`,
    ...markWords(row),
    row.payload === null ? "" : `payload: ${row.payload}`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** Reasons that say what the row says anyway. */
const EXPECTED: ReadonlySet<string> = new Set(["execution started", "execution succeeded"]);

/** A span of time for people: `0 s`, `4 s`, `2 min 5 s`, `3 h 2 min`, `4 d 1 h`. */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(seconds, 60, ["min", "s"]);
  return seconds < 86_400 ? two(seconds / 60, 60, ["h", "min"]) : two(seconds / 3600, 24, ["d", "h"]);
}

function two(value: number, per: number, [large, small]: readonly [string, string]): string {
  const rest = Math.floor(value % per);
  return `${Math.floor(value / per)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** A point in time as texts show it: RFC 3339 to the second, or a dash. */
export function timeText(ms: number | null): string {
  // Beyond what a calendar has (years past 275760) there is no text.
  if (ms === null || Math.abs(ms) > 8.64e15) return "–";
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}

/** The time of a row: what its entry says, for a gap when it begins. */
export function rowTime(row: TimelineRow): string {
  return row.timestamp === "" ? timeText(row.at_ms) : row.timestamp;
}

/** How long a row took, as texts show it; empty when that isn't known. */
export function rowDuration({ duration_ms }: TimelineRow): string {
  return duration_ms === null ? "" : durationText(duration_ms);
}
