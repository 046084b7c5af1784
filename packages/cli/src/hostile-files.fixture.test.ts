// A process that works with logs whose files were replaced by somebody who can write where they stand:
// `node hostile-files.fixture.test.js <place as JSON>`. Without arguments it does nothing.
//
// It says a line of JSON before each step and one after it, so that whoever started it can tell where it hangs.

import { spawnSync } from "node:child_process";
import { cpSync, linkSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createRuntime, type Runtime, type RuntimeConfig } from "canopy-runtime";
import { CanopyError } from "canopy-runtime/errors";
import type { Io } from "./io.ts";
import { runCli } from "./run-cli.ts";
import { styleFor } from "./style.ts";

/** What is put in a file's place: of devices, links to them. */
export type Kind = "pipe" | "folder" | "link" | "zero" | "full" | "socket";

/** One file, and what is put in its place. */
export interface Case {
  /** Below the world. */
  readonly file: string;
  readonly kind: Kind;
  /** Put there while a runtime has the log open, instead of before anything is opened. */
  readonly isOpen: boolean;
}

/** What a step gave: a decision, an exit code or an error's code, and all that was said. */
export interface Ended {
  readonly code: number | string;
  readonly said: string;
}

/** A step that begins, or that has ended. */
export interface Step {
  readonly case: Case;
  readonly step: string;
  readonly ended: Ended | null;
  /** Memory of the process, in bytes. */
  readonly rss: number;
}

/** Where the process works. */
export interface Place {
  /** Where the log, `log/audit.log`, and the home, `home`, stand while they are worked with. */
  readonly world: string;
  /** What it is made from for each case. */
  readonly kept: string;
  /** What is not the log's: `precious`, `folder` and `socket`. */
  readonly outside: string;
  readonly cases: readonly Case[];
}

/** The log, below a world. */
export const LOG = "log/audit.log";

/** The settings of a world's runtime. */
export function settingsOf(world: string): RuntimeConfig {
  return {
    env: {},
    cwd: world,
    home: join(world, "home"),
    audit_log_path: join(world, LOG),
    rotate_bytes: 65_536,
    sinks: [`file:${join(world, "home", "out.ndjson")}`],
  };
}

async function decision(runtime: Runtime): Promise<Ended> {
  const asked = await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: "echo 1" });
  return { code: asked.decision, said: asked.reason };
}

async function decide(world: string): Promise<Ended> {
  const runtime = createRuntime(settingsOf(world));
  try {
    return await decision(runtime);
  } finally {
    await runtime.close();
  }
}

/** Run a command in this process. */
async function command(world: string, words: readonly string[]): Promise<Ended> {
  let said = "";
  const take = (text: string): void => {
    said += text;
  };
  const env = { CANOPY_HOME: join(world, "home"), NO_COLOR: "1" };
  const style = styleFor(false, env);
  const io: Io = {
    out: take,
    err: take,
    outClosed: () => false,
    stdin: async function* () {},
    env,
    cwd: world,
    interactive: false,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 400,
    outStyle: style,
    errStyle: style,
  };
  const code = await runCli([...words, join(world, LOG)], io);
  return { code, said };
}

type Work = (world: string) => Promise<Ended>;

const STEPS: Readonly<Record<string, Work>> = {
  verify: (world) => command(world, ["verify", "--signatures"]),
  fsck: (world) => command(world, ["ledger", "fsck"]),
  query: (world) => command(world, ["audit", "query"]),
  decide,
};

/** Put something in a file's place, or a folder's. */
function put({ file, kind }: Case, { world, outside }: Place): void {
  const path = join(world, file);
  const wasFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  rmSync(path, { recursive: true, force: true });
  if (kind === "pipe") spawnSync("mkfifo", [path]);
  else if (kind === "folder") mkdirSync(path);
  else if (kind === "socket") linkSync(join(outside, "socket"), path);
  else if (kind === "link") symlinkSync(join(outside, wasFolder ? "folder" : "precious"), path);
  else symlinkSync(`/dev/${kind}`, path);
}

async function whileOpen(place: Place, each: Case): Promise<void> {
  const runtime = createRuntime(settingsOf(place.world));
  await decision(runtime);
  put(each, place);
  await tell({ case: each, step: "decide" }, () => decision(runtime));
  await tell({ case: each, step: "close" }, async () => {
    await runtime.close();
    return { code: 0, said: "" };
  });
}

async function work(place: Place): Promise<void> {
  for (const each of place.cases) {
    rmSync(place.world, { recursive: true, force: true });
    cpSync(place.kept, place.world, { recursive: true });
    if (each.isOpen) await whileOpen(place, each);
    else {
      put(each, place);
      for (const [step, run] of Object.entries(STEPS)) await tell({ case: each, step }, () => run(place.world));
    }
  }
}

async function tell(about: Pick<Step, "case" | "step">, work: () => Promise<Ended>): Promise<void> {
  const say = (ended: Ended | null): void => {
    const step: Step = { ...about, ended, rss: process.memoryUsage.rss() };
    process.stdout.write(`${JSON.stringify(step)}\n`);
  };
  say(null);
  say(
    await work().catch((error: unknown) => ({
      code: error instanceof CanopyError ? error.code : "raw",
      said: String(error),
    })),
  );
}

const [, , given] = process.argv;
if (given !== undefined) await work(JSON.parse(given));
