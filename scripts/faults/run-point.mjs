// Runs one subject under one fault, and holds what it left against `check.mjs`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, realpathSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { headPath, homeFolder } from "../../packages/runtime/dist/storage/head-path.js";
import { root } from "../setup.mjs";
import { checkAfter } from "./check.mjs";
import { settingsOf } from "./place.mjs";
import { formatPoint } from "./points.mjs";

/** Faults are injected above the file system, so a quick one will do: thousands of places are made and removed. */
const PLACES = process.env["TMPDIR"] ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
/** Against hanging only: on a machine that does much else, a run of two seconds takes a minute. */
const GUARD_MS = 300_000;
const SUBJECT = fileURLToPath(new URL("./subject.mjs", import.meta.url));
const SOURCE = new URL("./inject.c", import.meta.url);
const ENDS_IT = new Set(["KILL", "torn"]);
const LASTS = new Set(["full", "dead"]);

/** Compiles the library, once for each state of its source. Throws when there is no compiler. */
export function injector() {
  const folder = join(root, ".cache", "faults");
  const source = readFileSync(SOURCE);
  const library = join(folder, `${createHash("sha256").update(source).digest("hex").slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  const draft = `${library}.${process.pid}`;
  const args = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", draft, fileURLToPath(SOURCE), "-ldl", "-lpthread"];
  const { status, stderr, error } = spawnSync("cc", args, { encoding: "utf8" });
  assert.equal(status, 0, `the library that injects faults can't be compiled with cc: ${stderr ?? error}`);
  renameSync(draft, library);
  return library;
}

/** A run without a fault: what it said, and the trace of its calls. `wrap` gives, for its folder, what is put before the command. */
export async function runClean(library, scenario, wrap = () => []) {
  const place = newPlace();
  try {
    const ended = await runSubject(library, scenario, { place, wrap: wrap(place.folder) });
    checkEnd(ended, null);
    await checkAfter(place.folder, ended.said);
    return { ...ended, folder: place.folder };
  } finally {
    rmSync(place.outer, { recursive: true, force: true });
  }
}

/** A run under a fault that is injected by what `wrap` puts before the command; `fault` says which. Throws as `runPoint`. */
export async function runWrapped(library, { scenario, fault }, wrap) {
  const place = newPlace();
  try {
    const ended = await runSubject(library, scenario, { place, wrap: wrap(place.folder) });
    checkEnd(ended, { fault });
    await checkAfter(place.folder, ended.said);
    return ended;
  } finally {
    rmSync(place.outer, { recursive: true, force: true });
  }
}

/** A run under a fault: `reached` is false when no such call was made. Throws when something isn't as it must be. */
export async function runPoint(library, point) {
  const place = newPlace();
  try {
    const ended = await runSubject(library, point.scenario, { place, point });
    const reached = ended.trace.split("\n").some((line) => line.startsWith("! "));
    checkEnd(ended, reached ? point : null);
    await checkAfter(place.folder, ended.said);
    return { reached, said: ended.said };
  } finally {
    if (process.env["CANOPY_FAULTS_KEEP"] === undefined) rmSync(place.outer, { recursive: true, force: true });
    else process.stderr.write(`kept: ${place.outer}\n`);
  }
}

function newPlace() {
  const outer = mkdtempSync(join(realpathSync(PLACES), "canopy-faults-"));
  const folder = join(outer, "place");
  mkdirSync(folder);
  return { outer, folder, trace: join(outer, "trace") };
}

function runSubject(library, scenario, { place, point = null, wrap = [] }) {
  if (scenario === "mend") leaveCrashed(place.folder);
  const [command, ...args] = [...wrap, process.execPath, SUBJECT, scenario, place.folder];
  const env = {
    ...process.env,
    LD_PRELOAD: library,
    NODE_COMPILE_CACHE: join(root, ".cache", "faults", "compiled"),
    CANOPY_FAULT_ROOT: place.folder,
    CANOPY_FAULT_TRACE: place.trace,
    ...(point && { CANOPY_FAULT_POINT: formatPoint(point).slice(scenario.length + 1) }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = { stdout: "", stderr: "", hung: false };
    const guard = setTimeout(() => {
      ended.hung = true;
      child.kill("SIGKILL");
    }, GUARD_MS);
    child.stdout.on("data", (text) => (ended.stdout += text));
    child.stderr.on("data", (text) => (ended.stderr += text));
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(guard);
      const said = ended.stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
      resolve({ ...ended, status, signal, said, trace: readFileSync(place.trace, "utf8") });
    });
  });
}

/** The process ended as it must under such a fault; null: none. */
function checkEnd({ status, signal, hung, stderr, said }, point) {
  assert.ok(!hung, `it had not ended after ${GUARD_MS / 1000} s`);
  const crash = said.find((line) => line.crash !== undefined);
  assert.equal(crash, undefined, `a step failed without a code of ours: ${crash?.step}: ${crash?.crash}`);
  assert.doesNotMatch(stderr, /^\s+at /mu, `a stack trace went to standard error: ${stderr}`);
  if (point !== null && ENDS_IT.has(point.fault)) {
    assert.equal(signal, "SIGKILL");
    return;
  }
  assert.deepEqual([status, signal], [0, null], stderr);
  if (point !== null && LASTS.has(point.fault)) return;
  if (point === null)
    assert.deepEqual(
      said.filter(({ code }) => code !== undefined),
      [],
    );
  const last = said.findLast(({ step }) => step === "very last");
  assert.equal(last?.decision, "ALLOW", `after the fault it does not go on: ${JSON.stringify(last)}`);
}

let crashed = null;

/** What a process leaves that died in the middle of everything, at the worst moments all at once. */
function leaveCrashed(folder) {
  crashed ??= makeCrashed();
  cpSync(crashed, folder, { recursive: true });
  const { home, audit_log_path: log } = settingsOf(folder);
  const [head] = readdirSync(join(home, "heads"));
  renameSync(join(home, "heads", head), headPath(home, log));
  // What ran when the process died stands in the home by the log's place, too.
  for (const name of readdirSync(join(home, "executors"))) {
    renameSync(join(home, "executors", name), homeFolder(home, "executors", log));
  }
  // A rotation that had given the old file its second name.
  linkSync(log, join(`${log}.d`, "segments", "000001.log"));
}

function makeCrashed() {
  const outer = mkdtempSync(join(realpathSync(PLACES), "canopy-faults-"));
  process.once("exit", () => rmSync(outer, { recursive: true, force: true }));
  const { signal, stderr } = spawnSync(process.execPath, [SUBJECT, "begun", outer], { encoding: "utf8" });
  assert.equal(signal, "SIGKILL", stderr);
  const { audit_log_path: log } = settingsOf(outer);
  const beside = `${log}.d`;
  // A line that was not finished, a record that no entry names, a batch whose signature was not finished.
  appendFileSync(log, readFileSync(log).subarray(0, 400));
  for (const day of readdirSync(join(beside, "payloads")).filter((name) => name.endsWith(".bin"))) {
    appendFileSync(join(beside, "payloads", day), "CPB1 and some more");
  }
  const proofs = join(beside, "proofs.jsonl");
  truncateSync(proofs, readFileSync(proofs).length - 40);
  writeFileSync(join(beside, "poisoned"), "1 sync failed: EIO\n", { mode: 0o600 });
  writeFileSync(join(beside, "segments", "next-1-9"), '{"half of a', { mode: 0o600 });
  return outer;
}
