// Decide, record, sign and sync: the whole `authorize`. Beside it, in the same run and interleaved: a bare loop that
// writes and syncs as many bytes to as many files, and the reference with a log of 10,000 entries, which never syncs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createRuntime } from "canopy-runtime";
import { referencePython } from "../scripts/peers/reference.mjs";
import { root } from "../scripts/setup.mjs";
import { bytesPerAppend, RawLoop } from "./raw-loop.mjs";
import { summarize } from "./statistics.mjs";

export const title = "a recorded, signed, synced authorize";

const AGENT = { public_key: "bench-agent", trace_id: "bench-trace" };
const CALLERS = 64;
const WARM_UP = 8000;

export async function run({ full }) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-bench-"));
  const path = join(folder, "audit.log");
  const runtime = createRuntime({ home: join(folder, "home"), audit_log_path: path, cwd: root });
  const rounds = full ? 15 : 5;
  const per = full ? 400 : 150;
  // As in a process that has run for a while: the first thousands of calls are spent on compiling what they call.
  await callMany(WARM_UP, () => runtime.authorize(AGENT, ...request()));
  await callOne(runtime, per);
  const sizes = await bytesPerAppend(path, 100, () => runtime.authorize(AGENT, ...request()));
  const reference = await startReference(folder);
  const raw = new RawLoop(join(folder, "raw"), sizes);
  const lone = { ours: [], raw: [], theirs: [] };
  const cpu = { ours: [], raw: [], theirs: [] };
  const many = { ours: [], raw: [] };
  for (let round = 0; round < rounds; round += 1) {
    cpu.ours.push(await cpuOf(per, async () => lone.ours.push(...(await callOne(runtime, per)))));
    cpu.raw.push(await cpuOf(per, () => lone.raw.push(...rawOne(raw, per))));
    const theirs = await reference.round(20);
    lone.theirs.push(...theirs.wall);
    cpu.theirs.push(theirs.cpu);
    many.ours.push(await callMany(per * 10, () => runtime.authorize(AGENT, ...request())));
    many.raw.push(await callMany(per * 40, () => raw.append()));
  }
  reference.stop();
  await runtime.close();
  raw.close();
  rmSync(folder, { recursive: true, force: true });
  return rows(lone, cpu, many);
}

function rows(lone, cpu, many) {
  const [ours, raw, theirs] = [lone.ours, lone.raw, lone.theirs].map((values) => summarize(values).median);
  const [ourCpu, theirCpu] = [cpu.ours, cpu.theirs].map((values) => summarize(values).median);
  const [ourRate, rawRate] = [many.ours, many.raw].map((values) => summarize(values).median);
  const share = (100 * ourRate) / rawRate;
  return [
    { measure: "one caller, p50 (CPU)", value: `${us(ours)} (${us(ourCpu)})` },
    { measure: "bare write and sync of the same bytes and files, p50", value: us(raw) },
    { measure: "ours over bare", value: `${(ours / raw).toFixed(2)}x`, should: "≤ 1.7x", met: ours / raw <= 1.7 },
    { measure: "reference at 10,000 entries, unsynced, p50 (CPU)", value: `${us(theirs)} (${us(theirCpu)})` },
    {
      measure: "lower p50 than the reference",
      value: `${(theirs / ours).toFixed(1)}x`,
      should: "≥ 15x",
      met: theirs / ours >= 15,
    },
    {
      measure: "less CPU than the reference",
      value: `${(theirCpu / ourCpu).toFixed(1)}x`,
      should: "≥ 20x",
      met: theirCpu / ourCpu >= 20,
    },
    { measure: `${CALLERS} callers, ours and bare`, value: `${rate(ourRate)} / ${rate(rawRate)} a second` },
    {
      measure: "of a bare group-commit loop over the same bytes and files",
      value: `${share.toFixed(0)} %`,
      should: "≥ 20 %",
      met: share >= 20,
    },
  ];
}

function rate(value) {
  return `${(value / 1000).toFixed(1)}k`;
}

function us(value) {
  return `${value.toFixed(0)} µs`;
}

let call = 0;

function request() {
  call += 1;
  return ["execute_shell", { command: `ls -la packages/part-${call} && cat README.md | head -50` }];
}

async function callOne(runtime, count) {
  const spent = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await runtime.authorize(AGENT, ...request());
    spent.push((performance.now() - start) * 1000);
  }
  return spent;
}

async function callMany(count, work) {
  const start = performance.now();
  let left = count;
  const caller = async () => {
    while ((left -= 1) >= 0) await work();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (count * 1000) / (performance.now() - start);
}

function rawOne(raw, count) {
  const spent = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    raw.appendNow();
    spent.push((performance.now() - start) * 1000);
  }
  return spent;
}

async function cpuOf(count, work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function startReference(folder) {
  const log = join(folder, "reference.log");
  const child = spawn(referencePython(), [join(root, "bench", "reference-authorize.py"), log, "10000"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  return {
    async round(count) {
      child.stdin.write(`${count}\n`);
      const [text] = await once(lines, "line");
      return JSON.parse(text);
    },
    stop: () => child.stdin.end(),
  };
}
