// The agent's tools, for real: a shell and a file writer in a scratch folder. Ungoverned here; `agent.ts` governs them.

import { counted } from "canopy-runtime/counted";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { CanopyError } from "canopy-runtime/errors";
import { STEPS } from "./story.ts";

/** Where a tool works. */
export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT = 65_536;

/** Run a command line in the scratch folder, in a shell. Gives its output; throws when it fails. */
export async function runShell({ command = "" }: Readonly<Record<string, string>>, place: Place): Promise<string> {
  // A demonstration must not depend on what it demonstrates: the harmful commands of the script never reach a shell.
  if (STEPS.some((step) => step.harmful && step.args["command"] === command)) {
    throw new CanopyError("NOT_ALLOWED", "a harmful command was let through; the quickstart's own guard stopped it", {
      fix: "please report this with the log",
    });
  }
  return new Promise((resolve, reject) => {
    const env = { PATH: place.env["PATH"], HOME: place.folder, LANG: "C" };
    const child = spawn("sh", ["-c", command], {
      cwd: place.folder,
      env,
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(0, MAX_OUTPUT);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`the command ended with ${code ?? "a signal"}: ${output.trim()}`));
    });
  });
}

/** Write a file below the scratch folder. */
export async function writeFileTool(args: Readonly<Record<string, string>>, place: Place): Promise<string> {
  const { path = "", content = "" } = args;
  const inside = normalize(path);
  if (isAbsolute(inside) || inside.startsWith("..")) throw new Error("the path must be inside the scratch folder");
  await writeFile(join(place.folder, inside), content);
  return `wrote ${counted(Buffer.byteLength(content), "byte")} to ${inside}`;
}
