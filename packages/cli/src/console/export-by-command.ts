// Writes a file by the command that a person would use for it, in a process of its own: it may take long, and the
// console goes on meanwhile.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Whose log, from where, and with which environment. */
export interface ExportOptions {
  readonly log: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
/** Exit codes with which a file was written: what it is about may be broken. */
const WRITTEN: ReadonlySet<unknown> = new Set([0, 1]);

/**
 * Write what `words` choose (`incident --trace ID`, `report --all`) to a file: evidence bundles by `canopy evidence`, the
 * rest by the command that the words begin with. Gives what it said; throws what it said when nothing was written.
 */
export async function exportByCommand(words: readonly string[], file: string, options: ExportOptions): Promise<string> {
  const { log, cwd, env } = options;
  const all = [MAIN, ...commandWords(words, file, log)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, all, { cwd, env: { ...env, NO_COLOR: "1" } }, (error, _out, said) => {
      const lines = said.trim().split("\n");
      const problem = lines.find((line) => line.startsWith("error: "));
      const code = error === null ? 0 : error.code;
      if (problem !== undefined || !WRITTEN.has(code)) {
        reject(new Error(problem?.slice("error: ".length) ?? `it ended with ${String(code)}`));
      } else resolve(`${lines.at(-1) ?? ""}${code === 1 ? "; the log is broken" : ""}`);
    });
  });
}

function commandWords([command = "", ...flags]: readonly string[], file: string, log: string): readonly string[] {
  if (!file.endsWith(".canopy-evidence")) return [command, log, ...flags, "--export", file];
  if (command === "incident") return ["evidence", log, ...flags, "--out", file];
  throw new Error("evidence is of a trace, an incident or an agent: select one first");
}
