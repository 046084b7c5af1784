// What the tree over the log costs: appends with and without it, interleaved in one run; how far checkpoints lag behind
// under load; and how fast the tree is made again from the log.
import { generateKeyPairSync, sign } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePublicKey } from "../packages/runtime/dist/identity/public-key.js";
import { formatVerifierKey, verifierKey } from "../packages/runtime/dist/ledger/tlog/verifier-key.js";
import { openFileLedger } from "../packages/runtime/dist/storage/file-ledger.js";
import { realFileSystem } from "../packages/runtime/dist/storage/file-system.js";
import { HeadFile } from "../packages/runtime/dist/storage/head-file.js";
import { logPathsOf } from "../packages/runtime/dist/storage/sidecar.js";
import { nodeSha256 } from "../packages/runtime/dist/storage/tlog/node-sha256.js";
import { openWindowIndex } from "../packages/runtime/dist/storage/tlog/open-window-index.js";
import { TlogReader } from "../packages/runtime/dist/storage/tlog/tlog-reader.js";
import { TlogWriter } from "../packages/runtime/dist/storage/tlog/tlog-writer.js";
import { clock, request, signer } from "./ledger-load.mjs";
import { chainedLines, makeLog } from "./ledger-make.mjs";
import { summarize } from "./statistics.mjs";

export const title = "appends with checkpoints and without, their lag, and the tree made again";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const checkpointSigner = {
  key_id: "bench",
  algorithm: "Ed25519",
  public_key: parsePublicKey(publicKey.export({ format: "pem", type: "spki" }).toString()),
  sign: (bytes) => sign(null, bytes, privateKey),
};
const keys = {
  signer: () => checkpointSigner,
  vkeys: (origin) => [formatVerifierKey(verifierKey(origin, "ed25519", checkpointSigner.public_key.bytes, nodeSha256))],
};

