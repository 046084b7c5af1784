// The ledger against raw loops that write and sync the same bytes to the same files, interleaved in one run.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFileLedger } from "../packages/runtime/dist/storage/file-ledger.js";
import { realFileSystem } from "../packages/runtime/dist/storage/file-system.js";
import { catchUpIndex } from "../packages/runtime/dist/storage/index-catch-up.js";
import { IndexDatabase } from "../packages/runtime/dist/storage/index-database.js";
import { logPaths } from "../packages/runtime/dist/storage/sidecar.js";
import { verifyLog } from "../packages/runtime/dist/storage/verify-log.js";
import { clock, request, signer } from "./ledger-load.mjs";
import { makeLog } from "./ledger-make.mjs";
import { bytesPerAppend, RawLoop } from "./raw-loop.mjs";
import { summarize } from "./statistics.mjs";

export const title = "appends, growth, verification, fairness; each ratio against a raw loop in the same run";

export async function run({ full }) {
  const folder = mkdtempSync(join(process.env.CANOPY_BENCH_FOLDER ?? tmpdir(), "canopy-bench-"));
  try {
    const raw = await rawLoop(folder);
    return [
      ...(await loneCaller(folder, raw, full ? 20 : 6)),
      ...(await manyCallers(folder, raw, full ? 8 : 4)),
      ...(await verification(folder, full ? 1_000_000 : 100_000)),
      ...(full ? await growth(folder) : []),
      ...(await fairness(folder, full ? 10_000 : 3000, 2)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(path, more = {}) {
  return openFileLedger({ path, home: `${path}.home`, signer, clock, rotateBytes: null, ...more });
}

/** The bare loop over as many bytes as one append of ours writes. */
async function rawLoop(folder) {
  const path = join(folder, "sizes.log");
  const ledger = await open(path);
  const sizes = await bytesPerAppend(path, 20, () => ledger.append(request()));
  await ledger.close();
  return new RawLoop(join(folder, "raw"), sizes);
}

async function timed(times, cpus, calls, work) {
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n += 1) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) * 1000);
  }
  const used = process.cpuUsage(before);
  cpus.push((used.user + used.system) / calls);
}

async function loneCaller(folder, loop, rounds) {
  const ledger = await open(join(folder, "lone.log"));
  const raw = { times: [], cpus: [] };
  const ours = { times: [], cpus: [] };
  for (let round = 0; round < rounds; round += 1) {
    await timed(raw.times, raw.cpus, 200, () => loop.appendNow());
    await timed(ours.times, ours.cpus, 200, () => ledger.append(request()));
  }
  await ledger.close();
  const [rawTime, ourTime] = [summarize(raw.times), summarize(ours.times)];
  const ratio = ourTime.median / rawTime.median;
  return [
    {
      measure: "lone caller, p50 against raw write and sync",
      value: `${ratio.toFixed(2)}x`,
      should: "<= 1.7x",
      met: ratio <= 1.7,
    },
    { measure: "  p50, raw and ours", value: `${rawTime.median.toFixed(0)} / ${ourTime.median.toFixed(0)} µs` },
    { measure: "  p99, raw and ours", value: `${rawTime.p99.toFixed(0)} / ${ourTime.p99.toFixed(0)} µs` },
    {
      measure: "  CPU, raw and ours (medians of rounds)",
      value: `${summarize(raw.cpus).median.toFixed(0)} / ${summarize(ours.cpus).median.toFixed(0)} µs`,
    },
  ];
}

async function rate(callers, ms, work) {
  const end = performance.now() + ms;
  const start = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await work();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const used = process.cpuUsage(before);
  return { perSecond: (calls / (performance.now() - start)) * 1000, cpu: (used.user + used.system) / calls };
}

async function manyCallers(folder, raw, rounds) {
  const ledger = await open(join(folder, "many.log"));
  const seen = { ratios: [], raw: [], ours: [], cpu: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const theirs = await rate(64, 400, () => raw.append());
    const mine = await rate(64, 400, () => ledger.append(request()));
    if (round === 0) continue;
    seen.ratios.push(mine.perSecond / theirs.perSecond);
    seen.raw.push(theirs.perSecond);
    seen.ours.push(mine.perSecond);
    seen.cpu.push(mine.cpu);
  }
  await ledger.close();
  const ratio = summarize(seen.ratios).median * 100;
  const perSecond = `${(summarize(seen.raw).median / 1000).toFixed(1)}k / ${(summarize(seen.ours).median / 1000).toFixed(1)}k`;
  return [
    {
      measure: "64 callers, rate against raw group commit",
      value: `${ratio.toFixed(0)} %`,
      should: ">= 45 %",
      met: ratio >= 45,
    },
    {
      measure: "  appends a second, raw and ours; CPU an append",
      value: `${perSecond}; ${summarize(seen.cpu).median.toFixed(0)} µs`,
    },
  ];
}

function plainHash(path) {
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(1_048_576);
  const digest = createHash("sha256");
  for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) digest.update(buffer.subarray(0, got));
  closeSync(fd);
  return digest.digest("hex");
}

