// `canopy verify --proof` of an index proof: what it claims, what was checked, and what it doesn't claim.

import { counted } from "canopy-runtime/counted";
import { homeOf } from "canopy-runtime/home";
import { checkpointVerifierKeys } from "canopy-runtime/keys";
import {
  checkIndexProof,
  claimText,
  formatEntryTime,
  limitsOf,
  statementJson,
  type FoundProof,
  type IndexProofResult,
  type LogProof,
} from "canopy-runtime/proofs";
import { trustFrom, type TrustSource } from "canopy-runtime/tlog";
import type { Io } from "./io.ts";
import { claimNotes } from "./recorded-names.ts";
import { terminalJsonPretty, terminalText, wrapText } from "./terminal-text.ts";
import { verdictExit, verdictWord } from "./verdict.ts";

/** What to check, and whom the user trusts; null: this home's own keys. */
export interface GivenProof {
  readonly bytes: Uint8Array;
  readonly given: TrustSource | null;
}

const SHOWN = 50;

/** Check an index proof and tell; gives the exit code. Throws `INVALID_TRUST`, `INVALID_KEY`. */
export function showIndexProof(
  io: Io,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  proof: GivenProof,
): number {
  const result = check(io, proof);
  const own = proof.given === null && result.found?.trusted != null;
  if (json) io.out(`${terminalJsonPretty(documentOf(result, own))}\n`);
  else if (!quiet) tell(io, result, own);
  return verdictExit(result.verdict);
}

function check(io: Io, { bytes, given }: GivenProof): IndexProofResult {
  if (given !== null) return checkIndexProof(bytes, trustFrom(given));
  const result = checkIndexProof(bytes, null);
  if (result.found === null) return result;
  const vkeys = checkpointVerifierKeys(homeOf(io.env, io.cwd), result.found.checkpoint.origin);
  return vkeys.length === 0 ? result : checkIndexProof(bytes, trustFrom({ vkeys }));
}

/** Entries as one line each tells them. */
export function matchingRows(matching: LogProof["matching"]): readonly Readonly<Record<string, string | number>>[] {
  return matching.map(({ index, line }) => {
    const { timestamp, event, decision, action_type, avid } = membersOf(line);
    return { seq: index + 1, timestamp, event, decision, action_type, avid };
  });
}

function membersOf(
  line: string,
): Readonly<Record<"timestamp" | "event" | "decision" | "action_type" | "avid", string>> {
  let entry: Readonly<Record<string, unknown>> = {};
  try {
    entry = Object.assign(Object.create(null), JSON.parse(line));
  } catch {
    // An odd line has no members to show.
  }
  const text = (name: string): string => (typeof entry[name] === "string" ? entry[name] : "");
  return {
    timestamp: text("timestamp"),
    event: text("event"),
    decision: text("decision"),
    action_type: text("action_type"),
    avid: text("avid"),
  };
}

/** Which entries a proof covers, and why not all: the index is said in an entry of its own, so it can't cover that one. */
export function coverText({ covered, covered_to, checkpoint }: FoundProof): string {
  const { size } = checkpoint;
  const until = covered_to === null ? "" : `, up to ${formatEntryTime(covered_to)}`;
  const newer = size - covered;
  const rest =
    newer === 0
      ? ""
      : newer === 1
        ? "; the last one says what the index holds"
        : `; the last ${newer} are newer than the index`;
  return `entries 1 to ${covered} of ${size}${until}${rest}`;
}

/** How the runs of a proof were dealt with. */
export function runsText({ runs: { skipped, absent, present } }: FoundProof): string {
  const total = skipped + absent + present;
  return `${total} without gap: ${absent} without the key, ${present} with it, ${skipped} outside the times`;
}

/** Lines of a label and a text, wrapped. */
export function tellRows(io: Io, rows: readonly (readonly [label: string, text: string])[]): void {
  for (const [label, text] of rows) {
    const [first = "", ...more] = wrapText(text, Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  }
}

function tell(io: Io, { verdict, reason, at, found }: IndexProofResult, own: boolean): void {
  const { outStyle: style } = io;
  const words = verdictWord(verdict, style);
  if (found === null) {
    io.out(`${words}  proof over a log's index\n`);
    tellRows(io, [["why", terminalText(reason ?? "")], ...(at === "" ? [] : [["where", at] as const])]);
    return;
  }
  const { statement, resource, checkpoint, trusted, matching, uncertain } = found;
  io.out(`${words}  ${terminalText(claimText(statement, resource?.name ?? null))}\n`);
  const texts = (shown: LogProof["matching"]): readonly string[] =>
    matchingRows(shown.slice(0, SHOWN)).map((row) => terminalText(Object.values(row).join("  ")));
  tellRows(io, [
    ...(reason === null ? [] : [["why", terminalText(reason)] as const]),
    ["log", terminalText(checkpoint.origin)],
    ["covers", coverText(found)],
    ["runs", runsText(found)],
    ...(found.excluded === 0
      ? []
      : [["shown", `${counted(found.excluded, "entry", "entries")} that have the key and don't match`] as const]),
    ...signers(trusted, own),
    ...texts(matching).map((row) => ["entry", row] as const),
    ...(matching.length > SHOWN ? [["entry", `and ${matching.length - SHOWN} more`] as const] : []),
    ...texts(uncertain).map((row) => ["uncertain", row] as const),
    ...claimNotes(statement.where).map((note) => ["note", terminalText(note)] as const),
  ]);
  io.out("  not claimed:\n");
  for (const { limit, text } of limitsOf(found)) {
    const [first = "", ...more] = wrapText(terminalText(`${limit}: ${text}`), Math.max(40, io.columns - 6));
    io.out(`  - ${first}\n`);
    for (const line of more) io.out(`    ${line}\n`);
  }
}

function signers(trusted: FoundProof["trusted"], own: boolean): readonly (readonly [string, string])[] {
  if (trusted === null) return [];
  const { key, names, index_audited } = trusted;
  const whose = own ? ", a key of this home: an auditor gives it with --vkey or --trust" : "";
  return [
    ["signed by", terminalText(`${key.name}+${key.key_id}${whose}`)],
    ...(names.length === 0 ? [] : [["cosigned", terminalText(names.join(", "))] as const]),
    ...(index_audited.length === 0
      ? []
      : [["audited", terminalText(index_audited.map(({ name }) => name).join(", "))] as const]),
  ];
}

function documentOf({ verdict, reason, at, found }: IndexProofResult, own: boolean): object {
  const head = { kind: "index", valid: verdict === "valid", verdict, reason, at };
  if (found === null) return head;
  const { statement, resource, checkpoint, trusted, runs, matching } = found;
  return {
    ...head,
    claim: claimText(statement, resource?.name ?? null),
    statement: statementJson(statement),
    notes: claimNotes(statement.where),
    resource,
    origin: checkpoint.origin,
    size: checkpoint.size,
    covered: found.covered,
    covered_to: found.covered_to === null ? null : formatEntryTime(found.covered_to),
    runs,
    matching: matching.map(({ index, line }) => ({ index, line })),
    uncertain: found.uncertain.map(({ index, line }) => ({ index, line })),
    excluded: found.excluded,
    silence_s: found.silence_s,
    odd: found.odd,
    unresolved: found.unresolved,
    signed_by: trusted === null ? null : `${trusted.key.name}+${trusted.key.key_id}`,
    own_key: own,
    cosigned_by: trusted?.names ?? [],
    index_audited_by: trusted?.index_audited.map(({ name }) => name) ?? [],
    not_claimed: limitsOf(found),
  };
}
