// Runs the real, built binary the way a person or a script would: a process of its own, its own home and folder.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const { NODE_COMPILE_CACHE } = process.env;

/** Where Node keeps compiled code while the tests run: what a clean environment is to have all the same. */
export const COMPILED: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** What a run left behind. */
export interface CanopyRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a run differs from the usual. */
export interface CanopyOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Another entry file of the package, such as `bin/canopy-verify.js`. */
  readonly entry?: string;
}

/** Run the binary with a clean environment whose home is inside `cwd`. */
export function canopy(words: readonly string[], options: CanopyOptions): Promise<CanopyRun> {
  const { cwd, input, env = {}, entry } = options;
  const file = entry === undefined ? MAIN : fileURLToPath(new URL(`../${entry}`, import.meta.url));
  const clean = {
    PATH: process.env["PATH"] ?? "",
    HOME: cwd,
    CANOPY_HOME: join(cwd, "home"),
    TMPDIR: tmpdir(),
    ...COMPILED,
    ...env,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...words], { cwd, env: clean, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
  });
}

/** A scratch folder that is gone after `use`. */
export async function inScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-cli-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
