// All lines of the log, or those that pass a filter: oldest at the top, the newest at the bottom, as they come.

import { cell, headerRow, type ListBody, type ViewContext } from "./body.ts";
import type { Found, LogLine } from "./console-data.ts";
import { shortAgent } from "./entry-facts.ts";
import type { Row, Span, Tone } from "./frame.ts";
import type { RowKey } from "./state.ts";

/** From this width on, agents and dates have columns of their own. */
const WIDE = 96;

/** The list of a filter's text; empty: of all lines. */
export function liveBody(filter: string, { state, data }: ViewContext): ListBody {
  const { columns } = state;
  const found = filter === "" ? null : data.found;
  const count = found === null ? data.newest - data.oldest + 1 : found.count;
  const numberAt = (index: number): number => (found === null ? data.oldest + index : found.at(index));
  return {
    kind: "list",
    header: headerRow(liveSpans(["TIME", "WHAT", "ACTION", "AGENT", "WHY"], "plain", columns)),
    count,
    indexOf: (key) => {
      if (typeof key !== "number") return -1;
      return found === null ? within(key - data.oldest, count) : find(found, key);
    },
    keyAt: (index): RowKey => numberAt(index),
    row: (index): Row => ({ spans: lineSpans(data.line(numberAt(index)), columns) }),
    opens: (index) => ({ view: "entry", line: numberAt(index) }),
    follows: true,
    empty: emptyText(filter, { state, data }),
  };
}

/** A line of the log in columns. */
export function lineSpans(line: LogLine, columns: number): readonly Span[] {
  const { row, facts } = line;
  const time = row.time.slice(0, 8);
  const when = columns >= WIDE ? `${row.date.slice(5)} ${time}`.trim() : time;
  const agent = shortAgent(facts?.avid ?? "");
  const what = whatHappened(line);
  const spans = liveSpans([when, what, row.action, agent, shortReason(row.why)], verdictTone(what), columns);
  // Checkpoints come every second: they are there, and don't draw the eye.
  return what === "checkpoint" ? spans.map((span) => ({ ...span, tone: "dim" })) : spans;
}

function liveSpans(cells: readonly string[], tone: Tone, columns: number): readonly Span[] {
  const [when = "", what = "", action = "", agent = "", why = ""] = cells;
  const wide = columns >= WIDE;
  return [
    cell(when, wide ? 15 : 9),
    cell(what, wide ? 18 : 12, tone),
    cell(action, wide ? 22 : 17),
    ...(wide ? [cell(agent, 15)] : []),
    { text: why },
  ];
}

/** A reason without the verdict that stands beside it: `DENY by Art.0` as `Art.0`. */
export function shortReason(reason: string): string {
  return reason.replace(/^(?:ALLOW|DENY|REQUIRE_APPROVAL) by /u, "");
}

/** What happened, as lists show it: the longest verdict is a word too long, and a stop is one of two things. */
export function whatHappened({ row, facts }: LogLine): string {
  if (facts?.event === "kill_switch") return facts.members["engaged"] === false ? "released" : "STOPPED";
  if (row.what === "REQUIRE_APPROVAL") return "ASK";
  if (row.what === "checkpoint meta") return "checkpoint";
  return row.what === "incident event" ? "incident" : row.what;
}

/** How a verdict stands out. */
export function verdictTone(what: string): Tone {
  switch (what) {
    case "ALLOW":
    case "APPROVED":
      return "good";
    case "DENY":
    case "REJECTED":
    case "UNREADABLE":
    case "STOPPED":
    case "failed":
      return "bad";
    case "REQUIRE_APPROVAL":
    case "ASK":
      return "caution";
    default:
      return "plain";
  }
}

function emptyText(filter: string, { data }: ViewContext): readonly string[] {
  const { status } = data.log;
  if (status === "missing") {
    return [`There is no log at ${data.path} yet.`, "It is shown as soon as something is recorded there."];
  }
  if (status === "unreadable") return [`${data.path} can't be read: it is no file, or not yours to read.`];
  if (filter === "") return ["Nothing is recorded yet. Decisions are shown as they are made."];
  if (!data.found.done) return ["Searching…"];
  return [`Nothing matches ${filter}`, "Esc clears the filter; / changes it."];
}

function within(index: number, count: number): number {
  return index >= 0 && index < count ? index : -1;
}

/** Where a number stands in a sorted list, or -1. Cost: logarithmic. */
function find({ count, at }: Found, wanted: number): number {
  let [low, high] = [0, count - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = at(middle);
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