export async function run({ full }) {
  const folder = mkdtempSync(join(process.env.CANOPY_BENCH_FOLDER ?? tmpdir(), "canopy-bench-"));
  try {
    return [
      ...(await compared(folder, "lone caller", full ? 40 : 12, loneRound)),
      ...(await compared(folder, "64 callers", full ? 16 : 4, (ledger) =>
        rate(64, 2000, () => ledger.append(request())),
      )),
      ...worked(folder, full ? 100_000 : 20_000),
      ...(await lag(folder, full ? 10_000 : 4000)),
      ...(await rebuild(folder, full ? 1_000_000 : 100_000)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(path, tlog) {
  return openFileLedger({ path, home: `${path}.home`, signer, clock, rotateBytes: null, ...(tlog && { tlog }) });
}

async function loneRound(ledger) {
  const start = performance.now();
  const before = process.cpuUsage();
  for (let n = 0; n < 300; n += 1) await ledger.append(request());
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (300 / (performance.now() - start)) * 1000, used: (user + system) / 300 };
}

/** Rounds on three logs in turn, each time in another order: without a tree, with it, and with the index of entries too. */
async function compared(folder, who, rounds, round) {
  const name = who.replaceAll(" ", "-");
  const ledgers = {
    off: await open(join(folder, `${name}-off.log`), null),
    tree: await open(join(folder, `${name}-tree.log`), { keys, index: false }),
    index: await open(join(folder, `${name}-index.log`), { keys }),
  };
  const names = Object.keys(ledgers);
  const rates = { off: [], tree: [], index: [] };
  const cpu = { off: [], tree: [], index: [] };
  // All workers have started, and all code is warm, before anything is measured.
  for (const each of names) await round(ledgers[each]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  // Rounds long enough that what a log's workers do for it falls into its own, and a rest for what is left.
  for (let at = 0; at < rounds; at += 1) {
    for (const each of [...names.slice(at % 3), ...names.slice(0, at % 3)]) {
      const { perSecond, used } = await round(ledgers[each]);
      rates[each].push(perSecond);
      cpu[each].push(used);
      await new Promise((resolve) => setTimeout(resolve, 300));
      // What one leaves to its worker is not the next one's to pay.
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
  for (const each of names) await ledgers[each].close();
  return verdict(who, rates, cpu);
}

const figure = (list) => summarize(list).median;

async function rate(callers, ms, work) {
  const start = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  const caller = async () => {
    while (performance.now() - start < ms) {
      await work();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (calls / (performance.now() - start)) * 1000, used: (user + system) / calls };
}

function verdict(who, rates, cpu) {
  const costOf = (name) => (1 - figure(rates[name].map((each, at) => each / rates.off[at]))) * 100;
  const tree = costOf("tree");
  return [
    {
      measure: `${who}: throughput that checkpoints cost`,
      value: `${tree.toFixed(1)} %`,
      should: "<= 15 %",
      met: tree <= 15,
    },
    {
      measure: "  with the index of entries too",
      value: `${costOf("index").toFixed(1)} %`,
      should: "<= 15 %",
      met: costOf("index") <= 15,
    },
    { measure: "  appends a second: without, tree, and index", value: inTurn(rates) },
    { measure: "  CPU an append, all threads, likewise", value: `${inTurn(cpu)} µs` },
  ];
}

function inTurn(table) {
  return ["off", "tree", "index"].map((name) => figure(table[name]).toFixed(0)).join(" / ");
}

/**
 * What the worker itself spends on an entry, in steps of 500 as under load: processor time of one thread, which other work
 * on the machine changes least; and the calls of a step that change names and files, which wait for the file system's
 * journal. The mean step of the later two thirds: the system counts a thread's time in ticks, of which a step has few.
 */
function worked(folder, entries) {
  const [tree, index] = [false, true].map((withIndex) =>
    stepped(join(folder, `stepped-${withIndex}.log`), entries, withIndex),
  );
  return [
    {
      measure: "the worker's CPU an entry: tree, with index",
      value: `${tree.used.toFixed(1)} / ${index.used.toFixed(1)} µs`,
    },
    { measure: "  files made, removed, renamed, synced in a step, the tree's", value: tree.calls },
  ];
}

/** The file system, and how often files were made and so on. */
function counted() {
  const calls = { made: 0, removed: 0, renamed: 0, synced: 0 };
  const counting =
    (what, name) =>
    (...values) => {
      calls[what] += 1;
      return realFileSystem[name](...values);
    };
  const fs = {
    ...realFileSystem,
    open: (path, mode) => {
      if (mode !== "read" && realFileSystem.statusAt(path) === null) calls.made += 1;
      return realFileSystem.open(path, mode);
    },
    link: counting("made", "link"),
    makeFolder: counting("made", "makeFolder"),
    rename: counting("renamed", "rename"),
    removeFolder: counting("removed", "removeFolder"),
    unlink: counting("removed", "unlink"),
    syncNow: counting("synced", "syncNow"),
  };
  return { fs, calls };
}

function writerOf(paths, index, fs = realFileSystem) {
  return new TlogWriter({ fs, paths, origin: "bench", isOwn: () => true, entries: false, index });
}

const STEP = 500;

function stepped(path, entries, withIndex) {
  const paths = logPathsOf(path);
  mkdirSync(paths.tlog, { recursive: true });
  const heads = new HeadFile(realFileSystem, paths.synced);
  const index = withIndex ? openWindowIndex(paths) : null;
  const { fs, calls } = counted();
  const writer = writerOf(paths, index, fs);
  const file = openSync(path, "w");
  let [seq, bytes] = [0, 0];
  const lineOf = chainedLines();
  const add = (added) => {
    const chunk = Buffer.from(added.map(lineOf).join(""));
    writeSync(file, chunk);
    [seq, bytes] = [seq + added.length, bytes + chunk.length];
    const hash = chunk.toString("latin1", chunk.length - 67, chunk.length - 3);
    heads.settle({ log_id: "0".repeat(32), segment: 1, bytes, seq, hash });
  };
  const spent = [];
  let atStart = null;
  for (let done = 0; done < entries; done += STEP) {
    if (atStart === null && done >= entries / 3) [atStart, spent.length] = [{ ...calls }, 0];
    add(Array.from({ length: STEP }, () => request().entry));
    const before = process.threadCpuUsage();
    const meta = writer.begin(false, false);
    const between = process.threadCpuUsage();
    const members = { ...meta, key_id: "bench", resource_key_commitment: "0".repeat(64) };
    const entry = { action_type: "ledger", event: "checkpoint_meta", timestamp: "2026-01-01T00:00:00Z", ...members };
    add([entry]);
    const after = process.threadCpuUsage();
    writer.publish(`${writer.seal(seq)}\n\u2014 bench ${"A".repeat(91)}=\n`);
    const end = process.threadCpuUsage();
    spent.push((used(before, between) + used(after, end)) / STEP);
  }
  writer.close();
  heads.close();
  closeSync(file);
  const perStep = Object.entries(calls).map(([what, count]) => ((count - atStart[what]) / spent.length).toFixed(1));
  return { used: spent.reduce((sum, each) => sum + each, 0) / spent.length, calls: perStep.join(" / ") };
}

const used = (from, to) => to.user + to.system - from.user - from.system;

/** How old, and how many, the entries were that the newest checkpoint did not hold. */
async function lag(folder, ms) {
  const appendedAt = [];
  const ages = [];
  const behind = [];
  let covered = 0;
  const onCheckpoint = (note) => {
    const size = Number(note.split("\n")[1]);
    const oldest = appendedAt[covered];
    if (oldest !== undefined) ages.push(performance.now() - oldest);
    behind.push(appendedAt.length - covered);
    covered = size;
  };
  const ledger = await open(join(folder, "lag.log"), { keys, onCheckpoint });
  const work = async () => {
    const { entry } = await ledger.append(request());
    appendedAt[entry.seq - 1] = performance.now();
  };
  await rate(64, ms, work);
  const [age, count] = [Math.max(...ages), Math.max(...behind)];
  const busy = ages.length;
  await ledger.close();
  return [
    {
      measure: "oldest entry without a checkpoint, 64 callers, worst",
      value: `${age.toFixed(0)} ms`,
      should: "<= 1000 ms",
      met: age <= 1000,
    },
    {
      measure: "  entries without a checkpoint, median and worst",
      value: `${summarize(behind).median} / ${count}`,
      should: "<= 1000",
      met: count <= 1000,
    },
    { measure: "  checkpoints made", value: `${busy}` },
  ];
}

async function rebuild(folder, entries) {
  const path = join(folder, "made.log");
  makeLog(path, entries);
  const bytes = statSync(path).size;
  const paths = logPathsOf(path);
  mkdirSync(paths.folder);
  const heads = new HeadFile(realFileSystem, paths.synced);
  const end = Buffer.alloc(67);
  const file = openSync(path, "r");
  readSync(file, end, 0, end.length, bytes - end.length);
  closeSync(file);
  const hash = end.toString("latin1", 0, 64);
  heads.settle({ log_id: "0".repeat(32), segment: 1, bytes, seq: entries, hash });
  heads.close();
  const seconds = {};
  for (const withIndex of [false, true]) {
    rmSync(paths.tlog, { recursive: true, force: true });
    const index = withIndex ? openWindowIndex(paths) : null;
    const writer = writerOf(paths, index);
    const start = performance.now();
    writer.begin(false);
    seconds[withIndex] = (performance.now() - start) / 1000;
    writer.close();
  }
  const start = performance.now();
  const reader = await TlogReader.open(path, { strict: true });
  const read = (performance.now() - start) / 1000;
  reader.close();
  return [
    { measure: `tiles of ${entries} entries made from the log`, value: `${seconds.false.toFixed(1)} s` },
    { measure: "  with the index of entries", value: `${seconds.true.toFixed(1)} s` },
    {
      measure: "  the root alone, by a reader",
      value: `${read.toFixed(1)} s, ${(bytes / read / 1e6).toFixed(0)} MB/s`,
    },
    { measure: "  resident memory afterwards", value: `${Math.round(process.memoryUsage.rss() / 1e6)} MB` },
  ];
}
