// Budgets over the log's history: what they add to an authorize, alone and among many, and what a look-up costs as the
// log grows. With and without a budget are interleaved in one run.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRuntime } from "canopy-runtime";
import { openFileLedger } from "../packages/runtime/dist/storage/file-ledger.js";
import { realFileSystem } from "../packages/runtime/dist/storage/file-system.js";
import { catchUpIndex } from "../packages/runtime/dist/storage/index-catch-up.js";
import { IndexDatabase } from "../packages/runtime/dist/storage/index-database.js";
import { logPaths } from "../packages/runtime/dist/storage/sidecar.js";
import { root } from "../scripts/setup.mjs";
import { request, signer } from "./ledger-load.mjs";
import { makeLog } from "./ledger-make.mjs";
import { summarize } from "./statistics.mjs";
import { AGENT, BUDGET, PAYMENT, PLAIN } from "./state-load.mjs";

export const title = "budgets, rates and labels over the log's history";

export async function run({ full }) {
  const folder = mkdtempSync(join(process.env.CANOPY_BENCH_FOLDER ?? tmpdir(), "canopy-bench-"));
  try {
    return [
      ...(await callers(folder, full ? 12 : 5)),
      ...(await processes(folder, full ? 5000 : 2000)),
      ...(await lookUps(folder, full ? 1000 : 100)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(folder, name, policy) {
  const path = join(folder, `${name}.log`);
  return createRuntime({ home: `${path}.home`, audit_log_path: path, cwd: root, policy });
}

async function callers(folder, rounds) {
  const plain = open(folder, "plain", PLAIN);
  const budget = open(folder, "budget", BUDGET);
  const lone = { plain: [], budget: [] };
  const cpu = { plain: [], budget: [] };
  const many = { plain: [], budget: [] };
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, runtime] of [
      ["plain", plain],
      ["budget", budget],
    ]) {
      const before = process.cpuUsage();
      const times = await loneCalls(runtime, 200);
      const used = process.cpuUsage(before);
      const rate = await manyCalls(runtime, 3000);
      if (round < 0) continue;
      lone[name].push(...times);
      cpu[name].push((used.user + used.system) / 200);
      many[name].push(rate);
    }
  }
  await plain.close();
  await budget.close();
  const [p50, p50budget] = [summarize(lone.plain).median, summarize(lone.budget).median];
  const [cpu0, cpu1] = [summarize(cpu.plain).median, summarize(cpu.budget).median];
  const share = (100 * summarize(many.budget).median) / summarize(many.plain).median;
  return [
    {
      measure: "a lone authorize with a budget, against one without, p50",
      value: `${(p50budget / p50).toFixed(2)}x`,
      should: "≤ 1.1x",
      met: p50budget / p50 <= 1.1,
    },
    { measure: "  p50 without and with; CPU", value: `${us(p50)} / ${us(p50budget)}; ${us(cpu0)} / ${us(cpu1)}` },
    {
      measure: "64 callers on one budget, rate against none",
      value: `${share.toFixed(0)} %`,
      should: "≥ 60 %",
      met: share >= 60,
    },
    {
      measure: "  a second, without and with",
      value: `${kilo(summarize(many.plain).median)} / ${kilo(summarize(many.budget).median)}`,
    },
  ];
}

async function loneCalls(runtime, count) {
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await pay(runtime);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

async function manyCalls(runtime, count) {
  const start = performance.now();
  let left = count;
  const caller = async () => {
    while ((left -= 1) >= 0) await pay(runtime);
  };
  await Promise.all(Array.from({ length: 64 }, caller));
  return (count * 1000) / (performance.now() - start);
}

async function pay(runtime) {
  const { decision, reason } = await runtime.authorize(AGENT, ...PAYMENT);
  if (decision !== "ALLOW") throw new Error(`a payment of the benchmark was not allowed: ${reason}`);
}

async function processes(folder, ms) {
  const rate = async (policy) => {
    const path = join(folder, `processes-${policy}.log`);
    const at = String(Date.now() + 12_000);
    const one = () =>
      new Promise((resolve, reject) => {
        const child = fork(fileURLToPath(new URL("state-writer.mjs", import.meta.url)), [path, policy, at, String(ms)]);
        child.on("message", resolve);
        child.on("exit", (code) => reject(new Error(`a writer ended with ${code}`)));
      });
    const results = await Promise.all(Array.from({ length: 8 }, one));
    const calls = results.map((result) => result.calls);
    const total = calls.reduce((sum, count) => sum + count, 0);
    return { perSecond: (total * 1000) / ms, least: (100 * Math.min(...calls)) / total };
  };
  const plain = await rate("plain");
  const budget = await rate("budget");
  const share = (100 * budget.perSecond) / plain.perSecond;
  return [
    {
      measure: "8 processes x 8 callers on one budget, rate against none",
      value: `${share.toFixed(0)} %`,
      should: "≥ 50 %",
      met: share >= 50,
    },
    {
      measure: "  a second, without and with; least share of a process",
      value: `${kilo(plain.perSecond)} / ${kilo(budget.perSecond)}; ${budget.least.toFixed(1)} %`,
    },
  ];
}

const NOW = Date.parse("2026-01-01T00:00:00Z");
const KEY = JSON.stringify(["agent", "AVID-1"]);
const QUERY = {
  counters: [{ counter: "spend", scope: "agent", key: KEY, window_ms: 86_400_000 }],
  marks: [{ mark: "seen", scope: "agent", key: KEY }],
  labels: KEY,
  resources: [{ path: "/srv/app/a", within: false }],
};

/** Logs of 1,000 entries and of `factor` times as many: a hundred of each are of the agent that is asked about. */
async function lookUps(folder, factor) {
  const sizes = [1000, 10_000, 1000 * factor];
  const found = [];
  for (const size of sizes) found.push(await lookUp(join(folder, `size-${size}.log`), size));
  const [small, , large] = found;
  const [warm, cold] = [large.warm / small.warm, large.cold / small.cold];
  return [
    {
      measure: `a look-up at ${sizes.join(", ")} entries`,
      value: found.map(({ warm }) => `${warm.toFixed(1)} µs`).join(", "),
    },
    {
      measure: `  ${factor}x the entries against 1x`,
      value: `${warm.toFixed(2)}x`,
      should: "≤ 1.3x",
      met: warm <= 1.3,
    },
    {
      measure: "the first look-up of a scope with 100 rows",
      value: found.map(({ cold }) => `${(cold / 1000).toFixed(2)} ms`).join(", "),
    },
    {
      measure: `  ${factor}x the entries against 1x`,
      value: `${cold.toFixed(2)}x`,
      should: "≤ 1.5x",
      met: cold <= 1.5,
    },
  ];
}

async function lookUp(path, size) {
  let count = 0;
  makeLog(path, size, () => entryOf((count += 1), size));
  const ledger = await openFileLedger({
    path,
    home: `${path}.home`,
    signer,
    clock: { now: () => NOW },
    rotateBytes: null,
    continueForeign: true,
  });
  const index = new IndexDatabase(logPaths(realFileSystem, path).index);
  while (catchUpIndex(realFileSystem, logPaths(realFileSystem, path), index, 16_777_216));
  index.close();
  ledger.state({ ...QUERY, counters: [], labels: null }, NOW);
  const first = [];
  // The same rows stand in the agent's, the session's and the trace's scope, each read once.
  for (const kind of ["agent", "session", "trace"]) {
    const key = kind === "agent" ? KEY : JSON.stringify([kind, null, "one"]);
    const start = performance.now();
    const facts = ledger.state({ ...QUERY, counters: [{ ...QUERY.counters[0], key }] }, NOW);
    first.push((performance.now() - start) * 1000);
    if (facts.counters.spend.used !== "100") throw new Error(`${facts.counters.spend.used} is used, not 100`);
  }
  const times = [];
  for (let round = 0; round < 200; round += 1) {
    const start = performance.now();
    for (let call = 0; call < 50; call += 1) ledger.state(QUERY, NOW);
    times.push(((performance.now() - start) * 1000) / 50);
  }
  await ledger.close();
  rmSync(path);
  return { warm: summarize(times).median, cold: summarize(first).median };
}

function entryOf(n, size) {
  const { entry } = request();
  const isAsked = n % (size / 100) === 0;
  const amount = { counter: "spend", amount: "1" };
  if (!isAsked) return { ...entry, counter_deltas: [amount] };
  const who = { avid: "AVID-1", session_id: "one", trace_id: "one" };
  return { ...entry, ...who, counter_deltas: [amount, { mark: "seen" }] };
}

function us(value) {
  return `${value.toFixed(0)} µs`;
}

function kilo(value) {
  return `${(value / 1000).toFixed(1)}k`;
}