async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

async function verification(folder, entries) {
  const path = join(folder, "verify.log");
  makeLog(path, entries);
  const [plain, ours] = [[], []];
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 5; round += 1) {
    plain.push(await cpuOf(() => plainHash(path)));
    ours.push(await cpuOf(() => verifyLog(path, { strict: false })));
  }
  const grown = (process.memoryUsage().rss - before) / 1e6;
  const strict = await cpuOf(() => verifyLog(path, { strict: true }));
  rmSync(path);
  const [plainCpu, ourCpu] = [summarize(plain).median, summarize(ours).median];
  const ratio = (plainCpu / ourCpu) * 100;
  return [
    {
      measure: `verifying ${entries} entries, against plain SHA-256 (CPU)`,
      value: `${ratio.toFixed(0)} %`,
      should: ">= 60 %",
      met: ratio >= 60,
    },
    {
      measure: "  entries per CPU second; read strictly; memory",
      value: `${(entries / ourCpu / 1000).toFixed(0)}k; ${(entries / strict / 1000).toFixed(0)}k; +${grown.toFixed(0)} MB`,
    },
  ];
}

async function growth(folder) {
  const path = join(folder, "million.log");
  makeLog(path, 1_000_000);
  const small = await open(join(folder, "zero.log"));
  let large = await open(path, { continueForeign: true });
  const [zero, million] = [
    { times: [], cpus: [] },
    { times: [], cpus: [] },
  ];
  const paths = logPaths(realFileSystem, path);
  const index = new IndexDatabase(paths.index);
  const start = performance.now();
  for (let more = true; more;) more = catchUpIndex(realFileSystem, paths, index, 16_777_216);
  const rebuilt = (performance.now() - start) / 1000;
  index.close();
  for (let round = 0; round < 20; round += 1) {
    await timed(zero.times, zero.cpus, 150, () => small.append(request()));
    await timed(million.times, million.cpus, 150, () => large.append(request()));
  }
  await small.close();
  await large.close();
  appendFileSync(path, '{"action_type":"torn');
  const opened = performance.now();
  large = await open(path);
  const reopen = performance.now() - opened;
  await large.close();
  const time = summarize(million.times).median / summarize(zero.times).median;
  const cpu = summarize(million.cpus).median / summarize(zero.cpus).median;
  return [
    {
      measure: "append at 1,000,000 entries against 0, p50",
      value: `${time.toFixed(2)}x`,
      should: "<= 1.1x",
      met: time <= 1.1,
    },
    {
      measure: "append at 1,000,000 entries against 0, CPU",
      value: `${cpu.toFixed(2)}x`,
      should: "<= 1.1x",
      met: cpu <= 1.1,
    },
    {
      measure: "reopening a torn log at 1,000,000",
      value: `${reopen.toFixed(1)} ms`,
      should: "<= 50 ms",
      met: reopen <= 50,
    },
    {
      measure: "rebuilding the index of 1,000,000",
      value: `${rebuilt.toFixed(1)} s`,
      should: "<= 20 s",
      met: rebuilt <= 20,
    },
  ];
}

async function eightProcesses(folder, ms, shared) {
  const path = join(folder, shared ? "shared.log" : "own.log");
  const at = Date.now() + 1500;
  const one = (n) =>
    new Promise((resolve, reject) => {
      const args = [shared ? path : `${path}.${n}`, `${path}.home`, String(at), String(ms)];
      const child = fork(fileURLToPath(new URL("ledger-writer.mjs", import.meta.url)), args);
      child.on("message", resolve);
      child.on("exit", (code) => reject(new Error(`a writer ended with ${code}`)));
    });
  return Promise.all(Array.from({ length: 8 }, (_, n) => one(n)));
}

function sum(results) {
  return results.reduce((total, result) => total + result.calls, 0);
}

async function fairness(folder, ms, rounds) {
  const [own, shared] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await eightProcesses(folder, ms, false));
    shared.push(await eightProcesses(folder, ms, true));
  }
  const shares = shared.map((results) => (Math.min(...results.map((result) => result.calls)) / sum(results)) * 100);
  const least = Math.min(...shares);
  const ratio = (sum(shared.flat()) / sum(own.flat())) * 100;
  const block = Math.max(...shared.flat().map((result) => result.blockMs));
  return [
    {
      measure: "8 processes x 8 callers: least share of all appends",
      value: `${least.toFixed(1)} %`,
      should: ">= 8 %",
      met: least >= 8,
    },
    {
      measure: "  total against the same on logs of their own",
      value: `${ratio.toFixed(0)} %`,
      should: ">= 65 %",
      met: ratio >= 65,
    },
    {
      measure: "  longest block of an event loop",
      value: `${block.toFixed(0)} ms`,
      should: "<= 60 ms",
      met: block <= 60,
    },
    { measure: "  appends a second, all together", value: `${(sum(shared.flat()) / ms / rounds).toFixed(1)}k` },
  ];
}
