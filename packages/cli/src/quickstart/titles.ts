// What stands before and after the play: where it is set, what the evidence says, and what to try next.

import { counted } from "canopy-runtime/counted";
import { readTail } from "../read-tail.ts";
import type { Io } from "../io.ts";
import { logLines } from "../log-table.ts";
import { terminalText, wrapText } from "../terminal-text.ts";
import type { CallEnd } from "./agent.ts";
import type { Evidence } from "./evidence.ts";

/** What the opening tells. */
export interface Setting {
  readonly framework: string;
  readonly folder: string;
  readonly log: string;
}

/** Tell where the play is set. */
export function showOpening(io: Io, { framework, folder, log }: Setting): void {
  const { outStyle: style } = io;
  const loop = framework === "langchain" ? "A LangChain.js agent (its fake model, offline)" : "A scripted agent";
  io.out(`${style.bold("Canopy quickstart")}\n`);
  for (const line of wrapText(`${loop} gets a real shell in a scratch folder and makes four calls.`, 76)) {
    io.out(`  ${line}\n`);
  }
  io.out(`  ${style.dim("folder")}  ${terminalText(folder)}\n  ${style.dim("log   ")}  ${terminalText(log)}\n`);
}

/** What the closing tells. */
export interface Ending {
  readonly log: string;
  readonly ends: readonly CallEnd["outcome"][];
  readonly evidence: Evidence;
}

const TABLE_ROWS = 8;

/** Tell what the evidence says, show the log on a terminal, and what to try next. */
export async function showClosing(io: Io, { log, evidence }: Ending): Promise<void> {
  const { outStyle: style } = io;
  io.out(`\n${style.bold("5  The evidence")}\n`);
  const verdict = evidence.intact ? style.good("INTACT") : style.bad("BROKEN");
  io.out(`   ${style.dim("the log  ")} ${verdict}: ${entriesText(evidence)}\n`);
  if (evidence.flipped_line !== null) {
    io.out(
      `   ${style.dim("tampered ")} in a copy, one byte of line ${evidence.flipped_line} was changed: DENY became BENY\n`,
    );
    const found = evidence.found ? style.good("FOUND") : style.bad("NOT FOUND");
    const named =
      evidence.named_line === null ? "no line is named" : `line ${evidence.named_line}, ${evidence.failure}`;
    io.out(`   ${style.dim("verified ")} ${found}: ${named}\n`);
  }
  if (io.stdoutIsTerminal) {
    io.out("\n");
    const { lines } = await readTail(log, TABLE_ROWS);
    for (const line of logLines(io, lines)) io.out(`${line}\n`);
  }
  io.out(`\n${style.bold("Next")}\n`);
  const prefix = io.env["npm_lifecycle_event"] === "quickstart" ? "npm run -s canopy -- " : "canopy ";
  for (const words of nextCommands(log)) io.out(`  ${prefix}${words}\n`);
}

function entriesText({ entries, own_entries }: Evidence): string {
  if (entries === own_entries) return `${counted(entries, "entry", "entries")}, chained without a gap`;
  return `${counted(own_entries, "entry", "entries")} of this run and ${entries - own_entries} from before, without a gap`;
}

function nextCommands(log: string): readonly string[] {
  const path = /^[\w./~-]+$/u.test(log) ? log : `'${log.replaceAll("'", `'\\''`)}'`;
  return [`log ${terminalText(path)}`, `verify ${terminalText(path)}`, "demo --no-write"];
}
