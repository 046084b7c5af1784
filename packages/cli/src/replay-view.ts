// What `canopy replay` shows: first whether the chain holds, then how many decisions were made again the same, then each
// difference and what could not be replayed, with its reason.

import { counted } from "canopy-runtime/counted";
import type { Difference, HistoryChecked, NotReplayable, ReplayedDecision, ReplaySummary } from "canopy-runtime/replay";
import type { JsonValue } from "canopy-runtime/json";
import type { Io } from "./io.ts";
import { clipText, terminalText, wrapText } from "./terminal-text.ts";

/** A difference as it is printed. */
export interface ShownDifference {
  readonly authorization_id: string;
  readonly seq: number;
  readonly timestamp: string;
  readonly action_type: JsonValue;
  readonly member: string;
  /** Absent: the member is absent, or stands in the encrypted record and was not asked for. */
  readonly recorded?: JsonValue;
  readonly derived?: JsonValue;
  /** The version of the engine that decided, when it is another than this one. */
  readonly other_engine?: string;
}

/** A difference for printing. What stands in the encrypted record is only shown when `showSecret`. */
export function shownDifference(
  { entry, authorization_id, other_engine }: ReplayedDecision,
  { member, recorded, derived, secret }: Difference,
  showSecret: boolean,
): ShownDifference {
  const open = showSecret || !secret;
  return {
    authorization_id,
    seq: entry.seq,
    timestamp: entry.timestamp,
    action_type: entry["action_type"] ?? null,
    member,
    ...(open && recorded !== undefined ? { recorded } : {}),
    ...(open && derived !== undefined ? { derived } : {}),
    ...(other_engine === null ? {} : { other_engine }),
  };
}

/** Why decisions could not be made again, in words. */
export const REASONS: Readonly<Record<NotReplayable, string>> = {
  no_record: "the entry names no record",
  no_key: "the home has no payload.key (--home names the folder that has it)",
  wrong_key: "the home's payload.key is not the one that this log was written with",
  erased: "the agent's records were erased",
  key_lost: "the agent's key is not in payloads/keys of the log's folder, and no erasure is noted",
  day_gone: "the day's file is not in payloads of the log's folder: expired, or not copied",
  damaged: "the record is damaged",
  misplaced: "another entry's record stands in the place of its own",
  no_facts: "the record holds no facts: it was written before they were kept",
  no_policy: "the policy is not in policies of the log's folder",
  policy_changed: "what is kept under the policy's hash is something else",
  policy_unusable: "this engine refuses the policy",
};

/** What became of budgets, rates, marks and labels, in words. */
const HISTORY: Readonly<Record<Exclude<HistoryChecked, "not asked">, string>> = {
  checked: "what was recorded of it is what the entries before say",
  "log incomplete": "not checked: the log's beginning is missing",
  "entry unreadable": "checked up to an entry whose counter_deltas can't be read",
};

const LABEL_COLUMNS = 16;

/** Print a replay for people. `more` differences were found that are not among `shown`. */
export function showReplay(io: Io, summary: ReplaySummary, shown: readonly ShownDifference[], more: number): void {
  const row = (label: string, text: string): void => {
    const [first = "", ...rest] = wrapText(text, Math.max(40, io.columns - LABEL_COLUMNS - 4));
    io.out(`  ${label.padEnd(LABEL_COLUMNS)}${first}\n`);
    for (const line of rest) io.out(`  ${" ".repeat(LABEL_COLUMNS)}${line}\n`);
  };
  io.out(`${headline(io, summary)}  ${terminalText(summary.path)}\n`);
  const { verification } = summary;
  if (!verification.valid) {
    const where = verification.segment === null ? "" : ` of segment ${terminalText(verification.segment)}`;
    const at = `${verification.first_bad_line}${where}: ${verification.failure}`;
    row("chain", `broken at line ${at}; only what comes before was replayed`);
  }
  row("decisions", `${summary.decisions}, with ${counted(summary.policies, "policy", "policies")}`);
  row("same", summary.same === 0 ? "0" : `${summary.same}, every byte of their lines`);
  if (summary.different > 0) row("different", String(summary.different));
  if (summary.not_replayable > 0) row("not replayable", String(summary.not_replayable));
  for (const [reason, count] of entriesOf(summary.reasons)) row("", `${count}: ${REASONS[reason]}`);
  for (const [version, count] of Object.entries(summary.other_engines)) {
    row("other engine", `${count} were decided by engine ${terminalText(version)} or other rules`);
  }
  if (summary.history !== "not asked") row("history", HISTORY[summary.history]);
  const others = Object.entries(summary.not_decisions).filter(([, count]) => count > 0);
  const kinds = others.map(([kind, count]) => `${count} ${kind.replaceAll("_", " ")}`).join(", ");
  if (others.length > 0) row("not decisions", kinds);
  for (const difference of shown) showDifference(io, difference);
  if (more > 0) io.out(`\n${counted(more, "more difference")} (--all shows them)\n`);
}

function headline(io: Io, { verification, different, decisions, not_replayable }: ReplaySummary): string {
  const { outStyle: style } = io;
  if (!verification.valid) return style.bad("BROKEN");
  if (different > 0) return style.bad("DIFFERENT");
  if (decisions === 0) return style.caution("NOTHING TO REPLAY");
  if (decisions === not_replayable) return style.caution("NOT REPLAYABLE");
  return style.good("SAME");
}

function showDifference(io: Io, difference: ShownDifference): void {
  const { authorization_id, timestamp, action_type, seq, member, other_engine } = difference;
  const type = typeof action_type === "string" ? action_type : "";
  const by = other_engine === undefined ? "" : ` by engine ${other_engine}`;
  io.out(`\n${terminalText(`${authorization_id.slice(0, 12)}  ${timestamp}  seq ${seq}  ${type}${by}`)}\n`);
  io.out(`  ${terminalText(member)}\n`);
  io.out(`    recorded  ${shownValue(difference.recorded)}\n`);
  io.out(`    derived   ${shownValue(difference.derived)}\n`);
}

function shownValue(value: JsonValue | undefined): string {
  return value === undefined
    ? "(absent, or kept encrypted: --show)"
    : clipText(terminalText(JSON.stringify(value)), 120);
}

function entriesOf(reasons: ReplaySummary["reasons"]): readonly (readonly [NotReplayable, number])[] {
  return Object.entries(reasons).flatMap(([reason, count]) => (isReason(reason) ? [[reason, count] as const] : []));
}

function isReason(reason: string): reason is NotReplayable {
  return Object.hasOwn(REASONS, reason);
}
