// Decide, record, sign and sync: the whole `authorize`. Beside it, in the same run and interleaved: a bare loop that
// writes and syncs as many bytes to as many files, and the reference with a log of 10,000 entries, which never syncs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { createRuntime } from "canopy-runtime";
import { referencePython } from "../scripts/peers/reference.mjs";
import { root } from "../scripts/setup.mjs";
import { summarize } from "./statistics.mjs";

export const title = "a recorded, signed, synced authorize";

const AGENT = { public_key: "bench-agent", trace_id: "bench-trace" };
const CALLERS = 64;
const sync = promisify(fdatasync);

export async function run({ full }) {
  const folder = mkdtempSync(join(tmpdir(), "canopy-bench-"));
  const path = join(folder, "audit.log");
  const runtime = createRuntime({ home: join(folder, "home"), audit_log_path: path, cwd: root });
  const rounds = full ? 15 : 5;
  const per = full ? 400 : 150;
  await callOne(runtime, per);
  const sizes = await bytesPerCall(runtime, path);
  const reference = await startReference(folder);
  const raw = rawFiles(folder);
  const lone = { ours: [], raw: [], theirs: [] };
  const cpu = { ours: [], raw: [], theirs: [] };
  const many = { ours: [], raw: [] };
  for (let round = 0; round < rounds; round += 1) {
    cpu.ours.push(await cpuOf(per, async () => lone.ours.push(...(await callOne(runtime, per)))));
    cpu.raw.push(await cpuOf(per, () => lone.raw.push(...rawOne(raw, sizes, per))));
    const theirs = await reference.round(20);
    lone.theirs.push(...theirs.wall);
    cpu.theirs.push(theirs.cpu);
    many.ours.push(await callMany(runtime, per * 10));
    many.raw.push(await rawMany(raw, sizes, per * 10));
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
    { measure: `${CALLERS} callers`, value: `${Math.round(ourRate)} a second` },
    {
      measure: "of a bare group-commit loop over the same bytes and files",
      value: `${share.toFixed(0)} %`,
      should: "≥ 20 %",
      met: share >= 20,
    },
  ];
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

async function callMany(runtime, count) {
  const start = performance.now();
  let left = count;
  const caller = async () => {
    while ((left -= 1) >= 0) await runtime.authorize(AGENT, ...request());
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (count * 1000) / (performance.now() - start);
}

async function bytesPerCall(runtime, path) {
  const before = sizesOf(path);
  await callOne(runtime, 100);
  const after = sizesOf(path);
  return { log: Math.round((after.log - before.log) / 100), record: Math.round((after.record - before.record) / 100) };
}

function sizesOf(path) {
  const folder = `${path}.d/payloads`;
  const records = readdirSync(folder).filter((name) => name.endsWith(".bin"));
  return {
    log: statSync(path).size,
    record: records.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
  };
}

function rawFiles(folder) {
  const log = openSync(join(folder, "raw.log"), "a");
  const record = openSync(join(folder, "raw.bin"), "a");
  return {
    log,
    record,
    close: () => {
      closeSync(log);
      closeSync(record);
    },
  };
}

function rawOne({ log, record }, sizes, count) {
  const spent = [];
  const [line, cipher] = [Buffer.alloc(sizes.log, "x"), Buffer.alloc(sizes.record, "y")];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    writeSync(record, cipher);
    fdatasyncSync(record);
    writeSync(log, line);
    fdatasyncSync(log);
    spent.push((performance.now() - start) * 1000);
  }
  return spent;
}

async function rawMany({ log, record }, sizes, count) {
  const start = performance.now();
  for (let left = count; left > 0; left -= CALLERS) {
    const size = Math.min(CALLERS, left);
    writeSync(record, Buffer.alloc(sizes.record * size, "y"));
    writeSync(log, Buffer.alloc(sizes.log * size, "x"));
    await Promise.all([sync(record), sync(log)]);
  }
  return (count * 1000) / (performance.now() - start);
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
