// How two policies differ, for people: first the rules as they are written, then the requests that change, each with the
// command lines that show it.

import { counted } from "canopy-runtime/counted";
import type { DiffCase, DiffGroup, PolicyDiff, RuleChanges } from "canopy-runtime/replay";
import type { Io } from "./io.ts";
import { verdictText } from "./style.ts";
import { shellWord } from "./shell-word.ts";
import { terminalJson, terminalText, wrapText } from "./terminal-text.ts";

/** Recorded requests on which the policies disagree in the same way. */
export interface LogGroup {
  readonly from: string;
  readonly to: string;
  readonly rule_ref: string | null;
  readonly count: number;
  /** A few of their authorization ids. */
  readonly authorization_ids: readonly string[];
  /** What the first of them asked; only when it is to be shown. */
  readonly request?: unknown;
}

/** What was found in a log. */
export interface LogFindings {
  readonly path: string;
  readonly chain_valid: boolean;
  readonly decisions: number;
  readonly differing: number;
  readonly not_replayable: number;
  readonly groups: readonly LogGroup[];
}

/** Everything that is shown. */
export interface ShownDiff {
  readonly from: string;
  readonly to: string;
  readonly seed: number;
  readonly now: string;
  readonly diff: PolicyDiff;
  readonly log: LogFindings | null;
}

/** Print a comparison for people. */
export function showDiff(io: Io, { from, to, seed, now, diff, log }: ShownDiff): void {
  const { outStyle: style } = io;
  const { tried, groups, differing } = diff;
  const total = tried.tests + tried.made + (log?.decisions ?? 0);
  const found = differing + (log?.differing ?? 0);
  const names = terminalText(`${from} → ${to}`);
  if (found === 0) io.out(`${style.good("NO DIFFERENCE FOUND")}  ${names}\n`);
  else io.out(`${style.bad("DIFFERENT")}  ${names}\n`);
  const of = [`${tried.tests} of the tests`, `${tried.made} made (seed ${seed})`];
  if (log !== null) of.push(`${log.decisions} of the log`);
  wrapped(
    io,
    `${found === 0 ? "no difference found in" : `${found} differ of`} ${counted(total, "case")}: ${of.join(", ")}`,
  );
  if (log !== null && log.not_replayable > 0) wrapped(io, `${log.not_replayable} of the log are not replayable`);
  showChanges(io, diff.changes);
  for (const group of groups) showGroup(io, group, { from, to, now });
  for (const group of log?.groups ?? []) showLogGroup(io, group);
}

function showChanges(io: Io, { added, removed, changed, policy_keys }: RuleChanges): void {
  const lines = [
    ...removed.map((id) => `- ${id}`),
    ...added.map((id) => `+ ${id}`),
    ...changed.map(({ id, keys }) => `~ ${id}: ${keys.join(", ")}`),
    ...policy_keys.map((key) => `~ ${key} (of the policy)`),
  ];
  io.out(lines.length === 0 ? "  rules: as they were\n" : "  rules:\n");
  for (const line of lines) io.out(`    ${terminalText(line)}\n`);
}

function showGroup(io: Io, group: DiffGroup, { from, to, now }: Pick<ShownDiff, "from" | "to" | "now">): void {
  const { kind, rule_ref, count, tested, counterexample } = group;
  const what = kind === "demands" ? `${group.from}, with other demands` : arrow(io, group.from, group.to);
  const cases = `${counted(count, "case")}${tested ? ", in a test too" : ""}`;
  io.out(`\n${what}  ${terminalText(rule_ref ?? "")}  (${cases})\n`);
  const also = `${group.to}; with --policy ${terminalText(shellWord(from))}: ${group.from}`;
  io.out(`  ${evaluateLine(counterexample)} --policy ${terminalText(shellWord(to))}   # ${also}\n`);
  const at = new Date(counterexample.now_ms).toISOString();
  if (at !== now) io.out(`  asked at ${at}\n`);
}

function showLogGroup(io: Io, { from, to, rule_ref, count, authorization_ids, request }: LogGroup): void {
  io.out(`\n${arrow(io, from, to)}  ${terminalText(rule_ref ?? "")}  (${count} of the log)\n`);
  io.out(`  ${authorization_ids.map((id) => terminalText(id.slice(0, 12))).join(" ")}\n`);
  if (request !== undefined) io.out(`  ${terminalJson(request)}\n`);
}

function arrow(io: Io, from: string, to: string): string {
  return `${verdictText(io.outStyle, from)} → ${verdictText(io.outStyle, to)}`;
}

/** The command line that asks for a decision on a request; what follows names the policy. */
function evaluateLine({ action_type, action_payload, agent_ctx, cwd }: DiffCase): string {
  const request = { agent_ctx, action_type, action_payload, ...(cwd === null ? {} : { cwd }) };
  return `printf '%s\\n' ${shellWord(terminalJson(request))} | canopy evaluate -`;
}

function wrapped(io: Io, text: string): void {
  for (const line of wrapText(text, Math.max(40, io.columns - 2))) io.out(`  ${line}\n`);
}
