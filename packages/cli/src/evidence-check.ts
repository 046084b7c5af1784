// `canopy verify FILE.canopy-evidence`: an evidence bundle, checked offline.

import { counted } from "canopy-runtime/counted";
import { homeOf } from "canopy-runtime/home";
import { checkpointVerifierKeys } from "canopy-runtime/keys";
import { verifyEvidence, type BundleVerdict } from "canopy-runtime/evidence";
import { trustFrom } from "canopy-runtime/tlog";
import { openRegular } from "canopy-runtime/regular-file";
import { closeSync, readSync } from "node:fs";
import { resolve } from "node:path";
import type { Io } from "./io.ts";
import { trustOf, type ProofFlags } from "./proof-check.ts";
import { terminalJsonPretty, terminalText, wrapText } from "./terminal-text.ts";
import { verdictExit, verdictWord } from "./verdict.ts";

const FIRST_BYTES = 4096;

/** Check a bundle and tell what it shows; gives the exit code. Throws `FILE_UNUSABLE`, `INVALID_TRUST`, `INVALID_KEY`. */
export async function runEvidenceCheck(io: Io, flags: ProofFlags, name: string): Promise<number> {
  const file = resolve(io.cwd, name);
  const given = await trustOf(io, flags);
  const own = given === null ? checkpointVerifierKeys(homeOf(io.env, io.cwd), claimedOrigin(file)) : [];
  const trust = given === null && own.length === 0 ? null : trustFrom(given ?? { vkeys: own });
  const verdict = await verifyEvidence(file, trust);
  const notes = given === null && own.length > 0 ? [OWN_KEYS] : [];
  if (flags.json) io.out(`${terminalJsonPretty({ file: name, ...verdict, notes })}\n`);
  else if (!flags.quiet) tell(io, name, verdict, notes);
  return verdictExit(verdict.verdict);
}

const OWN_KEYS = "checked by this home's own checkpoint keys: an auditor gives the key with --vkey or --trust";

/** The origin that the first line names; this home's keys are tried under it. Empty when there is none. */
function claimedOrigin(file: string): string {
  try {
    const handle = openRegular(file);
    const bytes = Buffer.alloc(FIRST_BYTES);
    const count = readSync(handle, bytes, 0, FIRST_BYTES, 0);
    closeSync(handle);
    return /"origin":"([^"\\]{1,512})"/u.exec(bytes.toString("utf8", 0, count))?.[1] ?? "";
  } catch {
    // The verifier says what is wrong with the file.
    return "";
  }
}

function tell(io: Io, name: string, verdict: BundleVerdict, notes: readonly string[]): void {
  const { outStyle: style } = io;
  const row = (label: string, value: string): void => {
    const [first = "", ...more] = wrapText(terminalText(value), Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  io.out(`${verdictWord(verdict.verdict, style)}  ${terminalText(name)}\n`);
  if (verdict.reason !== null)
    row("why", verdict.line === null ? verdict.reason : `line ${verdict.line}: ${verdict.reason}`);
  const { checkpoint } = verdict;
  if (checkpoint === null) return;
  row("log", `${checkpoint.origin}, ${counted(checkpoint.size, "entry", "entries")}`);
  row("root", checkpoint.root);
  if (verdict.signed_by !== null) {
    row(verdict.verdict === "valid" ? "signed by" : "key", verdict.signed_by);
  }
  if (verdict.cosigned_by.length > 0) row("cosigned", verdict.cosigned_by.join(", "));
  if (verdict.verdict === "invalid") return;
  row("entries", `${verdict.entries}, each in the log's tree; ${verdict.chain_links} chain links`);
  for (const proof of verdict.proofs) row("proof", `${proof.name}: ${proof.state}, ${proof.says}`);
  if (verdict.policies.length > 0 || verdict.policies_missing > 0) {
    row("policies", `${verdict.policies.length}, ${verdict.policies_missing} named and not enclosed`);
  }
  for (const note of notes) row("note", note);
  for (const text of verdict.not_claimed) row("not said", text);
}
