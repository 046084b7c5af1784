// What `canopy verify` does once its log is known. It is loaded with or without the parser, so it loads no more than it
// needs.

import { counted } from "canopy-runtime/counted";
import { homeOf } from "canopy-runtime/home";
import { verifyLog, type Disagreement, type VerifyOptions, type VerifyResult } from "canopy-runtime/verify";
import type { Io } from "./io.ts";
import { terminalJsonPretty, terminalText, wrapText } from "./terminal-text.ts";
import { verdictExit, verdictWord, type Verdict } from "./verdict.ts";

/** The flags of the command. */
export type VerifyFlags = { readonly json: boolean; readonly quiet: boolean; readonly signatures: boolean };

/** What else is checked, when it is given: signatures by their keys, what anchors keep; and what is to be said of it. */
export type MoreChecks = Pick<VerifyOptions, "signatures" | "anchor" | "checkpoints"> & {
  readonly notes?: readonly string[];
  /** Why what was to vouch for the log doesn't, or null. */
  readonly untrusted?: string | null;
};

/** A log's verification, and the verdict on all that was asked for. */
interface Judged extends VerifyResult {
  readonly verdict: Extract<Verdict, "valid" | "untrusted" | "invalid">;
  /** Why it is `untrusted`, or null. */
  readonly reason: string | null;
}

/** What is shown of it. */
type ShownFlags = Pick<VerifyFlags, "json" | "quiet">;

/**
 * Verify a log and tell how it stands; gives the exit code. Throws as `verifyLog`.
 */
export async function runVerify(io: Io, flags: ShownFlags, file: string, more: MoreChecks = {}): Promise<number> {
  const { notes = [], untrusted = null, ...checked } = more;
  const found = await verifyLog(file, { home: homeOf(io.env, io.cwd), ...(await shownProgress(io)), ...checked });
  if (found.entries === 0 && !found.valid && !found.anchored) await refuseOtherKind(file);
  const report = judged({ ...found, warnings: [...found.warnings, ...notes] }, untrusted);
  if (flags.json) io.out(`${terminalJsonPretty(report)}\n`);
  else if (!flags.quiet) show(io, report);
  return verdictExit(report.verdict);
}

async function refuseOtherKind(file: string): Promise<void> {
  const { otherKind } = await import("./file-kind.ts");
  const other = otherKind(file, "a log");
  if (other !== null) throw other;
}

function judged(found: VerifyResult, untrusted: string | null): Judged {
  const reason = found.valid ? (untrusted ?? unsignedText(found)) : null;
  const verdict = reason === null ? (found.valid ? "valid" : "invalid") : "untrusted";
  return { ...found, valid: verdict === "valid", verdict, reason };
}

// Asked for and not done is no yes.
function unsignedText({ signatures }: VerifyResult): string | null {
  if (signatures === "not checked") return null;
  const { unknown_key, entries } = signatures;
  if (unknown_key !== null) return `its batches are signed by a key that this home doesn't have: ${unknown_key}`;
  return entries === 0 ? "no signature was checked: no signed batch stands beside the log (proofs.jsonl)" : null;
}

// What is not needed is not loaded: a start has to be cheap.
async function shownProgress(io: Io): Promise<Pick<VerifyOptions, "progress">> {
  if (!io.stderrIsTerminal) return {};
  const { startProgress } = await import("./progress.ts");
  const progress = startProgress(io);
  return {
    progress: (bytes, total) => {
      if (bytes < total) progress.at(`${Math.floor((100 * bytes) / total)} % of ${Math.ceil(total / 1e6)} MB`);
      else progress.done();
    },
  };
}

