// `npm run demo:incident`: the demonstration, told to a person. `--keep DIR` leaves what was made in a new folder there;
// `--full` shows all that each command says.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { counted } from "canopy-runtime/counted";
import { styleFor } from "../../style.ts";
import { checksOf, type Check } from "./checks.ts";
import { play, type Teller } from "./play.ts";

const SHOWN_LINES = 14;
const SHOWN_COLUMNS = 150;
const { keep, full = false } = parseArgs({ options: { keep: { type: "string" }, full: { type: "boolean" } } }).values;
const style = styleFor(process.stdout.isTTY, process.env);

function cut(line: string): string {
  return full || line.length <= SHOWN_COLUMNS ? line : `${line.slice(0, SHOWN_COLUMNS - 2)} …`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const teller: Teller = {
  title: (text) => print(`\n${style.bold(text)}`),
  say: (text) => print(`   ${text}`),
  command: (words, { code, stdout, stderr }) => {
    const shown = words.map((word) => (/^[\w./:=-]+$/u.test(word) ? word : JSON.stringify(word)));
    print(`\n   ${style.accent(`$ canopy ${shown.join(" ")}`)}`);
    const lines = (stdout + stderr).trimEnd().split("\n");
    for (const line of lines.slice(0, full ? lines.length : SHOWN_LINES)) print(`     ${style.dim(cut(line))}`);
    const more = full ? 0 : lines.length - SHOWN_LINES;
    if (more > 0)
      print(`     ${style.dim(`… ${counted(more, "more line", "more lines")}: npm run demo:incident -- --full`)}`);
    if (code !== 0) print(`     exit ${code}`);
  },
};

function tell({ holds, text }: Check): void {
  print(`   ${holds ? style.good("yes") : style.bad("NO ")}  ${text}`);
}

const folder = mkdtempSync(join(keep ?? tmpdir(), "canopy-incident-"));
try {
  const played = await play(folder, teller);
  teller.title("7  What came of it");
  const checks = checksOf(played);
  for (const check of checks) tell(check);
  if (keep === undefined)
    print("\n   nothing of it was kept: npm run demo:incident -- --keep DIR leaves report, workbook, bundle and proof");
  else print(`\n   report, workbook, bundle and proof: ${join(folder, "auditor")}`);
  process.exitCode = checks.every(({ holds }) => holds) ? 0 : 1;
} finally {
  if (keep === undefined) rmSync(folder, { recursive: true, force: true });
}
