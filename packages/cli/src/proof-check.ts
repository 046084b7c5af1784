// `canopy verify --proof`: a proof file, checked offline. What kind of proof it is, its content says.

import { CanopyError } from "canopy-runtime/errors";
import { homeOf } from "canopy-runtime/home";
import { checkpointVerifierKeys } from "canopy-runtime/keys";
import { checkIncluded, isTlogProof, trustFrom, type IncludedCheck, type TrustSource } from "canopy-runtime/tlog";
import { isIndexProof } from "canopy-runtime/proofs";
import { resolve } from "node:path";
import { existsSync } from "node:fs";
import type { Io } from "./io.ts";
import { otherKind } from "./file-kind.ts";
import { readWhole } from "./read-input.ts";
import { terminalJsonPretty, terminalText, wrapText } from "./terminal-text.ts";
import { verdictExit, verdictWord } from "./verdict.ts";

/** The flags that say whom to trust, and how to tell. */
export interface ProofFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  /** A trust policy's file. */
  readonly trust?: string;
  /** A verifier key, or a file that holds one. */
  readonly vkey?: string;
}

const LIMIT_BYTES = 268_435_456;
const LIMIT_TRUST_BYTES = 1_048_576;

/** Check a proof file and tell what it shows; gives the exit code. Throws `FILE_UNUSABLE`, `INVALID_PROOF`, `INVALID_TRUST`, … */
export async function runProofCheck(io: Io, flags: ProofFlags, file: string): Promise<number> {
  const bytes = await readWhole(file, io, LIMIT_BYTES);
  const text = Buffer.from(bytes).toString("utf8");
  if (isTlogProof(text)) return showIncluded(io, flags, text);
  if (isIndexProof(text)) {
    const { showIndexProof } = await import("./index-proof-view.ts");
    return showIndexProof(io, flags, { bytes, given: await trustOf(io, flags) });
  }
  const other = file === "-" ? null : otherKind(resolve(io.cwd, file), "a proof");
  if (other !== null) throw other;
  throw new CanopyError("INVALID_PROOF", `\`${file}\` is no proof that is known here`, {
    fix: "give a file as `canopy prove` writes it",
  });
}

/** Whom the user trusts: --trust or --vkey; else null. Throws `FILE_UNUSABLE`, `USAGE`. */
export async function trustOf(io: Io, { trust, vkey }: ProofFlags): Promise<TrustSource | null> {
  if (trust !== undefined && vkey !== undefined) {
    throw new CanopyError("USAGE", "--trust and --vkey are given: expected one of them", {
      fix: "put the key into the trust policy as a `log` line",
    });
  }
  if (trust !== undefined) return { policy: await textOf(io, trust) };
  if (vkey === undefined) return null;
  // A key comes first: what lies in the folder, perhaps unpacked from what is to be checked, must not take its place.
  if (isVerifierKey(vkey)) return { vkeys: [vkey.trim()] };
  if (existsSync(resolve(io.cwd, vkey))) return { vkeys: [(await textOf(io, vkey)).trim()] };
  // Every verifier key has a plus sign in it; what is wrong with one is told by whoever parses it.
  if (vkey.includes("+")) return { vkeys: [vkey] };
  throw new CanopyError("FILE_UNUSABLE", `there is no file ${vkey}, and it is no verifier key either`, {
    fix: "`canopy keys --vkey --log LOG` prints the key of a log, in the home that writes it",
  });
}

function isVerifierKey(text: string): boolean {
  try {
    return trustFrom({ vkeys: [text] }) !== null;
  } catch (error) {
    if (error instanceof CanopyError) return false;
    throw error;
  }
}

async function textOf(io: Io, file: string): Promise<string> {
  return Buffer.from(await readWhole(file, io, LIMIT_TRUST_BYTES)).toString("utf8");
}

async function showIncluded(io: Io, flags: ProofFlags, text: string): Promise<number> {
  const given = await trustOf(io, flags);
  const own = given === null ? checkpointVerifierKeys(homeOf(io.env, io.cwd), originOf(text)) : [];
  const check = checkIncluded(text, trustFrom(given ?? { vkeys: own }));
  const notes = notesOn(check, given === null ? own.length : null);
  if (flags.json) io.out(`${terminalJsonPretty({ ...check, notes })}\n`);
  else if (!flags.quiet) tell(io, check, notes);
  return verdictExit(check.verdict);
}

/** The origin that the proof's checkpoint names; this home's keys are tried under it. */
function originOf(text: string): string {
  return text.slice(text.indexOf("\n\n") + 2).split("\n", 1)[0] ?? "";
}

function notesOn(check: IncludedCheck, ownKeys: number | null): readonly string[] {
  const notes: string[] = [];
  if (ownKeys === 0)
    notes.push("no key was given (--vkey, --trust) and this home has no checkpoint key: nothing can be valid");
  else if (ownKeys !== null)
    notes.push("checked by this home's own checkpoint keys: an auditor gives the key with --vkey or --trust");
  if (check.valid && check.quorum === "none") {
    notes.push("unanchored: no log witness vouches that others were shown the same log");
  }
  notes.push("claims that the entry is in the log, not that what it says is true, nor that the log has everything");
  return notes;
}

function tell(io: Io, check: IncludedCheck, notes: readonly string[]): void {
  const { outStyle: style } = io;
  const row = (label: string, value: string): void => {
    const [first = "", ...more] = wrapText(terminalText(value), Math.max(40, io.columns - 14));
    io.out(`  ${label.padEnd(10)}  ${first}\n`);
    for (const line of more) io.out(`${" ".repeat(14)}${line}\n`);
  };
  io.out(`${verdictWord(check.verdict, style)}  proof that an entry is in a log\n`);
  if (check.reason !== null) row("why", check.reason);
  row("log", check.origin);
  row("entry", `${entryWords(check.line)}, index ${check.index} of ${check.size}`);
  if (check.signed_by !== null) row("signed by", check.signed_by);
  if (check.cosigned_by.length > 0) row("cosigned", check.cosigned_by.join(", "));
  for (const note of notes) row("note", note);
}

function entryWords(line: string): string {
  try {
    const { seq, event, decision, timestamp }: Readonly<Record<string, unknown>> = Object.assign({}, JSON.parse(line));
    return [`seq ${String(seq)}`, event, decision, timestamp].map(String).join(" ");
  } catch {
    return "not JSON";
  }
}
