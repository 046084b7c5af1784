// What a change of a policy does, for people: flips by verdict, by rule, by agent and by action type, with examples.

import type { JsonObject, JsonValue } from "canopy-runtime/json";
import type { FlipCount, FlipGroup, FlipReport, SimulatedDecision } from "canopy-runtime/replay";
import type { Io } from "./io.ts";
import { verdictText } from "./style.ts";
import { tableLines } from "./table.ts";
import { clipText, terminalText } from "./terminal-text.ts";

/** A flipped decision as it is printed. */
export interface ShownFlip {
  readonly authorization_id: string;
  readonly seq: number;
  readonly timestamp: string;
  readonly avid: JsonValue;
  readonly action_type: JsonValue;
  readonly recorded: string;
  readonly simulated: string | null;
  readonly rule_ref: string | null;
  readonly cause: string | null;
  /** Only when it was asked for: it may quote the payload. */
  readonly reason?: string | null;
  readonly request?: JsonObject;
}

/** A flip for printing. What was asked stands in the encrypted record, and is only shown when `showRequest`. */
export function shownFlip(decision: SimulatedDecision, showRequest: boolean): ShownFlip {
  const { authorization_id, entry, recorded, simulated, rule_ref, cause, reason, request } = decision;
  return {
    authorization_id,
    seq: entry.seq,
    timestamp: entry.timestamp,
    avid: entry["avid"] ?? null,
    action_type: entry["action_type"] ?? null,
    recorded,
    simulated,
    rule_ref,
    cause,
    ...(showRequest ? { reason, ...(request === null ? {} : { request: { ...request } }) } : {}),
  };
}

/** Rows of a table that are shown; the JSON has all. */
const ROWS = 10;

/** Print the flips of a report: the counts, the tables, the examples. */
export function showFlips(io: Io, report: FlipReport, examples: readonly ShownFlip[]): void {
  for (const { from, to, count } of report.flips) {
    io.out(`  ${`${from} → ${to}`.padEnd(34)}${String(count).padStart(8)}\n`);
  }
  const { of, asked, denied } = report.newly_gated;
  const share = of === 0 ? "0" : ((100 * (asked + denied)) / of).toFixed(1);
  io.out(`  newly gated: ${asked + denied} of ${of} allowed (${share} %): ${asked} would ask, ${denied} be denied\n`);
  if (report.by_engine > 0) {
    io.out(`  ${report.by_engine} of them come from the engine's own rules, which have changed since\n`);
  }
  showGroups(io, "RULE", report.by_rule);
  showGroups(io, "ACTION TYPE", report.by_action_type);
  showGroups(io, "AGENT", report.by_agent);
  if (examples.length === 0) return;
  io.out("\n");
  for (const example of examples) showExample(io, example);
}

function showGroups(io: Io, title: string, groups: readonly FlipGroup[]): void {
  if (groups.length === 0) return;
  const rows = groups.slice(0, ROWS).map(({ name, decisions, flips }) => {
    return [
      shortName(name),
      String(decisions),
      String(flips.reduce((sum, { count }) => sum + count, 0)),
      flipsText(flips),
    ];
  });
  const columns = [
    { title, least: 20 },
    { title: "DECISIONS", least: 9, align: "right" },
    { title: "FLIPPED", least: 7, align: "right" },
    { title: "HOW", least: 16 },
  ] as const;
  const width = io.stdoutIsTerminal ? io.columns : 160;
  io.out("\n");
  for (const line of tableLines(columns, rows, { style: io.outStyle, width })) io.out(`${line}\n`);
  if (groups.length > ROWS) io.out(`${groups.length - ROWS} more (--json has them)\n`);
}

function shortName(name: string): string {
  return /^AVID-[0-9a-f]{64}$/u.test(name) ? name.slice(0, 17) : name;
}

function flipsText(flips: readonly FlipCount[]): string {
  return flips.map(({ from, to, count }) => `${from} → ${to} ${count}`).join(", ");
}

function showExample(io: Io, flip: ShownFlip): void {
  const { authorization_id, timestamp, action_type, recorded, simulated, rule_ref, reason, request } = flip;
  const type = terminalText(typeof action_type === "string" ? action_type : "");
  const [from, to] = [recorded, simulated ?? ""].map((verdict) => verdictText(io.outStyle, verdict));
  io.out(`${authorization_id.slice(0, 12)}  ${timestamp}  ${type}  ${from} → ${to}  ${terminalText(rule_ref ?? "")}\n`);
  if (reason !== undefined && reason !== null) io.out(`  ${clipText(terminalText(reason), 200)}\n`);
  if (request !== undefined) io.out(`  ${clipText(terminalText(JSON.stringify(request)), 400)}\n`);
}
