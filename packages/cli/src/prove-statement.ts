// `canopy prove absent` and `canopy prove present`: one proof over a log, written to a file; or why the statement is false.

import { counted } from "canopy-runtime/counted";
import { claimText, limitsOf, proveOverLog, statementJson, type LogProof, type Statement } from "canopy-runtime/proofs";
import { TlogReader } from "canopy-runtime/tlog";
import { homeOf } from "canopy-runtime/home";
import type { Io } from "./io.ts";
import { coverText, matchingRows, runsText, tellRows } from "./index-proof-view.ts";
import { LOG_FLAGS, namedLog } from "./log-flag.ts";
import { nameTheCause } from "./name-the-cause.ts";
import { proveRecorded, spellingsIn } from "./prove-recorded.ts";
import { readWhole } from "./read-input.ts";
import { logPathFor } from "./settings.ts";
import { statementOf, type AskedStatement, type StatementFlags } from "./statement-flags.ts";
import { terminalJsonPretty, terminalText } from "./terminal-text.ts";
import { unheardOf } from "./unheard-of.ts";
import { FORCE_FLAG, newFile, writeOut } from "./write-file.ts";

/** What both commands take. */
export type ProveFlags = StatementFlags & {
  readonly json: boolean;
  readonly log?: string;
  readonly checkpoint?: string;
  readonly out: string;
  readonly force: boolean;
};

/** The flags of both commands besides those of the statement. */
export const PROOF_FLAGS: typeof LOG_FLAGS & {
  readonly checkpoint: PathFlag & { readonly optional: true };
  readonly out: PathFlag;
  readonly force: typeof FORCE_FLAG;
} = {
  ...LOG_FLAGS,
  checkpoint: {
    kind: "parsed",
    parse: String,
    optional: true,
    brief: "Rest on this checkpoint: a signed note, such as one that was audited",
    placeholder: "FILE",
  },
  out: { kind: "parsed", parse: String, brief: "The file to write", placeholder: "FILE" },
  force: FORCE_FLAG,
};

interface PathFlag {
  readonly kind: "parsed";
  readonly parse: (text: string) => string;
  readonly brief: string;
  readonly placeholder: string;
}

const LIMIT_NOTE_BYTES = 1_048_576;
const SHOWN = 20;

/** Prove a statement and write the file; gives the exit code: 1 when it is false. */
export async function runProve(
  io: Io,
  { claim, word }: { readonly claim: Statement["claim"]; readonly word: string | undefined },
  flags: ProveFlags,
): Promise<number> {
  const file = newFile(io, flags.out, flags.force);
  const path = logPathFor(io, namedLog(word, flags.log));
  const checkpoint =
    flags.checkpoint === undefined
      ? {}
      : { checkpoint: Buffer.from(await readWhole(flags.checkpoint, io, LIMIT_NOTE_BYTES)).toString("utf8") };
  const reader = await TlogReader.open(path);
  try {
    const question = statementOf(io, claim, flags, reader);
    const home = homeOf(io.env, io.cwd);
    const { asked, proof, notes } = await nameTheCause(path, home, async () =>
      Promise.resolve(
        proveRecorded(question, {
          prove: (each) => proveOverLog(reader, path, { ...each, ...checkpoint }),
          spellings: (type) => spellingsIn(io, path, home, type),
        }),
      ),
    );
    if (proof.text !== null) writeOut(file, proof.text);
    const unheard = proof.text === null ? [] : unheardOf(path, home, asked.statement);
    if (flags.json)
      io.out(`${terminalJsonPretty({ ...documentOf(asked, proof, file), notes, unheard_of: unheard })}\n`);
    else tell(io, asked, proof, { file, notes });
    if (!flags.json) tellNames(io, flags, asked.statement);
    for (const what of unheard) {
      io.err(`${io.errStyle.caution("note")}: the log has no entry of that ${what} at all: is the name right?\n`);
    }
    return proof.text === null ? 1 : 0;
  } finally {
    reader.close();
  }
}

function documentOf(
  { statement, resource }: AskedStatement,
  { text, found, matching }: LogProof,
  file: string,
): object {
  return {
    proved: text !== null,
    file: text === null ? null : file,
    claim: claimText(statement, resource?.name ?? null),
    statement: statementJson(statement),
    covered: found.covered,
    of: found.checkpoint.size,
    origin: found.checkpoint.origin,
    runs: found.runs,
    matching: matchingRows(matching),
  };
}

// A claim speaks of AVIDs; whoever asked by another name sees what it became.
function tellNames(io: Io, { agent, exceptAgent }: ProveFlags, { where, except_agent }: Statement): void {
  const names = [
    [agent, where.avid],
    [exceptAgent, except_agent],
  ] as const;
  for (const [given, avid] of names) {
    if (given !== undefined && typeof avid === "string" && given !== avid) {
      io.err(`agent ${terminalText(given)} is ${avid}\n`);
    }
  }
}

function tell(
  io: Io,
  { statement, resource }: AskedStatement,
  { text, found, matching }: LogProof,
  { file, notes }: { readonly file: string; readonly notes: readonly string[] },
): void {
  const noteRows = notes.map((note): [string, string] => ["note", terminalText(note)]);
  const claim = terminalText(claimText(statement, resource?.name ?? null));
  const { outStyle: style } = io;
  if (text === null) {
    io.out(`${style.bad("FALSE")}  ${claim}\n`);
    const rows = matchingRows(matching.slice(0, SHOWN)).map((row) => terminalText(Object.values(row).join("  ")));
    const more = matching.length > SHOWN ? [`and ${matching.length - SHOWN} more`] : [];
    const why = statement.claim === "absent" ? `${matching.length} match` : "none matches";
    tellRows(io, [["why", why], ...[...rows, ...more].map((row): [string, string] => ["entry", row]), ...noteRows]);
    const other = statement.claim === "absent" ? "present" : "absent";
    io.err(`no file was written; \`canopy prove ${other}\` with the same words proves the contrary\n`);
    return;
  }
  io.out(`${style.good("PROVED")}  ${claim}\n`);
  tellRows(io, [
    ["file", `${terminalText(file)}  ${counted(Buffer.byteLength(text), "byte")}`],
    ["log", terminalText(found.checkpoint.origin)],
    ["covers", coverText(found)],
    ["runs", runsText(found)],
    ...(statement.claim === "present" ? [["entries", String(matching.length)] as [string, string]] : []),
    ...limitsOf(found)
      .filter(({ limit }) => limit === "resource mapping" || limit === "unresolved" || limit === "odd lines")
      .map((each): [string, string] => ["note", terminalText(each.text)]),
    ...noteRows,
  ]);
  io.err("`canopy verify --proof` checks it anywhere, and says what it claims and what it doesn't\n");
}
