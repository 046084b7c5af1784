// A timeline on a terminal.

import { counted } from "canopy-runtime/counted";
import {
  selectionText,
  type ExcerptCounts,
  type History,
  type Selection,
  type TimelineRow,
} from "canopy-runtime/forensics";
import type { Io } from "../io.ts";
import { verdictText, type Style } from "../style.ts";
import { tableLines, type Column } from "../table.ts";
import { clipText, terminalText, wrapText } from "../terminal-text.ts";
import { incidentLines, shortAvid } from "./incident-view.ts";
import type { IntegrityLine } from "./integrity.ts";
import type { Vouched } from "../vouched.ts";
import { vouchedLines } from "../vouched-lines.ts";
import { detailText, durationText, rowDuration, rowTime, timeText } from "./row-words.ts";

const LABEL = 11;

/** What is shown: the history, and what was asked for. */
export interface ShownHistory extends History {
  readonly selection: Selection;
  /** What excerpts of payloads came to; null when none were asked for. */
  readonly payloads: ExcerptCounts | null;
  /** What vouches for the log. */
  readonly vouched: Vouched;
  /** The agent as it was asked for, when by another name than its AVID: a log holds no names of agents. */
  readonly agent_name: string | null;
}

/** All lines. */
export function historyLines(io: Io, history: ShownHistory): readonly string[] {
  const { timeline } = history;
  return [
    ...headLines(io, history),
    ...history.incidents.flatMap((incident) => ["", ...incidentLines(io, incident)]),
    ...(timeline.agents.length === 0 ? [] : ["", ...agentLines(io, history)]),
    "",
    ...(timeline.rows.length === 0 ? ["no entry matches"] : shownRows(io, timeline.rows)),
  ];
}

// What a checkpoint is made by tells nothing of what happened; the exports have all rows.
function shownRows(io: Io, rows: readonly TimelineRow[]): readonly string[] {
  const shown = rows.filter(({ event, marks }) => event !== "checkpoint_meta" || marks.includes("unverified"));
  const left = rows.length - shown.length;
  const note = `left out: ${counted(left, "entry before a checkpoint", "entries before checkpoints")} (--export has all rows)`;
  return [...rowLines(io, shown), ...(left === 0 ? [] : [io.outStyle.dim(note)])];
}

function headLines(io: Io, history: ShownHistory): readonly string[] {
  const { selection, verification } = history;
  const { outStyle: style } = io;
  const width = Math.max(40, Math.min(io.columns, 120) - LABEL - 4);
  const lines: string[] = [style.bold(terminalText(selectionText(selection, timeText)))];
  const row = (label: string, text: string, paint: (text: string) => string = (same) => same): void => {
    const [first = "", ...more] = wrapText(terminalText(text), width);
    lines.push(`  ${style.dim(label.padEnd(LABEL))}  ${paint(first)}`);
    for (const line of more) lines.push(`${" ".repeat(LABEL + 4)}${paint(line)}`);
  };
  row("log", verification.path);
  for (const line of vouchedLines(history)) row(line.label, line.text, paintOf(style, line));
  for (const [label, text] of summaryRows(history)) row(label, text);
  if (history.agent_name !== null) {
    row("agent", `${history.agent_name} is ${shortAvid(selection.avid ?? "")}: a log holds AVIDs, not names`);
  }
  if (history.payloads === null && history.timeline.rows.length > 0) {
    row("payloads", "encrypted: --payloads adds excerpts, with this home's key, secrets taken out");
  }
  return lines;
}

function paintOf(style: Style, { standing }: Pick<IntegrityLine, "standing">): (text: string) => string {
  return standing === "good" ? style.good : standing === "bad" ? style.bad : style.caution;
}

