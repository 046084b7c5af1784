// Who can write where a log stands, but has none of its keys, can put anything in the place of any of its files. Nothing
// that then works with the log may wait for ever, fail in words of the system's, read without end, or write where a link
// leads. The files are those that a real log makes: a new one is covered by itself.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createRuntime, safeTool } from "canopy-runtime";
import {
  LOG,
  settingsOf,
  type Case,
  type Ended,
  type Kind,
  type Place,
  type Step,
} from "./hostile-files.fixture.test.ts";

const PROGRAM = fileURLToPath(new URL("./hostile-files.fixture.test.js", import.meta.url));
/** A step takes some tenths of a second; on a busy machine, a few. */
const HANGS_MS = 60_000;
/** What a process has that read none of /dev/zero, with room. */
const MOST_RSS = 800_000_000;
/** Decisions and exit codes; closing may say why it could not end as it should. */
const ENDS: readonly (number | string)[] = ["ALLOW", "DENY", 0, 1, 2, 4, "LEDGER_REFUSED", "LEDGER_UNAVAILABLE"];
const PRECIOUS = "precious words\n".repeat(10);
const base = mkdtempSync(join(tmpdir(), "canopy-hostile-"));
const at = { world: join(base, "world"), kept: join(base, "kept"), outside: join(base, "outside") };
let files: readonly string[] = [];
let folders: readonly string[] = [];
const server = createServer();

before(async () => {
  for (const folder of [at.world, join(at.world, "log"), at.outside, join(at.outside, "folder")]) mkdirSync(folder);
  writeFileSync(join(at.outside, "precious"), PRECIOUS);
  server.listen(join(at.outside, "listening"));
  await once(server, "listening");
  linkSync(join(at.outside, "listening"), join(at.outside, "socket"));
  const names = await aDaysWork();
  files = names.files;
  folders = names.folders;
});

after(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

/** Work with a log as people do; gives the names of all that is made of it, at work and at rest. */
async function aDaysWork(): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
  const runtime = createRuntime(settingsOf(at.world));
  for (let index = 0; index < 40; index += 1) {
    await runtime.authorize({ public_key: "agent-1" }, "execute_shell", { command: `echo ${index}` });
  }
  const agent_ctx = { public_key: "agent-2" };
  const shell = safeTool({ runtime, action_type: "execute_shell", agent_ctx }, (_payload: { command: string }) =>
    Promise.resolve("done"),
  );
  await shell({ command: "echo done" });
  await runtime.setKillSwitch({ scope: "tenant:nobody", engaged: true, reason: "drill", by: "ann" });
  const atWork = names();
  await runtime.close();
  const checkpoint = join(at.world, `${LOG}.d`, "tlog", "checkpoint");
  // As log witnesses leave it there.
  copyFileSync(checkpoint, join(at.world, `${LOG}.d`, "tlog", "cosigned"));
  const all = [...new Set([...atWork, ...names()])].sort();
  renameSync(at.world, at.kept);
  const files = all.filter((name) => !isFolder(name));
  // What SQLite looks for beside each of its files, and the mark of a failed sync, are there at other times.
  const journals = files.filter((name) => name.endsWith(".sqlite")).map((name) => `${name}-journal`);
  return {
    files: [...files, ...journals, `${LOG}.d/poisoned`],
    folders: all.filter(isFolder).map((name) => name.slice(0, -1)),
  };
}

function isFolder(name: string): boolean {
  return name.endsWith("/");
}

function names(): readonly string[] {
  return readdirSync(at.world, { recursive: true, withFileTypes: true }).map((found) => {
    const name = relative(at.world, join(found.parentPath, found.name));
    return found.isDirectory() ? `${name}/` : name;
  });
}

type Told = Step & { readonly ended: Ended };

/** Run cases in a process of their own, which must end by itself; gives what each step ended with. */
async function run(cases: readonly Case[]): Promise<readonly Told[]> {
  const place: Place = { ...at, cases };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(place)], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told[] = [];
  let last: Step | null = null;
  const watch = setTimeout(() => child.kill("SIGKILL"), HANGS_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      watch.refresh();
      const step: Step = JSON.parse(line);
      last = step;
      if (step.ended !== null) told.push({ ...step, ended: step.ended });
      assert.equal(readFileSync(join(at.outside, "precious"), "utf8"), PRECIOUS, `written through: ${line}`);
      assert.deepEqual(readdirSync(join(at.outside, "folder")), [], `written through: ${line}`);
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  } finally {
    clearTimeout(watch);
    child.kill("SIGKILL");
  }
  const how = `it did not end by itself; the last step was ${JSON.stringify(last)}`;
  assert.deepEqual([child.exitCode, child.signalCode], [0, null], how);
  return told;
}

/** What no step may do, whatever it was that stood there. */
function holds({ case: { file, kind, isOpen }, step, ended, rss }: Told): void {
  const what = `${kind} for ${file}${isOpen ? ", put there while open" : ""}: ${step} gave ${ended.code}, ${ended.said}`;
  assert.ok(ENDS.includes(ended.code), what);
  assert.doesNotMatch(ended.said, /should not have happened|\bE[A-Z]{4,}: |file:\/\/|precious words/u, what);
  assert.ok(rss < MOST_RSS, what);
}

function casesOf(names: readonly string[], kinds: readonly Kind[], isOpen: boolean): readonly Case[] {
  return names.flatMap((file) => kinds.map((kind) => ({ file, kind, isOpen })));
}

const own = (): readonly string[] => files.filter((name) => name.startsWith("log/"));

test("whatever stands in the place of a file of a log, each question is answered at once, in words, and the process ends", async () => {
  const homes = files.filter((name) => name.startsWith("home/"));
  assert.ok(own().length >= 20 && homes.length >= 8, files.join(" "));
  const cases = [
    ...casesOf(own(), ["pipe", "folder", "link", "zero", "socket"], false),
    ...casesOf(homes, ["pipe", "folder", "zero"], false),
  ];
  const told = await run(cases);
  assert.equal(told.length, cases.length * 4);
  for (const step of told) holds(step);
});

test("what can't be opened of the log and its lock denies, and it is said what stands there", async () => {
  const locks = ["", "-journal", "-wal", "-shm"].map((suffix) => `${LOG}.d/lock.sqlite${suffix}`);
  const needed = [...locks, `${LOG}.d/synced`, `${LOG}.d/proofs.jsonl`, `${LOG}.d/payloads/erased`];
  const told = await run(casesOf(needed, ["pipe", "link"], false));
  const kinds: Readonly<Record<string, string>> = { pipe: "a pipe", link: "a symbolic link" };
  for (const step of told) {
    const { file, kind } = step.case;
    if (step.step !== "decide") continue;
    assert.equal(step.ended.code, "DENY", `${kind} for ${file}`);
    const why = `${join(at.world, file)}\` is ${kinds[kind] ?? ""}: expected a regular file)`;
    const { said } = step.ended;
    assert.ok(said.includes("(LEDGER_UNAVAILABLE: ") && said.endsWith(why), said);
  }
});

test("what is put there while the log is open makes nothing wait either", async () => {
  const cases = casesOf(own(), ["pipe", "folder", "full"], true);
  const told = await run(cases);
  assert.equal(told.length, cases.length * 2);
  for (const step of told) holds(step);
});

test("nothing is written into a folder that a link in the place of one of ours leads to", async () => {
  const below = folders.filter((name) => name.startsWith("log/"));
  assert.ok(below.length >= 10, below.join(" "));
  const told = await run([...casesOf(below, ["link", "pipe"], false), ...casesOf(below, ["link"], true)]);
  for (const step of told) holds(step);
});
