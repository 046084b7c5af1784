// One entry in full: what it says, what was found and would have happened, and with this home's key the exact arguments.

import { counted } from "canopy-runtime/counted";
import type { LineStanding } from "canopy-runtime/log-reader";
import { terminalLines, terminalText, textWidth, wrapText } from "../terminal-text.ts";
import { textBody, type TextBody, type ViewContext } from "./body.ts";
import type { LogLine, ShownRecord } from "./console-data.ts";
import { isMembers, textOf, type Members } from "./entry-facts.ts";
import { BLANK, textRow, type Row, type Tone } from "./frame.ts";
import { verdictTone, whatHappened } from "./live-view.ts";
import { objectList } from "./log-survey.ts";

const LABEL = 12;
/** At most this many characters of one text; `canopy log --json` prints all. */
const MOST_CHARACTERS = 65_536;

/** The rows of a line. */
export function entryBody(number: number, { state, data }: ViewContext): TextBody {
  const line = data.line(number);
  const width = Math.max(20, state.columns - 2);
  if (line.facts === null) return textBody(unreadableRows(line, width));
  return textBody([
    ...entryRows(line, data.standing(number), width),
    ...recordRows(data.record(number), width),
    BLANK,
    ...jsonRows(line.facts.members, width),
  ]);
}

function unreadableRows({ row, text, length }: LogLine, width: number): readonly Row[] {
  return [
    textRow("UNREADABLE", "bad"),
    ...wrapped(row.why, width),
    ...wrapped(`${counted(length, "byte")}; the chain view says whether the log is intact`, width),
    BLANK,
    ...wrapped((text ?? "").slice(0, MOST_CHARACTERS), width),
  ];
}

/** Whether an entry is as it was written, by its own hash; the chain view says whether it stands where it stood. */
const STANDINGS: Readonly<Record<LineStanding, readonly [text: string, tone: Tone]>> = {
  entry: ["holds", "good"],
  changed: ["DOES NOT HOLD: this line is not as it was written", "bad"],
  foreign: ["holds; written by other software", "plain"],
};

function entryRows(line: LogLine, standing: LineStanding | null, width: number): readonly Row[] {
  const { facts } = line;
  if (facts === null) return [];
  const { members } = facts;
  const one = (label: string, text: string, tone?: Tone): readonly Row[] => labelled(label, text, width, tone);
  const member = (label: string, name: string): readonly Row[] => one(label, textOf(members, name));
  const approval = members["approval"];
  return [
    {
      spans: [
        { text: whatHappened(line), tone: verdictTone(whatHappened(line)) },
        { text: `  ${facts.action_type}`, tone: "bold" },
        { text: `  ${facts.severity}`, tone: "dim" },
      ],
    },
    ...one("why", facts.reason),
    ...one("agent", facts.avid),
    ...one("identity", facts.identity),
    ...one("time", facts.timestamp),
    ...member("trace", "trace_id"),
    ...member("session", "session_id"),
    ...member("tenant", "tenant_id"),
    ...member("incident", "incident_id"),
    ...member("state", "state"),
    ...member("scope", "scope"),
    ...member("by", "by"),
    ...member("result", "result_hash"),
    ...objectList(members["findings"]).flatMap((finding, index) =>
      one(
        index === 0 ? "findings" : "",
        `${textOf(finding, "decision")} (${textOf(finding, "severity")}) ${textOf(finding, "rule_ref")}`,
        verdictTone(textOf(finding, "decision")),
      ),
    ),
    ...one("effects", textList(members["effects"]).join(", ")),
    ...(isMembers(approval) ? one("needs", approvalWords(approval)) : []),
    ...objectList(members["approvers"]).flatMap((approver, index) =>
      one(index === 0 ? "answered by" : "", `${textOf(approver, "approver")} ${textOf(approver, "key_id")}`),
    ),
    ...member("good until", "expires_at"),
    ...member("asked until", "approval_expires_at"),
    ...(facts.authorization_id === facts.entry_hash && facts.event !== "authorize_action"
      ? []
      : one("decision id", facts.authorization_id)),
    ...one("entry", facts.entry_hash),
    ...(standing === null ? [] : one("its hash", ...STANDINGS[standing])),
    ...(typeof members["seq"] === "number" ? one("number", String(members["seq"])) : []),
  ];
}

function approvalWords({ count, reason_required }: Members): string {
  const approvers = typeof count === "number" && count !== 1 ? `${count} distinct approvers` : "1 approver";
  return reason_required === true ? `${approvers}, each with a reason` : approvers;
}

// What the entry's own record holds; the log itself never shows arguments.
function recordRows(record: ShownRecord, width: number): readonly Row[] {
  if ("missing" in record)
    return record.missing === "" ? [] : [BLANK, ...labelled("arguments", record.missing, width, "dim")];
  const { content, effects } = record;
  return [
    BLANK,
    textRow("arguments, exactly", "bold"),
    ...jsonText(content["edited_payload"] ?? content["action_payload"] ?? null, width),
    ...(content["edited_payload"] === undefined
      ? []
      : [
          textRow("as the agent asked, before the policy edited it", "bold"),
          ...jsonText(content["action_payload"], width),
        ]),
    ...labelled("folder", textOf(content, "cwd"), width),
    ...effects.flatMap((effect, index) => labelled(index === 0 ? "would do" : "", effect, width)),
    ...objectList(content["findings"]).flatMap((finding, index) =>
      labelled(
        index === 0 ? "found" : "",
        `${textOf(finding, "decision")} ${textOf(finding, "rule_ref")}: ${textOf(finding, "reason")}`,
        width,
      ),
    ),
  ];
}

function jsonRows(members: Members, width: number): readonly Row[] {
  return [textRow("as recorded", "bold"), ...jsonText(members, width)];
}

/** JSON over several rows; what goes on in the next row begins there with a backslash. */
export function jsonText(value: unknown, width: number): readonly Row[] {
  const text = (JSON.stringify(value, null, 2) ?? "null").slice(0, MOST_CHARACTERS);
  return terminalLines(text).flatMap((line) => broken(line, width).map((part) => textRow(part)));
}

/** A line of safe text in pieces of at most `width` columns, marked where it goes on. Cost: linear. */
export function broken(line: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  let taken = 0;
  for (const character of line) {
    const wide = textWidth(character);
    if (taken + wide > width) {
      pieces.push(piece);
      [piece, taken] = [GOES_ON, GOES_ON.length];
    }
    piece += character;
    taken += wide;
  }
  return [...pieces, piece];
}

const GOES_ON = "\\ ";

function labelled(label: string, text: string, width: number, tone: Tone = "plain"): readonly Row[] {
  if (text === "") return [];
  const safe = terminalText(text.slice(0, MOST_CHARACTERS));
  const name = { text: label, width: LABEL, tone: "dim" } as const;
  // An id that does not fit beside its label stands below it, in one piece, so that it can be copied.
  if (!safe.includes(" ") && safe.length > width - LABEL && safe.length <= width - INDENT) {
    return [{ spans: [name] }, { spans: [{ text: " ".repeat(INDENT) }, { text: safe, tone }] }];
  }
  return wrapText(safe, Math.max(10, width - LABEL)).map((line, index) => ({
    spans: [index === 0 ? name : { ...name, text: "" }, { text: line, tone }],
  }));
}

const INDENT = 2;

/** Prose over several rows. */
export function wrapped(text: string, width: number, tone: Tone = "plain"): readonly Row[] {
  return terminalLines(text).flatMap((line) => wrapText(line, width).map((part) => textRow(part, tone)));
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