/** What a timeline comes to, in labelled words. */
export function summaryRows({ timeline, payloads }: ShownHistory): readonly (readonly [string, string])[] {
  const { summary } = timeline;
  const { first_ms, last_ms } = summary;
  const span = first_ms === null || last_ms === null ? "" : `, ${durationText(last_ms - first_ms)}`;
  const odd = [
    some(summary.no_result, "begun without result"),
    some(summary.never_begun, "allowed and never begun"),
    some(summary.past_expiry, "past expiry"),
    some(summary.no_authorization, "without authorization"),
    some(summary.failed, "failed"),
    some(summary.silences, "silence", "silences"),
    some(summary.clock_went_back, "time the clock went back", "times the clock went back"),
    some(summary.unreadable, "unreadable line in the log", "unreadable lines in the log"),
    some(summary.records_gone, "record erased or expired", "records erased or expired"),
  ].filter((text) => text !== "");
  return [
    ["when", `${timeText(first_ms)} to ${timeText(last_ms)}${span}`],
    [
      "events",
      `${summary.events}: ${summary.allowed} allowed, ${summary.denied} denied, ${summary.asked} asked (${summary.approved} approved, ${summary.rejected} rejected), ${counted(summary.started, "execution")} begun`,
    ],
    ...(odd.length === 0 ? [] : [["look at", odd.join(", ")] as const]),
    ...(payloads === null ? [] : [["payloads", payloadsText(payloads)] as const]),
    ["not shown", "calls that never came to Canopy: no log can see ungoverned calls"],
  ];
}

/** That there are excerpts, where they are from, and how many there are not, by why. */
function payloadsText({ shown, withheld }: ExcerptCounts): string {
  const told = `excerpts of ${counted(shown, "record")}, decrypted with this home's key, secrets taken out, at most 500 characters each; as the records have them, not held against the entries' commitments`;
  const none = Object.entries(withheld).map(([why, count]) => `no excerpt of ${count}: ${why}`);
  return [...(shown === 0 && none.length > 0 ? [] : [told]), ...none].join("; ");
}

function some(count: number, one: string, many = one): string {
  return count === 0 ? "" : counted(count, one, many);
}

function agentLines(io: Io, { timeline }: History): readonly string[] {
  const columns: readonly Column[] = [
    { title: "AGENT", least: 13 },
    { title: "FIRST", least: 20 },
    { title: "LAST", least: 20 },
    { title: "ALLOW", least: 5, align: "right" },
    { title: "DENY", least: 4, align: "right" },
    { title: "ASKED", least: 5, align: "right" },
    { title: "CAME FROM", least: 13 },
  ];
  const rows = timeline.agents.map(({ avid, first_ms, last_ms, allowed, denied, asked, spawned_by }) => [
    avid,
    timeText(first_ms),
    timeText(last_ms),
    String(allowed),
    String(denied),
    String(asked),
    spawned_by === null ? "" : `${shortAvid(spawned_by)} (by order)`,
  ]);
  return tableLines(columns, rows, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : Infinity });
}

const WHAT: Column = {
  title: "WHAT",
  least: 16,
  paint: (style: Style, cell: string, shown: string) => verdictText(style, cell, shown),
};

function rowLines(io: Io, rows: readonly TimelineRow[]): readonly string[] {
  const columns: readonly Column[] = [
    { title: "LINE", least: 4, align: "right" },
    { title: "TIME", least: 20 },
    WHAT,
    { title: "ACTION", least: 10 },
    { title: "AGENT", least: 13 },
    { title: "TOOK", least: 5, align: "right" },
    { title: "DETAIL", least: 20 },
  ];
  const cells = rows.map((row) => [
    row.index === null ? "" : String(row.index + 1),
    rowTime(row),
    row.what,
    row.action_type,
    shortAvid(row.avid),
    rowDuration(row),
    clipText(detailText(row), LONGEST_DETAIL),
  ]);
  return tableLines(columns, cells, { style: io.outStyle, width: io.stdoutIsTerminal ? io.columns : Infinity });
}

/** Texts of a log may be long; the exports have them whole. */
const LONGEST_DETAIL = 400;