function show(io: Io, report: Judged): void {
  const { outStyle: style } = io;
  const count = counted(report.entries, "entry", "entries");
  const path = terminalText(report.path);
  const row = (label: string, text: string): void => {
    const [first = "", ...more] = wrapText(text, Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  const word = {
    valid: style.good("INTACT"),
    untrusted: verdictWord("untrusted", style),
    invalid: style.bad("BROKEN"),
  };
  io.out(`${word[report.verdict]}  ${path}\n`);
  if (report.reason !== null) row("why", terminalText(report.reason));
  if (report.verdict === "invalid") {
    const where = report.segment === null ? "" : ` of segment ${terminalText(report.segment)}`;
    row("line", `${report.first_bad_line}${where}: ${failureText(report.failure)}`);
    const { within } = report;
    // Of a log that was cut nothing that stands there need differ.
    if (within !== null && within.first < within.last && report.failure !== "shrunk") {
      row("place", `the first entry that differs is one of ${within.first} to ${within.last}`);
    }
  }
  row("entries", linkedText(report, count));
  if (report.head !== null) row("head", report.head);
  row(isContradicted(report) ? "anchors" : "anchored", anchoredText(report));
  for (const one of report.disagreements) row("against", terminalText(disagreementText(one, report.entries)));
  row("signatures", signaturesText(report));
  // The rows above have said these.
  const said = /^signatures: not checked$|^batches are signed by a key/u;
  for (const warning of report.warnings) if (!said.test(warning)) row("note", terminalText(warning));
}

// A log that an anchor contradicts holds together; which of its entries are the true ones nobody can say from it.
function linkedText({ verdict, failure }: Judged, count: string): string {
  if (verdict !== "invalid") return `${count}, chained without a gap`;
  return failure === "checkpoint" ? `${count}, chained, but vouched for by nothing` : `${count} before it are good`;
}

function isContradicted({ disagreements }: Pick<VerifyResult, "disagreements">): boolean {
  return disagreements.length > 0;
}

/** What an anchor keeps and where, and what the log has instead, of which so many entries are good. Raw text. */
export function disagreementText(one: Disagreement, good: number): string {
  const { anchor, kind, place, entries } = one;
  const where = place === anchor ? `${anchor}, ${kind}` : `${anchor}, ${kind} in ${place}`;
  return `${where}: ${counted(entries, "entry", "entries")}, ${keptText(one, good)}`;
}

/** The same of one whose name, kind and number of entries were said. */
export function keptText({ kind, entries, hash, log_hash }: Disagreement, good: number): string {
  const lacks = good < entries ? `the log has ${good} that can be read` : "the log has no such entry there";
  const has = log_hash === null ? lacks : `the log has ${short(log_hash)} there`;
  return `${kind === "head" ? "the last" : "root"} ${short(hash)}; ${has}`;
}

const SHOWN_DIGITS = 16;

function short(hash: string): string {
  return `${hash.slice(0, SHOWN_DIGITS)}…`;
}

/** What the log was held against, and how it held. */
export function anchoredText(result: VerifyResult): string {
  const { anchored, checkpoints, disagreements } = result;
  if (!anchored) return "no: this home keeps no head of it";
  const names = [...new Set([...checkpoints.map(({ name }) => name), ...disagreements.map(({ anchor }) => anchor)])];
  if (names.length === 0) return "yes: it is held against the head that this home keeps";
  const each = names.map((name) => {
    const bad = disagreements.filter(({ anchor }) => anchor === name).map(({ entries }) => entries);
    const size = bad.length > 0 ? Math.max(...bad) : (checkpoints.findLast((one) => one.name === name)?.size ?? 0);
    const how = bad.length > 0 ? "does NOT hold" : "holds";
    return `${terminalText(name)} ${how} at ${counted(size, "entry", "entries")}`;
  });
  return `${isContradicted(result) ? "CONTRADICTED" : "yes"}: ${each.join("; ")}`;
}

function signaturesText({ signatures }: VerifyResult): string {
  if (signatures === "not checked") return "not checked (--signatures does)";
  const { entries, batches } = signatures;
  return entries === 0
    ? "none checked"
    : `${counted(entries, "entry", "entries")} in ${counted(batches, "signed batch", "signed batches")}`;
}

/** What a failure means, and its name. */
export function failureText(failure: string | null): string {
  const meaning = failure === null ? undefined : MEANINGS.get(failure);
  return meaning === undefined ? `${failure}` : `${meaning} (${failure})`;
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["json", "it is not JSON"],
  ["utf8", "it is not UTF-8 text"],
  ["not_object", "it is not a JSON object"],
  ["duplicate_key", "it names a member twice"],
  ["genesis", "the first entry does not begin a chain"],
  ["prev_hash", "it does not follow the entry before it"],
  ["entry_hash", "it was changed after it was written"],
  ["too_long", "it is longer than any entry may be"],
  ["form", "its white space or its end was changed"],
  ["segment", "it does not go on from the segment before it"],
  ["shrunk", "entries that were there are gone"],
  ["checkpoint", "it disagrees with a checkpoint that is kept elsewhere"],
  ["signature", "a signature does not hold"],
]);
